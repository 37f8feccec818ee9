"""Profiles that people bring from their own slicer, and giving profiles back to them.

`read_any` recognises a file by its content and reads it through an allow-list, one small
module per source (see `read.SOURCES`); `contradictions` compares what it says about the
printer with OctoPrint's printer profile; `export` writes files for other slicers.
Nothing here starts a program, and no file is ever handed to one.
"""

from __future__ import annotations

from .compare import Contradiction, contradictions
from .imported import Imported
from .read import read_any

__all__ = ["Contradiction", "Imported", "contradictions", "read_any"]
