"""The commands, the same as `python -m octoprint_img2stl …` and `octoprint plugins img2stl:…`.

Exit codes: 0 all went well, 1 refused, failed or not printable, 2 wrong usage or (check) not
readable, 130 interrupted.
"""

from __future__ import annotations

import click

from .checking import check
from .making import make
from .repairing import repair
from .shared import group
from .slicing import slice_

__all__ = ["check", "commands", "group", "make", "repair", "slice_"]


def commands() -> list[click.Command]:
    """All commands, for OctoPrint's command line."""
    return list(group.commands.values())
