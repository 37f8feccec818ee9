#!/usr/bin/env python3
"""Feed broken files to every mesh reader and see that it says no in words.

    python extras/bench/fuzz/run.py [GROUP …] [--seconds 600] [--seed 1] [--keep FOLDER]

Takes valid files of every format and breaks them: bytes and blocks of bytes; words and
numbers of the text formats; values of glTF's JSON (packed again with right lengths); tags
and numbers of 3MF's XML (zipped again); headers of PLY and STL. A reader may return a mesh
that keeps the rules of `Mesh`, or raise `MeshRefused`. Anything else is a finding, kept in
FOLDER: another exception, a crash, more than TIME_S of CPU, more than MEMORY_BYTES.

Each group runs in a child of its own, limited by RLIMIT_AS.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
MEMORY_BYTES = 2**30
TIME_S = 10.0
GROUPS = ("stl", "obj", "off", "ply", "gltf", "3mf", "scad")
NUMBERS = (
    "0 -0 1 -1 2 3 7 255 256 65535 65536 99999 2147483647 2147483648 4294967295 "
    "4294967296 9007199254740993 99999999999999999999 1e999 -1e999 1e38 1e39 1e-45 nan inf "
    "-inf NaN Infinity 0x10 1,5 1.5 .5 5. 1e 1e+ - + --1 1/2 1//2 1/ / //"
).split()
LENGTHS = (0, 1, 2, 3, 4, 7, 8, 12, 127, 128, 255, 256, 2**15, 2**16, 2**24, 2**31 - 1)
LENGTHS += (2**31, 2**32 - 1)


# ---- valid files to begin with


def seeds(group: str) -> list[tuple[str, bytes]]:
    import numpy as np

    from octoprint_img2stl.mesh.formats.part import Part
    from octoprint_img2stl.mesh.formats.write import write
    from tests.unit.mesh.shapes import ascii_stl, box, box_corners, relief

    small, large = box(), relief(6, 5, 0.5)
    colours = np.arange(36, dtype=np.uint8).reshape(12, 3) * 7
    found: list[tuple[str, bytes]] = []

    def add(name: str, data: str | bytes) -> None:
        found.append((name, data.encode() if isinstance(data, str) else data))

    def written(format: str, parts, **options) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"x.{format}"
            write(parts, path, format, name="seed", **options)
            add(path.name, path.read_bytes())

    parts = [Part(small, "one", colours), Part(large, "two", np.array([9, 8, 7]))]
    if group == "stl":
        written("stl", small)
        add("a.stl", ascii_stl(box_corners()))
        add("b.stl", ascii_stl(box_corners())[:300])
    elif group == "obj":
        written("obj", parts)
        add("q.obj", QUADS)
    elif group == "off":
        add("x.off", "OFF\n4 4 6\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n" + TETRA)
        add("c.off", "COFF 4 4 6\n# c\n" + "0 0 1 255 0 0 255\n" * 4 + TETRA)
        add("p.off", "OFF\n5 1 0\n0 0 0\n2 0 0\n2 2 0\n1 1 0\n0 2 0\n5 0 1 2 3 4 1 0 0\n")
    elif group == "ply":
        written("ply", parts)
        written("ply", small)
        add("a.ply", PLY)
        for order, sign in (("little", "<"), ("big", ">")):
            head = PLY.split("end_header\n")[0].replace("ascii", f"binary_{order}_endian")
            data = b"".join(
                struct.pack(sign + "3f3B", *map(float, p), 1, 2, 3) for p in PLY_POINTS
            )
            data += struct.pack(sign + "B3i", 3, 0, 1, 2)
            data += struct.pack(sign + "B4i", 4, 0, 1, 2, 3)
            add("m.ply", f"{head}end_header\n".encode() + data)
    elif group == "gltf":
        written("glb", parts)
        add("x.gltf", GLTF)
        add("y.gltf", GLTF_SKIN)
    elif group == "3mf":
        written("3mf", parts, picture_png=b"\x89PNG")
        written("3mf", small)
        add("c.3mf", zipped({"_rels/.rels": RELS, "m/a.model": MODEL, "m/b.model": PART}))
    else:
        add("x.scad", SCAD)
    return found


QUADS = (
    "mtllib a.mtl\no thing\nv 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1 1 0 0 0 1\nv 0 1 0 1 1 1\n"
    "v 0.5 0.5 1 0 0 0\nvt 0 0\nvn 0 0 1\nusemtl m\nf 1/1/1 2/1/1 3/1/1 4/1/1\n"
    "f -5//1 -4//1 -1//1\nf 2 3 \\\n 5\ns off\nf 3 4 5 # x\nf 4 1 5\nf 1 2 5 3 4\n"
)
TETRA = "3 0 2 1\n3 0 1 3 255 0 0\n3 1 2 3\n3 2 0 3\n"
PLY_POINTS = ("000", "100", "110", "010", "001")
PLY = (
    "ply\nformat ascii 1.0\ncomment x\nelement vertex 5\nproperty float x\n"
    "property float y\nproperty float z\nproperty uchar red\nproperty uchar green\n"
    "property uchar blue\nelement face 2\nproperty list uchar int vertex_indices\n"
    "end_header\n" + "".join(f"{a} {b} {c} 1 2 3\n" for a, b, c in PLY_POINTS)
) + "3 0 1 2\n4 0 1 2 3\n"
_POINTS = "AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAAAAAAAAAAAAAAAIA/"
_INDEX = "AAACAAEAAAABAAMAAQACAAMAAgAAAAMA"
_BASE = {
    "asset": {"version": "2.0"},
    "scene": 0,
    "scenes": [{"nodes": [0]}],
    "nodes": [
        {"children": [1, 2], "rotation": [0, 0, 0, 1], "scale": [1, 1, 2]},
        {"mesh": 0, "translation": [1, 2, 3]},
        {"mesh": 0, "matrix": [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]},
    ],
    "meshes": [
        {
            "primitives": [
                {"attributes": {"POSITION": 0}, "indices": 1, "material": 0},
                {"attributes": {"POSITION": 0}, "indices": 1, "mode": 5},
            ]
        }
    ],
    "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [1, 0.5, 0, 1]}}],
    "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"},
    ],
    "bufferViews": [
        {"buffer": 0, "byteOffset": 0, "byteLength": 48, "byteStride": 12},
        {"buffer": 1, "byteOffset": 0, "byteLength": 24},
    ],
    "buffers": [
        {"byteLength": 48, "uri": "data:application/octet-stream;base64," + _POINTS},
        {"byteLength": 24, "uri": "data:application/octet-stream;base64," + _INDEX},
    ],
}
GLTF = json.dumps(_BASE)
_SKIN = json.loads(GLTF)
_SKIN["nodes"][1]["skin"] = 0
_SKIN["skins"] = [{"joints": [0, 2]}]
_SKIN["meshes"][0]["primitives"][0]["attributes"].update(
    JOINTS_0=2, WEIGHTS_0=3, COLOR_0=3
)
_SKIN["accessors"] += [
    {"bufferView": 0, "componentType": 5121, "count": 4, "type": "VEC4"},
    {"componentType": 5126, "count": 4, "type": "VEC4", "sparse": {
        "count": 1, "indices": {"bufferView": 1, "componentType": 5123},
        "values": {"bufferView": 0},
    }},
]  # fmt: skip
_SKIN["bufferViews"][0].pop("byteStride")
GLTF_SKIN = json.dumps(_SKIN)
_NS = 'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"'
RELS = (
    '<Relationships><Relationship Id="r" Target="/m/a.model" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)
MODEL = (
    f'<?xml version="1.0"?><model unit="inch" {_NS} xmlns:p="p" xmlns:m="m"><resources>'
    '<m:colorgroup id="5"><m:color color="#FF8800FF"/></m:colorgroup>'
    '<object id="7" pid="5" pindex="0"><components>'
    '<component objectid="1" p:path="/m/b.model" transform="0 1 0 -1 0 0 0 0 1 9 0 0"/>'
    '<component objectid="1" p:path="/m/b.model"/></components></object></resources>'
    '<build><item objectid="7" transform="1 0 0 0 1 0 0 0 1 0 0 5"/></build></model>'
)
PART = (
    f'<model {_NS}><resources><object id="1"><mesh><vertices><vertex x="0" y="0" z="0"/>'
    '<vertex x="1" y="0" z="0"/><vertex x="0" y="1" z="0"/><vertex x="0" y="0" z="1"/>'
    '</vertices><triangles><triangle v1="0" v2="2" v3="1"/><triangle v1="0" v2="1" v3="3" '
    'pid="5" p1="0"/><triangle v1="1" v2="2" v3="3"/><triangle v1="2" v2="0" v3="3"/>'
    "</triangles></mesh></object></resources><build/></model>"
)
SCAD = (
    '// use <x>\n/* include <y> */ a = "import(\\"z\\")"; module m(r=2) { sphere(r); }\n'
    "difference() { cube([1,2,3]); translate([1,1,1]) m(r=1); } echo(a);\n"
)


def zipped(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return data.getvalue()


# ---- breaking them


def broken(rng: random.Random, name: str, data: bytes) -> bytes:
    structured = {"gltf": _gltf, "glb": _glb, "3mf": _threemf}.get(name.split(".")[-1])
    if structured and rng.random() < 0.7:
        return structured(rng, data)
    if b"\0" not in data and rng.random() < 0.7:
        return _words(rng, data)
    if data.startswith(b"ply") and rng.random() < 0.5:
        head, mark, body = data.partition(b"end_header\n")
        return _words(rng, head) + mark + body
    return _bytes(rng, data)


def _bytes(rng: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not found:
            break
        at = rng.randrange(len(found))
        match rng.randrange(7):
            case 0:
                found[at] = rng.randrange(256)
            case 1:
                found[at : at + 4] = struct.pack("<I", rng.choice(LENGTHS))
            case 2:
                del found[at : at + rng.choice((1, 2, 4, 50, 1000))]
            case 3:
                found[at:at] = found[at : at + rng.choice((1, 4, 50, 1000))] * 2
            case 4:
                del found[at:]
            case 5:
                found[at:at] = rng.randbytes(rng.choice((1, 4, 100)))
            case 6:
                special = (float("nan"), float("inf"), 3e38, -1e-40)
                found[at : at + 4] = struct.pack("<f", rng.choice(special))
    return bytes(found)


_SPLIT = re.compile(rb"(\s+)")


def _words(rng: random.Random, data: bytes) -> bytes:
    words = _SPLIT.split(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(words))
        match rng.randrange(8):
            case 0 | 1 | 2:
                words[at] = rng.choice(NUMBERS).encode()
            case 3:
                words[at] = rng.choice(words)
            case 4:
                del words[at : at + rng.choice((1, 2, 3, 20))]
            case 5:
                words[at:at] = words[at : at + rng.choice((2, 8, 20))] * rng.choice(
                    (1, 9)
                )
            case 6:
                words[at] = rng.choice((b"\n", b"\r", b" ", b"#", b"\\\n", b"\0", b"\t"))
            case 7:
                words[at] = _bytes(rng, words[at])
        words = words or [b""]
    return b"".join(words)


_ODD_VALUES = (
    None, True, False, "", "x", [], {}, [[]], -1, 0, 1, 2, 3, 5, 5120, 5125, 5126, 255, 65536,
    2**31, 2**32, 2**53, 2**63, 2**64, 10**30, -1e308, 1e308, float("nan"), float("inf"), 0.5,
    [0] * 16, [1e30] * 16, {"POSITION": 0}, "MAT4", "VEC2", "SCALAR", "data:0", "a.bin",
)  # fmt: skip


def _json(rng: random.Random, document):
    """Change some values, wherever they are."""
    places = []

    def collect(thing) -> None:
        items = thing.items() if isinstance(thing, dict) else enumerate(thing)
        for key, value in items:
            places.append((thing, key))
            if isinstance(value, (dict, list)):
                collect(value)

    collect(document)
    for _ in range(rng.choice((1, 1, 2, 4))):
        thing, key = rng.choice(places)
        if isinstance(thing, list) and key >= len(thing):
            continue
        match rng.randrange(5):
            case 0 | 1:
                thing[key] = rng.choice(_ODD_VALUES)
            case 2 if isinstance(thing, dict):
                thing.pop(key, None)
            case 3 if isinstance(thing, list):
                thing.extend([thing[key]] * rng.choice((1, 3, 300)))
            case _:
                other, name = rng.choice(places)
                if isinstance(other, dict) and name in other:
                    thing[key] = json.loads(json.dumps(other[name]))
    return document


def _gltf(rng: random.Random, data: bytes) -> bytes:
    return json.dumps(_json(rng, json.loads(data))).encode()


def _glb(rng: random.Random, data: bytes) -> bytes:
    length = int.from_bytes(data[12:16], "little")
    text = json.dumps(_json(rng, json.loads(data[20 : 20 + length]))).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    if rng.random() < 0.2:
        rest = _bytes(rng, rest)
    head = struct.pack("<4sII", b"glTF", 2, 20 + len(text) + len(rest))
    return head + struct.pack("<I", len(text)) + b"JSON" + text + rest


_XML_NUMBER = re.compile(rb'"(-?[\d.]+)"')
_XML_TAG = re.compile(rb"<[^>]*>")


def _threemf(rng: random.Random, data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    for _ in range(rng.choice((1, 1, 2, 4))):
        name = rng.choice([each for each in files if not each.endswith("png")])
        text = files[name]
        tags = list(_XML_TAG.finditer(text)) or [re.match(rb"", text)]
        one, other = rng.choice(tags), rng.choice(tags)
        numbers = list(_XML_NUMBER.finditer(text))
        match rng.randrange(7):
            case 0 | 1 | 2 if numbers:
                first, last = rng.choice(numbers).span(1)
                text = text[:first] + rng.choice(NUMBERS).encode() + text[last:]
            case 3:
                text = text[: one.start()] + text[one.end() :]
            case 4:
                text = (
                    text[: one.start()]
                    + other[0] * rng.choice((1, 50))
                    + text[one.end() :]
                )
            case 5:
                text = _bytes(rng, text)
            case _:
                text = _words(rng, text)
        files[name] = text
    if rng.random() < 0.1:
        files.pop(rng.choice(list(files)))
    return zipped(files, rng.choice((8, 8, 8, 0, 12, 14)))


# ---- trying them


class TooSlow(BaseException):
    pass


def _too_slow(*_) -> None:
    raise TooSlow


def try_one(path: Path, name: str) -> str:
    """How it ended; starts with ``!`` if that is a finding."""
    import numpy as np

    from octoprint_img2stl.mesh.load import load_any
    from octoprint_img2stl.mesh.refused import MeshRefused

    signal.setitimer(signal.ITIMER_PROF, TIME_S)
    try:
        loaded = load_any(path, name=name)
    except MeshRefused as refusal:
        message = refusal.problem.message
        if "more memory than there is" in message:
            return "!memory"
        if "\n" in message or not message.isprintable() or len(message) > 500:
            return "!sentence"
        return refusal.code
    except TooSlow:
        return "!slow"
    except Exception as error:  # what the search is for
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"!{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    points, faces = loaded.mesh.vertices, loaded.mesh.faces
    good = (
        points.dtype == np.float32
        and faces.dtype == np.int32
        and np.isfinite(points).all()
        and len(faces) > 1
        and faces.min() == 0
        and len(np.unique(faces)) == len(points) == faces.max() + 1
        and (faces != np.roll(faces, 1, axis=1)).all()
        and len(np.unique(points, axis=0)) == len(points)
        and (loaded.colours is None or loaded.colours.shape == faces.shape)
    )
    return "mesh" if good else "!rules"


def child(group: str, seconds: float, seed: int, keep: Path) -> None:
    import warnings

    import numpy as np

    import octoprint_img2stl.mesh.load  # noqa: F401 - before memory is limited

    if group == "scad":  # only what is decided before anything is run
        os.environ["PATH"] = ""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGPROF, _too_slow)
    rng = random.Random(f"{group} {seed}")
    start_with = seeds(group)
    ended: Counter[str] = Counter()
    case = keep / f"{group}-now"
    deadline = time.monotonic() + seconds
    said = time.monotonic()
    while time.monotonic() < deadline:
        name, data = rng.choice(start_with)
        data = broken(rng, name, data)
        if rng.random() < 0.1:
            data = _bytes(rng, data)
        case.write_bytes(data)
        how = try_one(case, name)
        if how.startswith("!") and ended[how] < 5:
            (keep / f"{group}-{sum(ended.values())}-{name}").write_bytes(data)
            print(f"{group}: {how}", flush=True)
        ended[how] += 1
        if time.monotonic() - said > 60:
            said = time.monotonic()
            print(f"{group}: {sum(ended.values())} …", flush=True)
    case.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    total = sum(ended.values())
    print(f"{group}: {total} files, at most {peak} MB: {dict(ended.most_common())}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    if given.child:
        child(given.child, given.seconds, given.seed, given.keep)
        return 0
    failed = 0
    for group in given.groups or GROUPS:
        argv = [sys.executable, __file__, "--child", group, "--seed", str(given.seed)]
        argv += ["--seconds", str(given.seconds), "--keep", str(given.keep)]
        env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(argv, env=env)
        if done.returncode:
            print(f"{group}: the child ended with {done.returncode}, see {group}-now")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
