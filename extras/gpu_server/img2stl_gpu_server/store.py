"""The jobs on disk: `jobs/<uid>/` with job.json, the pictures, and the result.

A job is on disk before its uid is told to anybody. Everything appears whole or not at all.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .job import UID, Job

log = logging.getLogger(__name__)
RECORD, MESH, TIMES = "job.json", "mesh.npz", "times.json"


class InUse(Exception):
    """Another server has this folder."""


class Store:
    """One folder, for one server.

    Raises:
        InUse: another one has it.
        OSError: it cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._jobs = folder / "jobs"
        self._jobs.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder / "lock")
        self._writing = threading.Lock()  # of results in further formats

    def close(self) -> None:
        self._lock.close()

    def path(self, uid: str) -> Path:
        """The folder of a job; `uid` is one of ours (`UID`)."""
        if not UID.fullmatch(uid):
            raise ValueError("no uid")
        return self._jobs / uid

    def make_folder(self, uid: str) -> Path:
        folder = self.path(uid)
        folder.mkdir()
        return folder

    def save(self, job: Job) -> None:
        from .results import write_at_once

        raw = json.dumps(job.to_json(), indent=1).encode()
        write_at_once(self.path(job.uid) / RECORD, raw)

    def load_all(self) -> Iterator[Job]:
        """Every job there is; leftovers of what was never accepted are swept away."""
        for folder in sorted(self._jobs.iterdir()):
            try:
                job = Job.from_json(json.loads((folder / RECORD).read_bytes()))
                if job.uid != folder.name:
                    raise ValueError(job.uid)
            except FileNotFoundError:
                shutil.rmtree(folder, ignore_errors=True)
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.warning("%s cannot be read and is left alone: %r", folder, error)
            else:
                yield job

    def forget(self, uid: str) -> None:
        """Remove all of a job."""
        folder = self.path(uid)
        # Without its record it is a leftover, should the rest of this be cut short.
        (folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def forget_pictures(self, job: Job) -> None:
        for _, name, _ in job.views:
            (self.path(job.uid) / name).unlink(missing_ok=True)

    def put_mesh(self, uid: str, raw: bytes) -> None:
        from .results import write_at_once

        write_at_once(self.path(uid) / MESH, raw)

    def result(self, job: Job, format: str) -> Path:
        """The result as a file of that format, made now if it was never asked for.

        Raises:
            OSError, ValueError: it is gone or damaged.
        """
        from .results import unpack, write_result

        folder = self.path(job.uid)
        path = folder / f"result-{format}.{format}"
        with self._writing:
            if not path.exists():
                mesh = unpack(folder / MESH)
                write_result(mesh, path, format, api=job.order.api)
        return path

    # ---- how long jobs take

    def load_times(self) -> dict[str, list[float]]:
        try:
            data = json.loads((self.folder / TIMES).read_bytes())
            return {str(name): [float(each) for each in data[name]] for name in data}
        except (OSError, ValueError, TypeError):
            return {}

    def save_times(self, times: dict[str, list[float]]) -> None:
        from .results import write_at_once

        write_at_once(self.folder / TIMES, json.dumps(times).encode())


def _locked(path: Path) -> BinaryIO:
    """An open file that no other process can lock."""
    file = open(path, "ab")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InUse(str(path.parent)) from None
    return file
