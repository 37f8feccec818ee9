#!/usr/bin/env python3
"""Get the meshes that `corpus.json` lists, each checked by its SHA-256.

    python extras/bench/repair/fetch.py [TO]              # from the repositories' host
    python extras/bench/repair/fetch.py [TO] --from DIR   # out of clones below DIR

All come from public repositories under free licences (MIT, BSD, zlib, Apache, MPL, GPL,
AGPL); the list names each file's. They stay out of this repository: they are for measuring
only. A clone below DIR is a folder named owner+name or owner/name that is a git directory,
or has one in it or in `repo`.

The way over the network has not been tried where this was written, for that machine reaches
no such host; the way out of clones has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / ".cache" / "corpus"
RAW = "https://raw.githubusercontent.com"
LIMIT_S = 60


class Missing(Exception):
    """A file cannot be had; the message says why."""


def listed() -> list[dict[str, str]]:
    """The fetch list: file, repository, path, commit, licence, sha256, ai (if one)."""
    return json.loads((HERE / "corpus.json").read_text())


def from_network(entry: dict[str, str]) -> bytes:
    path = urllib.parse.quote(entry["path"])
    address = f"{RAW}/{entry['repository']}/{entry['commit']}/{path}"
    try:
        with urllib.request.urlopen(address, timeout=LIMIT_S) as answer:
            return answer.read()
    except (urllib.error.URLError, OSError) as problem:
        raise Missing(str(problem)) from problem


def from_clones(folder: Path) -> Callable[[dict[str, str]], bytes]:
    """What gets a file out of git directories below `folder`."""

    def get(entry: dict[str, str]) -> bytes:
        owner, _, name = entry["repository"].partition("/")
        homes = (folder / f"{owner}+{name}", folder / owner / name)
        places = [home / inner for home in homes for inner in ("repo", ".")]
        places = [place / inner for place in places for inner in (".git", ".")]
        git = next((place for place in places if (place / "HEAD").is_file()), None)
        if git is None:
            raise Missing(f"no clone of {entry['repository']}")
        what = f"{entry['commit']}:{entry['path']}"
        done = subprocess.run(
            ["git", "--git-dir", str(git), "cat-file", "blob", what], capture_output=True
        )
        if done.returncode:
            raise Missing(done.stderr.decode(errors="replace").strip())
        return done.stdout

    return get


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("to", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--from", dest="clones", type=Path, help="a folder of git clones")
    arguments = parser.parse_args()
    get = from_clones(arguments.clones) if arguments.clones else from_network
    arguments.to.mkdir(parents=True, exist_ok=True)
    had = failed = 0
    for entry in listed():
        path = arguments.to / entry["file"]
        if path.is_file() and _sha256(path.read_bytes()) == entry["sha256"]:
            had += 1
            continue
        try:
            data = get(entry)
            if _sha256(data) != entry["sha256"]:
                raise Missing("it is not the file that was listed")
            path.write_bytes(data)
            had += 1
        except Missing as why:
            failed += 1
            print(f"{entry['file']}: {why}", file=sys.stderr)
    print(f"{had} files in {arguments.to}, {failed} missing")
    if failed:
        sys.exit(1)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
