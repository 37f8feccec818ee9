"""What of a model is not in its G-code, and what else the finished file shows.

Slicers leave out what is thinner than a line without a word, and PrusaSlicer 2.9 leaves
out an object beside the bed. One STL is one object to them, so no label in the file tells
whether all of it is there: the model's pieces are looked for in the layers themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..machine import Machine
from ..problems import N_, WARNING, Problem
from .gcode_facts import BESIDE, GcodeFacts
from .gcode_kinds import family
from .gcode_lines import layer_lines
from .pieces import Box, Piece, stl_pieces

TOLERANCE = 0.05  # mm that rounding explains
MISSING = 1.0  # mm of a model's top that may be too thin without a word
SIDE_MISSING = 2.0  # mm of a pointed side that may be
MOST_GAPS = 8
# Where in a piece its lines are looked for, as fractions of its height.
HEIGHTS = (0.5, 0.25, 0.75, 0.1, 0.9)
MOST_BYTES = 48 << 20  # of all layers that are read again, some seconds

# A line of plastic: the box around it, its width taken into account, mm.
Flat = tuple[float, float, float, float]


def seen(
    facts: GcodeFacts, machine: Machine, height: float, layer: float
) -> list[Problem]:
    """What the facts alone show: gaps, a top that is missing, a nozzle lifted too high.

    Args:
        facts: of the finished file.
        machine: the printer.
        height: of the model, mm.
        layer: the highest layer, mm.
    """
    found = _gaps(facts, layer)
    top = facts.bounds[5] if facts.bounds else 0.0
    if height - top > max(MISSING, 3 * layer):
        found.append(
            Problem(
                "slicing.top_missing",
                WARNING,
                N_(
                    "The print ends at %(top)s mm, the model at %(height)s mm: it is too "
                    "thin there; enlarge it or choose a finer nozzle."
                ),
                {"top": round(top, 1), "height": round(height, 1)},
            )
        )
    if facts.travel and facts.travel[5] > machine.height + TOLERANCE:
        found.append(
            Problem(
                "slicing.lifts_too_high",
                WARNING,
                N_(
                    "The profile's own G-code lifts the nozzle to %(height)s mm, the "
                    "printer reaches %(limit)s mm; correct the G-code or make the model "
                    "smaller."
                ),
                {
                    "height": round(facts.travel[5], 1),
                    "limit": round(machine.height, 1),
                },
            )
        )
    return found


def empty_layer(low: float, high: float) -> Problem:
    """Between two heights (mm) there is nothing below something."""
    return Problem(
        "slicing.empty_layer",
        WARNING,
        N_(
            "Between %(low)s and %(high)s mm there is nothing, so what is "
            "above would be printed into the air; check the model."
        ),
        {"low": low, "high": high},
    )


def missing(path: Path, facts: GcodeFacts, stl: Path, machine: Machine) -> list[Problem]:
    """Pieces of a model that are not printed, and sides that end too early.

    Only some layers are read again: those at some heights of each piece and at its
    outermost points. A piece whose box overlaps that of another counts as part of it, so
    what is missing inside or close to something that is printed is not found.

    Args:
        path: the G-code.
        facts: of it.
        stl: binary STL, mm; its box's middle is printed in the bed's.
        machine: the printer.

    Raises:
        OSError: a file cannot be read.
    """
    layers = facts.model_layers
    pieces = _placed(stl_pieces(stl), machine)
    if not layers or not pieces:
        return []
    lines = _Lines(path, facts, layers)
    not_there: list[Piece] = []
    lacks = [0.0] * len(_SIDES)
    for piece in pieces:
        there = any(lines.around(piece, z) for z in _levels(piece))
        if lines.exhausted:
            break
        if not there:
            not_there.append(piece)
        else:
            lacks = list(map(max, lacks, _sides(piece, lines)))
    found = [_pieces_missing(not_there, len(pieces))] if not_there else []
    for lack, sentence in zip(lacks, _SIDES, strict=True):
        if lack > SIDE_MISSING:
            values = {"lack": round(lack, 1)}
            found.append(Problem("slicing.side_missing", WARNING, sentence, values))
    return found


class _Lines:
    """The model's lines in some layers of a file, each of them read once.

    Attributes:
        exhausted: too much would have to be read, so what was found is not all.
    """

    def __init__(self, path: Path, facts: GcodeFacts, layers: Sequence[int]) -> None:
        self._path, self._facts, self._layers = path, facts, layers
        self._read: dict[int, list[Flat]] = {}
        self._bytes = 0
        self.exhausted = False
        # On a raft all of it stands higher.
        lowest = min(layer.z for layer in facts.layers)
        self._lift = facts.layers[layers[0]].z - lowest

    def around(self, piece: Piece, z: float, further: int = 0) -> list[Flat]:
        """The lines at a height of the model that are within a piece's box.

        Args:
            further: of the layer so many above that one.
        """
        x0, y0, _, x1, y1, _ = piece.box
        found = self._at(self._place(z) + further)
        return [
            line
            for line in found
            if line[0] <= x1 and line[2] >= x0 and line[1] <= y1 and line[3] >= y0
        ]

    def _place(self, z: float) -> int:
        """Which of the model's layers holds a height of the model."""
        z += self._lift - TOLERANCE
        heights = (self._facts.layers[number].z for number in self._layers)
        return next((n for n, top in enumerate(heights) if top >= z), len(self._layers))

    def _at(self, place: int) -> list[Flat]:
        number = self._layers[min(place, len(self._layers) - 1)]
        if number not in self._read:
            layer = self._facts.layers[number]
            self._bytes += layer.end - layer.start
            if self._bytes > MOST_BYTES:
                self.exhausted = True
                return []
            self._read[number] = [
                _flat(line.points, line.width)
                for line in layer_lines(self._path, self._facts.layers, number)
                if family(line.kind) not in BESIDE
            ]
        return self._read[number]


def _flat(points: Sequence[tuple[float, float]], width: float) -> Flat:
    xs, ys = zip(*points, strict=True)
    half = width / 2
    return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half


def _placed(pieces: Iterable[Piece], machine: Machine) -> list[Piece]:
    """The pieces in printer coordinates, standing on the bed."""
    pieces = list(pieces)
    if not pieces:
        return []
    low = [min(piece.box[axis] for piece in pieces) for axis in range(3)]
    high = [max(piece.box[axis] for piece in pieces) for axis in range(3, 6)]
    x, y = (
        middle - (one + other) / 2
        for middle, one, other in zip(machine.centre, low[:2], high[:2], strict=True)
    )
    z = -low[2]

    def moved(box: Box) -> Box:
        x0, y0, z0, x1, y1, z1 = box
        return x0 + x, y0 + y, z0 + z, x1 + x, y1 + y, z1 + z

    return [
        Piece(
            moved(piece.box),
            (piece.left[0] + x, piece.left[1] + z),
            (piece.front[0] + y, piece.front[1] + z),
            (piece.right[0] + x, piece.right[1] + z),
            (piece.back[0] + y, piece.back[1] + z),
        )
        for piece in pieces
    ]


def _levels(piece: Piece) -> list[float]:
    _, _, z0, _, _, z1 = piece.box
    return [z0 + part * (z1 - z0) for part in HEIGHTS]


def _pieces_missing(pieces: Sequence[Piece], of: int) -> Problem:
    x0, y0, z0, x1, y1, z1 = pieces[0].box
    return Problem(
        "slicing.pieces_missing",
        WARNING,
        N_(
            "%(count)s of the model's %(of)s separate pieces cannot be printed and will "
            "be missing, the largest of them %(width)s x %(depth)s x %(height)s mm near "
            "X%(x)s Y%(y)s: they are too thin or too small; enlarge them or choose a "
            "finer nozzle."
        ),
        {
            "count": len(pieces),
            "of": of,
            "width": round(x1 - x0, 2),
            "depth": round(y1 - y0, 2),
            "height": round(z1 - z0, 2),
            "x": round((x0 + x1) / 2, 1),
            "y": round((y0 + y1) / 2, 1),
        },
    )


_SIDES = (
    N_(
        "On the left the print ends %(lack)s mm short of the model: it is too thin there; "
        "enlarge it or choose a finer nozzle."
    ),
    N_(
        "At the front the print ends %(lack)s mm short of the model: it is too thin there; "
        "enlarge it or choose a finer nozzle."
    ),
    N_(
        "On the right the print ends %(lack)s mm short of the model: it is too thin there; "
        "enlarge it or choose a finer nozzle."
    ),
    N_(
        "At the back the print ends %(lack)s mm short of the model: it is too thin there; "
        "enlarge it or choose a finer nozzle."
    ),
)


def _sides(piece: Piece, lines: _Lines) -> list[float]:
    """How far each side of a piece is from what is printed of it, mm."""
    lacks = []
    sides = (piece.left, piece.front, piece.right, piece.back)
    for number, (reach, z) in enumerate(sides):
        # What juts out begins at a height that may be just above a layer.
        near = (*lines.around(piece, z), *lines.around(piece, z, further=1))
        there = [line[number] for line in near]
        if not there:
            lacks.append(0.0)  # at the very top, or too much to read
        else:
            lacks.append(min(there) - reach if number < 2 else reach - max(there))
    return lacks


def _gaps(facts: GcodeFacts, layer: float) -> list[Problem]:
    """Heights where nothing is printed below something; slicers print on in the air."""
    model = facts.model_layers
    if not model:
        return []
    lowest = facts.layers[model[0]].z  # a raft's layers are higher than others
    heights = sorted({each.z for each in facts.layers if each.z >= lowest})
    if min(each.z for each in facts.layers) == lowest:
        heights.insert(0, 0.0)
    return [
        empty_layer(round(low, 3), round(high - layer, 3))
        for low, high in zip(heights, heights[1:], strict=False)
        if high - low > 2 * layer + 1e-3  # adaptive layers stay below that
    ][:MOST_GAPS]
