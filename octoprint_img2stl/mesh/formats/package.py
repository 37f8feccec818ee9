"""3MF, written: unit, several objects, colours, a picture; nothing but the standard library.

Format: 3MF Core Specification 1.3 and the colour groups of its Materials and Properties
Extension. Slicers do not read those: PrusaSlicer, OrcaSlicer and Bambu Studio paint by
`paint_color` on each triangle, which names a filament; both are written.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

import numpy as np

from ..model import CHUNK
from .colours import distinct
from .part import Part

MODEL = "3D/3dmodel.model"
PICTURE = "Metadata/thumbnail.png"
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MATERIAL = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
MODEL_RELATION = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
PICTURE_RELATION = (
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
)
TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" '
    'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
    '<Default Extension="png" ContentType="image/png"/></Types>\n'
)
DATE = (1980, 1, 1, 0, 0, 0)  # the same file from the same model
GROUP = 1  # the colour group's id; objects follow
FILAMENTS = 16  # the most that PrusaSlicer can paint with


def write_3mf(
    file: BinaryIO, parts: Sequence[Part], title: str, picture_png: bytes | None = None
) -> None:
    """Write a package, the model streamed into it.

    Args:
        title: of the model; may be empty.
        picture_png: a picture of it, PNG.
    """
    relations = [f'<Relationship Target="/{MODEL}" Id="model" Type="{MODEL_RELATION}"/>']
    if picture_png:
        relations.append(
            f'<Relationship Target="/{PICTURE}" Id="picture" Type="{PICTURE_RELATION}"/>'
        )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        package.writestr(_entry("[Content_Types].xml"), TYPES)
        package.writestr(
            _entry("_rels/.rels"),
            '<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns='
            '"http://schemas.openxmlformats.org/package/2006/relationships">'
            + "".join(relations)
            + "</Relationships>\n",
        )
        if picture_png:
            package.writestr(_entry(PICTURE, zipfile.ZIP_STORED), picture_png)
        with package.open(_entry(MODEL), "w", force_zip64=False) as model:
            _write_model(model, parts, title)


def _entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, DATE)
    entry.compress_type = method
    return entry


def _write_model(model: BinaryIO, parts: Sequence[Part], title: str) -> None:
    def say(text: str) -> None:
        model.write(text.encode())

    palette, which = _palette(parts)
    say(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<model unit="millimeter" xml:lang="en-US" xmlns="{CORE}" xmlns:m="{MATERIAL}">\n'
        f'<metadata name="Application">OctoPrint-Img2STL</metadata>\n'
    )
    if title:
        say(f'<metadata name="Title">{_text(title)}</metadata>\n')
    say("<resources>\n")
    if palette:
        say(f'<m:colorgroup id="{GROUP}">\n')
        for red, green, blue in palette:
            say(f'<m:color color="#{red:02X}{green:02X}{blue:02X}FF"/>\n')
        say("</m:colorgroup>\n")
    for number, (part, colours) in enumerate(zip(parts, which, strict=True), 1):
        whole = isinstance(colours, int)
        tint = f' pid="{GROUP}" pindex="{colours}"' if whole else ""
        name = f" name={quoteattr(_clean(part.name))}" if part.name else ""
        say(
            f'<object id="{GROUP + number}" type="model"{name}{tint}>\n<mesh>\n<vertices>\n'
        )
        for start in range(0, len(part.mesh.vertices), CHUNK):
            rows = part.mesh.vertices[start : start + CHUNK]
            # Nine digits are what brings every float32 back as it was.
            line = '<vertex x="%.9g" y="%.9g" z="%.9g"/>\n'
            say(line * len(rows) % tuple(rows.ravel().tolist()))
        say("</vertices>\n<triangles>\n")
        for start in range(0, len(part.mesh.faces), CHUNK):
            some = slice(start, start + CHUNK)
            own = None if colours is None or whole else colours[some]
            say(_triangles(part.mesh.faces[some], own, len(palette)))
        say("</triangles>\n</mesh>\n</object>\n")
    say("</resources>\n<build>\n")
    for number in range(1, len(parts) + 1):
        say(f'<item objectid="{GROUP + number}"/>\n')
    say("</build>\n</model>\n")


def _palette(
    parts: Sequence[Part],
) -> tuple[list[tuple[int, int, int]], list[int | np.ndarray | None]]:
    """All colours, and for each part that of the whole, those of its faces, or None."""
    known: dict[tuple[int, int, int], int] = {}
    found: list[int | np.ndarray | None] = []
    for part in parts:
        if part.colours is None:
            found.append(None)
            continue
        own, index = distinct(part.colours.reshape(-1, 3))
        numbers = [known.setdefault(tuple(each), len(known)) for each in own.tolist()]
        if part.colours.ndim == 1:
            found.append(numbers[0])
        else:
            found.append(np.array(numbers, dtype=np.int64)[index])
    return list(known), found


def _triangles(faces: np.ndarray, colours: np.ndarray | None, palette: int) -> str:
    if colours is None:
        line = '<triangle v1="%d" v2="%d" v3="%d"/>\n'
        return line * len(faces) % tuple(faces.ravel().tolist())
    if palette > FILAMENTS:
        line = f'<triangle v1="%d" v2="%d" v3="%d" pid="{GROUP}" p1="%d"/>\n'
        rows = np.concatenate((faces, colours[:, None]), axis=1)
        return line * len(faces) % tuple(rows.ravel().tolist())
    line = '<triangle v1="%%d" v2="%%d" v3="%%d" pid="%d" p1="%d" paint_color="%s"/>\n'
    lines = [line % (GROUP, each, paint_code(each + 1)) for each in range(palette)]
    text = "".join([lines[each] for each in colours.tolist()])
    return text % tuple(faces.ravel().tolist())


def paint_code(filament: int) -> str:
    """How slicers note that a whole triangle is of a filament, counted from 1.

    Two bits for "not divided", two for 1 and 2; from 3 on both of those are set and the
    next four bits, written before, count on (PrusaSlicer, TriangleSelector).
    """
    return f"{filament << 2:X}" if filament < 3 else f"{filament - 3:X}C"


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(each for each in text if each.isprintable())


def _text(text: str) -> str:
    return _clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
