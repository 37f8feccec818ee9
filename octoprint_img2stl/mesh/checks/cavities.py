"""Are there sealed hollows or shells inside that nobody will see?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...problems import INFO, N_, Problem
from ..subject import Finding, Subject
from ..where import Where

SMALL = 1.0  # mm3: a bubble


def check(subject: Subject) -> Iterator[Finding]:
    if subject.facts.bodies < 2 or not subject.sliceable:
        return
    bodies = subject.bodies
    sealed = np.flatnonzero(bodies.volume < -SMALL)
    if not len(sealed):
        return
    yield Finding(
        Problem(
            "mesh.cavities",
            INFO,
            N_(
                "Sealed hollows inside (%(count)s of them, %(volume)s cm³) are printed as "
                "such, with roofs that sag; fill them if nothing needs them."
            ),
            {
                "count": len(sealed),
                "volume": round(-float(bodies.volume[sealed].sum()) / 1000, 2),
            },
            "mesh.cavities",
            "fill",
        ),
        Where(faces=np.flatnonzero(np.isin(bodies.of_face, sealed))),
    )
