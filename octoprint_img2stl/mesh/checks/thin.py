"""Is the whole part thinner than the printer can lay?

Thin places within a thicker part are for `walls`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import ERROR, N_, WARNING, Problem
from ..subject import Finding, Subject

SAFE_LAYERS, SAFE_LINES = (
    2,
    2,
)  # one layer of two has a neighbour; two lines are two outlines
NOISE = 1e-3  # mm: a part of exactly two layers is not thin


def check(subject: Subject) -> Iterator[Finding]:
    layer, line = subject.layer, subject.line
    height = subject.facts.size[2]
    if height < SAFE_LAYERS * layer - NOISE:
        least = SAFE_LAYERS * layer
        yield Finding(
            Problem(
                "mesh.too_flat",
                ERROR if height < layer - NOISE else WARNING,
                N_(
                    "The whole part is only %(height)s mm high; make it at least "
                    "%(least)s mm, two layers."
                ),
                {"height": round(height, 2), "least": round(least, 2)},
                "mesh.size",
                subject.grown(least / height) if height else None,
            )
        )
    width = subject.thickness
    if width < SAFE_LINES * line - NOISE:
        vanishes = width < line - NOISE
        least = SAFE_LINES * line
        yield Finding(
            Problem(
                "mesh.thin",
                ERROR if vanishes else WARNING,
                N_(
                    "The whole part is only %(width)s mm thick, less than one printed line "
                    "(%(line)s mm), and would vanish; make it at least %(least)s mm."
                )
                if vanishes
                else N_(
                    "The whole part is only %(width)s mm thick, less than two printed "
                    "lines; make it at least %(least)s mm."
                ),
                {
                    "width": round(width, 2),
                    "line": round(line, 2),
                    "least": round(least, 2),
                },
                "mesh.size",
                subject.grown(least / width) if width else None,
            )
        )
