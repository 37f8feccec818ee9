"""Taking a file that OctoPrint's server already stored, without trusting what the request says."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..jobs.kinds import kind_of
from ..jobs.model import PHOTO
from ..jobs.store import require_small
from ..problems import N_, Refusal

FIELD = "file"
# OctoPrint streams every uploaded part into a file of this name before we are asked.
PREFIX = "octoprint-file-upload-"


class UploadRefused(Refusal):
    """The request holds no usable file."""


def received(
    values: Mapping[str, str],
    path_suffix: str,
    name_suffix: str,
    limits_bytes: Mapping[str, int],
) -> tuple[Path, str, str]:
    """The uploaded file, the name its sender gave it, and what kind it is.

    Args:
        values, path_suffix, name_suffix: see `fresh`.
        limits_bytes: the largest file to take, for each kind that is taken.

    Raises:
        UploadRefused: nothing there, or a path that OctoPrint did not make.
        StoreRefused: too big.
    """
    path, name = fresh(values, path_suffix, name_suffix)
    kind = kind_of(path, name)
    if kind not in limits_bytes:
        kind = PHOTO  # which it is not: opening it will say so
    require_small(path, limits_bytes[kind], kind)
    return path, name, kind


def suffixes(settings: Any) -> tuple[str, str]:
    """What OctoPrint's server puts behind a field's name: for the path, and for the name."""
    path, name = (
        settings.global_get(["server", "uploads", f"{kind}Suffix"])
        for kind in ("path", "name")
    )
    return path, name


def fresh(
    values: Mapping[str, str], path_suffix: str, name_suffix: str
) -> tuple[Path, str]:
    """The uploaded file, whatever it is, and the name its sender gave it.

    Args:
        values: the request's values as rewritten by OctoPrint's server.
        path_suffix, name_suffix: from OctoPrint's settings `server.uploads`.

    Raises:
        UploadRefused: nothing there, or a path that OctoPrint did not make.
    """
    path = values.get(f"{FIELD}.{path_suffix}")
    name = values.get(f"{FIELD}.{name_suffix}") or ""
    if not path:
        raise UploadRefused(
            "upload.missing", N_("No file arrived; choose one and send it again.")
        )
    # The path comes out of the request's body. OctoPrint strips forged ones since 1.11.8;
    # should it fail again (it did before), nothing but a fresh upload may be taken.
    if not os.path.basename(path).startswith(PREFIX) or not _is_plain_file(path):
        raise UploadRefused(
            "upload.forged",
            N_("This is not an uploaded file; choose a file and send it."),
        )
    return Path(path), name


def _is_plain_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False
