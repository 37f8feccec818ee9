"""Small whole GLB files, made by code."""

from __future__ import annotations

import json
import math
import struct


def glb(sides: int = 12, note: str = "") -> bytes:
    """A double cone around y, as a GLB of one mesh (Khronos glTF 2.0, section 4.4)."""
    ring = [2 * math.pi * number / sides for number in range(sides)]
    corners = [(math.cos(turn), 0.0, -math.sin(turn)) for turn in ring]
    corners += [(0.0, 1.0, 0.0), (0.0, -1.0, 0.0)]
    top, bottom = sides, sides + 1
    faces = []
    for number in range(sides):
        following = (number + 1) % sides
        faces += [(number, following, top), (following, number, bottom)]
    points = b"".join(struct.pack("<3f", *corner) for corner in corners)
    numbers = b"".join(struct.pack("<3I", *face) for face in faces)
    about = {
        "asset": {"version": "2.0", "generator": note or "a fake"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": len(corners),
                "type": "VEC3",
                "min": [-1, -1, -1],
                "max": [1, 1, 1],
            },
            {
                "bufferView": 1,
                "componentType": 5125,
                "count": 3 * len(faces),
                "type": "SCALAR",
            },
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": len(numbers)},
        ],
        "buffers": [{"byteLength": len(points) + len(numbers)}],
    }
    text = json.dumps(about).encode()
    text += b" " * (-len(text) % 4)
    data = points + numbers
    length = 12 + 8 + len(text) + 8 + len(data)
    return (
        struct.pack("<4sII", b"glTF", 2, length)
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(data), b"BIN\0")
        + data
    )
