"""A ``.curaprofile``: a zip of containers without endings (Cura 2.3 on), or just one."""

from __future__ import annotations

from . import cura
from .given import ZIP_MAGIC, Given, as_text
from .imported import Imported


def read(given: Given) -> Imported | None:
    """The profile, or None if the file is none of this kind."""
    if given.head.startswith(ZIP_MAGIC):
        texts = [
            as_text(content)
            for content in given.archive.values()
            if b"[general]" in content[:1000]
        ]
    else:
        texts = [given.text] if b"[general]" in given.head[:1000] else []
    found = [cura.container(text) for text in texts]
    containers = [each for each in found if each is not None]
    if not containers:
        return None
    return cura.imported(containers, given, source="cura_profile")
