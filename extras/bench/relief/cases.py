"""Which tool makes which picture, in which size, with which error."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import pictures
from environments import NotInstalled
from job import Job
from peers import Peer
from PIL import Image

# With the tool's own default, as an owner would run it.
PHOTO_ERROR = 0.05


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        picture: its name.
        size: how the size is called: px of the side, or ``photo``.
        grey: the picture in positive grey, None for a photo.
    """

    picture: str
    size: str
    peer: Peer
    job: Job
    grey: Path | None


def chosen(options: argparse.Namespace) -> tuple[list[pictures.Picture], dict[str, str]]:
    """The pictures named, and why others cannot be had."""
    by_name = {picture.name: picture for picture in pictures.PICTURES}
    names = options.pictures.split(",")
    if names == ["all"]:
        names = list(by_name)
    found, missing = [], {}
    for name in names:
        if name not in by_name:
            sys.exit(f"no picture is called {name}; there are: {', '.join(by_name)}")
        try:
            by_name[name].find()
            found.append(by_name[name])
        except NotInstalled as reason:
            missing[f"picture {name}"] = str(reason)
    return found, missing


def cases(
    options: argparse.Namespace,
    found: list[pictures.Picture],
    peers: list[Peer],
    out: Path,
) -> list[Case]:
    """All runs, picture by picture.

    Args:
        out: the STL that every run writes anew.
    """
    plain = next((picture for picture in found if not picture.photo), None)
    listed = []
    for picture in found:
        for size in ["photo"] if picture.photo else options.sizes.split(","):
            for peer in peers:
                everywhere = peer.bounded or options.all
                if not (everywhere or picture is plain) or not _takes(peer, picture):
                    continue
                errors = [float(error) for error in options.errors.split(",")]
                if picture.photo:
                    errors = [PHOTO_ERROR]
                for error in errors if peer.bounded else errors[:1]:
                    listed.append(_case(picture, size, peer, error, out))
    return listed


def _takes(peer: Peer, picture: pictures.Picture) -> bool:
    return (peer.photo or not picture.photo) and (peer.fine or not picture.fine)


def _case(
    picture: pictures.Picture, size: str, peer: Peer, error: float, out: Path
) -> Case:
    grey = None
    path = picture.find()
    if not picture.photo:
        grey = pictures.prepared(picture, int(size))
        path = pictures.prepared(picture, int(size), peer.kind)
    with Image.open(path) as image:
        job = Job(path, out, image.size, error, picture.photo)
    return Case(picture.name, size, peer, job, grey)
