"""The lines of one layer, as they are and as a browser draws them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .gcode_facts import GcodeFacts, layer_heights
from .gcode_file import feed_range, scan_before
from .gcode_kinds import TRAVEL_COLOUR, colour, family
from .gcode_layer import Layer
from .gcode_layer import Path as Line
from .gcode_scan import Scan

MOST_BYTES = 16 << 20  # of one layer; what lies beyond is not drawn
MOST_JSON_BYTES = 1_900_000  # without blanks
UNIT = 0.01  # mm
FAR = 1e5  # mm; no bed is that large
# Points closer than this to the one before are left out (mm). The first is far below what
# a screen shows; the others are only for layers that would become too big.
NEAREST = (0.02, 0.05, 0.1, 0.2, 0.5)

Points = list[tuple[float, float]]


def layer_lines(
    path: Path | str,
    layers: Sequence[Sequence[float]],
    number: int,
    travels: list[Points] | None = None,
) -> list[Line]:
    """The lines of plastic of one layer.

    Only the start G-code, a little before the layer and the layer itself are read.

    Args:
        path: the G-code file.
        layers: (z, first byte, last byte + 1, …) of each, as in `GcodeFacts.layers`.
        number: which, from 0.
        travels: a list to which the points of the movements between are added.

    Raises:
        IndexError: there is no such layer.
        OSError: the file cannot be read.
    """
    lines: list[Line] = []
    scan = Scan()
    with open(path, "rb") as file:
        layer = scan_before(file, layers, number, scan)
        scan.paths, scan.travels = lines, travels
        start = int(layer.start)
        feed_range(scan, file, start, min(int(layer.end), start + MOST_BYTES))
    if travels is not None:
        travels[:] = [points for points in travels if _known(points)]
    return [line for line in lines if _known(line.points)]


def layer_data(
    path: Path | str, layers: Sequence[Sequence[float]], number: int
) -> dict[str, Any]:
    """One layer for a drawing in the browser, JSON-able and below 2 MB.

    Returns:
        ``number``; ``z``, ``height`` (mm) and ``time_s`` of the layer; ``unit``: what a
        step of the coordinates is, mm; ``lines``: for each type and width of line its
        ``kind`` (the slicer's name), ``family``, ``colour``, ``width`` (mm, 0: unknown)
        and ``points``; ``travel``: ``colour`` and ``points`` of all other movements.

        Points are whole numbers in a row: for each line the count of its points, then x
        and y of each as the difference to the point before it, the last one of the line
        before included; the very first counts from 0, 0 of the printer.

        ``nearest``: points closer than that to the one before were left out (mm);
        ``travel_left_out`` and ``cut``: whether travel, or lines, are missing because
        the layer is too big.

    Raises:
        IndexError: there is no such layer.
        OSError: the file cannot be read.
    """
    travels: list[Points] = []
    lines = layer_lines(path, layers, number, travels)
    layer = Layer(*layers[number])
    data = {
        "number": number,
        "z": layer.z,
        "height": layer_heights(layers)[number],
        "time_s": layer.time_s,
        "unit": UNIT,
        "cut": layer.end - layer.start > MOST_BYTES,
    }
    for nearest in NEAREST:
        drawn = _groups(lines, nearest)
        room = MOST_JSON_BYTES - _json_size([data, drawn])
        if room > 0:
            break
    else:
        share = _json_size([data, drawn]) / MOST_JSON_BYTES
        drawn, room = _groups(lines[:: math.ceil(2 * share)], nearest), 0
        data["cut"] = True
    row = _numbers(travels, nearest)
    fits = _json_size(row) < room
    return {
        **data,
        "nearest": nearest,
        "lines": drawn,
        "travel": {"colour": TRAVEL_COLOUR, "points": row if fits else []},
        "travel_left_out": not fits,
    }


def layer_summary(facts: GcodeFacts) -> dict[str, Any]:
    """All layers in columns, for a slider and a legend; JSON-able.

    Returns:
        ``z``, ``height`` (mm), ``time_s``, ``filament_mm`` and ``kinds`` of each layer,
        the latter with a bit for each entry of ``legend``; ``legend``: the types of line
        with ``kind``, ``family``, ``colour``, ``filament_mm``, ``cm3``, ``time_s``;
        ``stops``: where the print stops, ``command``, ``layer`` (from 0), ``z``.
    """
    return {
        **columns(facts.layers),
        "legend": [
            {
                "kind": kind,
                "family": family(kind),
                "colour": colour(kind),
                "filament_mm": use.filament_mm,
                "cm3": round(facts.cm3(use.filament_mm), 4),
                "time_s": use.time_s,
            }
            for kind, use in facts.kinds.items()
        ],
        "stops": [
            {
                "command": stop.command,
                "layer": stop.layer,
                "z": facts.layers[stop.layer].z,
            }
            for stop in facts.stops
        ],
    }


def columns(layers: Sequence[Sequence[float]]) -> dict[str, list[float]]:
    """What `layer_summary` says of each layer, which is also known without the facts."""
    known = [Layer(*layer) for layer in layers]  # type: ignore[arg-type]
    return {
        "z": [layer.z for layer in known],
        "height": layer_heights(layers),
        "time_s": [layer.time_s for layer in known],
        "filament_mm": [layer.filament_mm for layer in known],
        "kinds": [layer.kinds for layer in known],
    }


def _groups(lines: Iterable[Line], nearest: float) -> list[dict[str, Any]]:
    """The lines of each type and width, as `layer_data` describes them."""
    groups: dict[tuple[str, float], list[Points]] = {}
    for line in lines:
        groups.setdefault((line.kind, round(line.width, 2)), []).append(line.points)
    return [
        {
            "kind": kind,
            "family": family(kind),
            "colour": colour(kind),
            "width": width,
            "points": _numbers(all_points, nearest),
        }
        for (kind, width), all_points in groups.items()
    ]


def _json_size(data: Any) -> int:
    return len(json.dumps(data, separators=(",", ":")))


def _numbers(lines: Iterable[Points], nearest: float) -> list[int]:
    """Lines as the row of whole numbers that `layer_data` describes."""
    row: list[int] = []
    per_mm, least = 1 / UNIT, nearest * nearest / UNIT / UNIT
    last_x = last_y = 0
    for points in lines:
        place, count = len(row), 0
        row.append(0)
        left_out = None
        for point in points:
            x, y = round(point[0] * per_mm), round(point[1] * per_mm)
            across, up = x - last_x, y - last_y
            if count and across * across + up * up < least:
                left_out = (across, up)
                continue
            row += (across, up)
            last_x, last_y, count, left_out = x, y, count + 1, None
        if left_out is not None and (count == 1 or left_out != (0, 0)):
            row += left_out  # a line ends where it ends
            last_x, last_y, count = last_x + left_out[0], last_y + left_out[1], count + 1
        row[place] = count
    return row


def _known(points: Points) -> bool:
    """Whether all is where a printer could be; what is unknown (NaN) is not."""
    return all(-FAR < x < FAR and -FAR < y < FAR for x, y in points)
