"""A line of text on the frame, or on a plate of its own."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ...problems import N_
from ..fonts import font_name, font_path
from ..refused import ReliefRefused
from ..shapes.canvas import Canvas
from . import frame
from .extra import Extra
from .stand import above_foot

if TYPE_CHECKING:
    from ...machine import Machine
    from ..settings import ReliefSettings
    from ..solid.body import Field, Region
    from ..solid.lettering import Line

# Less of a step is hardly seen and hardly printed.
LEAST_STEP = 0.2
USUAL_RAISE = 0.8
# Of plastic that stays under engraved letters.
LEAST_FLOOR = 0.4
# On a frame, from the letters to its sides.
EDGE_SHARE, MIN_EDGE = 0.1, 0.6
# As the option allows.
LEAST_SIZE, MOST_SIZE = 3.0, 60.0
# Categories of characters that go on top of others and need a script's own rules.
MARKS = {"Mn", "Mc", "Me"}
RIGHT_TO_LEFT = {"R", "AL", "AN"}


def active(settings: ReliefSettings) -> bool:
    return bool(settings.text.strip())


def line_of(settings: ReliefSettings) -> str:
    """The text as it is set, accents and letters in one."""
    return unicodedata.normalize("NFC", settings.text.strip())


def edge_of(size: float) -> float:
    """Room around letters of this size on a frame, mm."""
    return max(EDGE_SHARE * size, MIN_EDGE)


def ground(settings: ReliefSettings, on_frame: bool) -> float:
    """Height above the back of what the letters stand on."""
    return frame.height(settings) if on_frame else settings.base + settings.relief_height


def letters_height(settings: ReliefSettings, ground: float) -> float:
    """Height of the letters' face, or of the floor of engraved ones, above the back.

    Engraved ones go no deeper than the base, behind which there may be pockets.

    Raises:
        ReliefRefused: ``relief.text_flat`` with `suggest`.
    """
    height = ground + settings.text_raise
    if settings.text_raise < 0:
        height = max(height, LEAST_FLOOR, settings.base)
    step = height - ground
    if (step if settings.text_raise >= 0 else -step) < LEAST_STEP - 1e-9:
        raise ReliefRefused(
            "relief.text_flat",
            N_(
                "The text would stand out by only %(step)s mm and not be readable; raise "
                "it by %(usual)s mm."
            ),
            field="relief.text_raise",
            suggest=USUAL_RAISE,
            step=round(abs(step), 2),
            usual=USUAL_RAISE,
        )
    return height


def check(settings: ReliefSettings, canvas: Canvas, machine: Machine) -> None:
    """Refuse what no font can set, and letters without a step.

    Raises:
        ReliefRefused: ``relief.text_control``, ``relief.text_script``,
            ``relief.unknown_font``, ``relief.text_flat``.
    """
    text = line_of(settings)
    if not text.isprintable():
        seen = "".join(c if c.isprintable() else " " for c in text)
        raise ReliefRefused(
            "relief.text_control",
            N_(
                "The text contains line breaks or other characters that cannot be seen; "
                "write it as one plain line."
            ),
            field="relief.text",
            suggest=" ".join(seen.split()),
        )
    foreign = [
        character
        for character in dict.fromkeys(text)
        if unicodedata.category(character) in MARKS
        or unicodedata.bidirectional(character) in RIGHT_TO_LEFT
    ]
    if foreign:
        raise ReliefRefused(
            "relief.text_script",
            N_(
                "Only letters that stand side by side from left to right can be set, and "
                "not %(characters)s; leave them out."
            ),
            field="relief.text",
            characters=" ".join(foreign),
        )
    font_path(settings.font)
    grounds = [ground(settings, False)]
    if frame.active(settings):
        grounds.append(ground(settings, True))
    letters_height(settings, max(grounds))


def check_strokes(settings: ReliefSettings, machine: Machine) -> None:
    """Refuse letters finer than the nozzle's line. Needs numpy and Pillow.

    Raises:
        ReliefRefused: ``relief.text_too_thin`` with `suggest`, the least size that does;
            also as `upper_regions`.
    """
    from ..solid.lettering import THIN_SHARE

    line = _line(settings)
    if line.thin_share(settings.text_size, machine.line_width) <= THIN_SHARE:
        return
    enough = line.size_for(machine.line_width, settings.text_size, MOST_SIZE)
    if enough is None:
        raise ReliefRefused(
            "relief.text_too_thin",
            N_("The strokes of this font are too thin to print; choose a bolder font."),
            field="relief.font",
            suggest="",
        )
    raise ReliefRefused(
        "relief.text_too_thin",
        N_(
            "At a size of %(size)s mm the letters have strokes thinner than a line of the "
            "nozzle, %(line)s mm; make them at least %(enough)s mm high, or choose a "
            "bolder font."
        ),
        field="relief.text_size",
        suggest=enough,
        size=round(settings.text_size, 2),
        line=round(machine.line_width, 2),
        enough=enough,
    )


def upper_regions(
    settings: ReliefSettings, canvas: Canvas, outline: Field | None
) -> list[Region]:
    """The plate, unless the frame is wide enough, then the letters.

    Raises:
        ReliefRefused: ``relief.text_no_glyph``, ``relief.font_unreadable``;
            ``relief.text_too_big`` with `suggest`, the largest size that fits;
            ``relief.no_room_for_text``; ``relief.text_flat``.
    """
    from ..solid import sdf
    from ..solid.body import Region
    from .place import find_place

    line, size = _line(settings), settings.text_size
    room = above_foot(settings, canvas, outline)
    place = find_place(settings, canvas, room, line, size)
    if place is None:
        raise _too_big(settings, canvas, room, line)
    level = ground(settings, place.plate is None)
    letters = sdf.translate(line.field(size), place.u, place.v)
    regions = [Region(letters, letters_height(settings, level))]
    return regions if place.plate is None else [Region(place.plate, level), *regions]


def reach(settings: ReliefSettings, canvas: Canvas) -> tuple[float, float]:
    """On a frame wide enough for capitals they may stand, or on a plate."""
    top = ground(settings, False)
    size = settings.text_size
    if frame.active(settings) and settings.border >= size + 2 * edge_of(size):
        top = max(top, ground(settings, True))
    return 0.0, top + max(settings.text_raise, 0.0)


def _line(settings: ReliefSettings) -> Line:
    """The text, measured.

    Raises:
        ReliefRefused: ``relief.text_no_glyph``, ``relief.font_unreadable``.
    """
    from ..solid.lettering import Line, missing

    text, path = line_of(settings), font_path(settings.font)
    try:
        lacking = missing(text, path)
        if not lacking:
            return Line.of(text, path)
    except OSError as error:
        raise ReliefRefused(
            "relief.font_unreadable",
            N_("The font %(font)s cannot be read; choose another one."),
            field="relief.font",
            suggest="",
            font=font_name(path),
        ) from error
    raise ReliefRefused(
        "relief.text_no_glyph",
        N_(
            "The font %(font)s has no %(characters)s; choose another font, or leave these "
            "characters out."
        ),
        field="relief.font",
        font=font_name(path),
        characters=" ".join(lacking),
    )


def _too_big(
    settings: ReliefSettings, canvas: Canvas, room: Field, line: Line
) -> ReliefRefused:
    from .place import find_place

    def fits(tenths: int) -> bool:
        return find_place(settings, canvas, room, line, tenths / 10) is not None

    low, high = round(LEAST_SIZE * 10), int(settings.text_size * 10 + 1)
    if not fits(low):
        return ReliefRefused(
            "relief.no_room_for_text",
            N_(
                "There is no room for this text even in the smallest size; shorten it, or "
                "make the shape larger."
            ),
            field="relief.text",
            suggest="",
        )
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return ReliefRefused(
        "relief.text_too_big",
        N_(
            "The text does not fit at a size of %(size)s mm; make its capitals at most "
            "%(most)s mm high, or the text shorter."
        ),
        field="relief.text_size",
        suggest=low / 10,
        size=round(settings.text_size, 2),
        most=low / 10,
    )


EXTRA = Extra(active=active, check=check, upper_regions=upper_regions, reach=reach)
