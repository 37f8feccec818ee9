"""Pictures inside a G-code file, in the form that PrusaSlicer made common."""

from __future__ import annotations

import base64

LINE = 78  # characters of base64 per line, as PrusaSlicer writes them


def thumbnail_blocks(pngs: list[tuple[int, int, bytes]]) -> bytes:
    """Comments for the head of a file, before anything is extruded.

    Both OctoPrint 2.0 (its gcode-thumbnail-tool) and the plugin PrusaSlicerThumbnails
    look for them there; they look no further than the first ``G1`` with an E word.

    Args:
        pngs: (width_px, height_px, PNG file) each.
    """
    return b"".join(_block(*png) for png in pngs)


def _block(width: int, height: int, png: bytes) -> bytes:
    text = base64.b64encode(png).decode()
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    begin = f"thumbnail begin {width}x{height} {len(text)}"
    body = "".join(f"; {line}\n" for line in (begin, *lines, "thumbnail end"))
    return f"\n;\n{body};\n\n".encode()
