"""Are there more triangles than the printer can show?"""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import INFO, N_, Problem
from ..subject import Finding, Subject

MANY = 1_000_000  # at 100 mm nothing is lost with a tenth (measured: 0.04 mm)


def check(subject: Subject) -> Iterator[Finding]:
    if subject.facts.triangles > MANY:
        yield Finding(
            Problem(
                "mesh.many_triangles",
                INFO,
                N_(
                    "The model has %(count)s triangles, far more than a printer shows; "
                    "simplify it and slicing is faster."
                ),
                {"count": subject.facts.triangles},
                "mesh.simplify",
                True,
            )
        )
