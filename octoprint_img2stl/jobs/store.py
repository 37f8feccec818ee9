"""The jobs on disk: one folder each, every write atomic, so that any process may die any time."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..files import PRIVATE, tidy, write_json
from ..problems import N_, Refusal
from . import candidates, photos
from .kinds import MESH_SUFFIXES, suffix_of
from .model import MESH, PHOTO, Job, JobState

JOB_FILE = "job.json"
PHOTO_FILE = photos.photo_file(photos.FIRST)
MESH_STEM = "mesh"
ID = re.compile(r"[0-9a-f]{16}")
RESERVE_BYTES = 100 * 2**20  # left to the system when checking for free disk
NAME_LENGTH = 60
PHOTO_LIMIT_BYTES = 50 * 2**20  # unless the owner set another
MESH_LIMIT_BYTES = 200 * 2**20


class StoreRefused(Refusal):
    """The store cannot take or find what was asked."""


def require_small(photo: Path, limit_bytes: int, kind: str = PHOTO) -> None:
    """Raises `StoreRefused` (`….file_too_big`) for a photo or mesh over the limit."""
    size = photo.stat().st_size
    if kind == MESH and size > limit_bytes:
        raise StoreRefused(
            "mesh.file_too_big",
            N_(
                "The file has %(size)s MB, more than the %(limit)s MB allowed; simplify the "
                "model or raise the limit in the settings."
            ),
            size=-(-size // 2**20),
            limit=limit_bytes // 2**20,
        )
    if size > limit_bytes:
        raise StoreRefused(
            "photo.file_too_big",
            N_(
                "The file has %(size)s MB, more than the %(limit)s MB allowed; make the photo "
                "smaller or raise the limit in the settings."
            ),
            size=-(-size // 2**20),
            limit=limit_bytes // 2**20,
        )


def _put(photo: Path, target: Path, *, move: bool) -> None:
    if move:
        shutil.move(photo, target)
    else:
        shutil.copyfile(photo, target)
    os.chmod(target, PRIVATE)


def _new_job(name: str, owner: str, kind: str = PHOTO, source: str = PHOTO_FILE) -> Job:
    now = time.time()
    return Job(secrets.token_hex(8), owner, name, source, now, now, kind=kind)


def mesh_file(name: str) -> str:
    """What a mesh is called in its job's folder, after the name its sender gave it."""
    return MESH_STEM + (suffix_of(name) or ".bin")


def display_name(file_name: str) -> str:
    """A short harmless name for lists from a client's file name, which may be anything."""
    stem = re.split(r"[/\\]", file_name)[-1].rpartition(".")[0] or file_name
    stem = unicodedata.normalize("NFKC", stem)
    stem = "".join(char if char.isalnum() else " " for char in stem)
    return " ".join(stem.split())[:NAME_LENGTH].strip() or "photo"


class JobStore:
    """All jobs under one folder, held in memory and mirrored to disk.

    Args:
        folder: where the jobs' folders lie; made if missing.
        quota_bytes: most that all jobs together may use; None: unlimited.
    """

    def __init__(self, folder: Path, quota_bytes: int | None = None) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.quota_bytes = quota_bytes
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._used: dict[str, int] = {}
        self._load()

    def _load(self) -> None:
        for entry in sorted(self.folder.iterdir()):
            if entry.name.startswith("."):  # a creation or deletion that was cut off
                shutil.rmtree(entry, ignore_errors=True)
            elif ID.fullmatch(entry.name):
                tidy(entry)
                job = self._read(entry)
                if job is not None:
                    self._jobs[job.id] = job
                    self._forget_lost_photos(job)
                    self.tidy_photos(job)
                    self.tidy_candidates(job)
                    if job.state in (JobState.WAITING, JobState.RUNNING):
                        job.state = JobState.INTERRUPTED
                        self.save(job)
                    self.measure(job.id)

    def _read(self, folder: Path) -> Job | None:
        try:
            job = Job.from_json(json.loads((folder / JOB_FILE).read_text()))
            if job.id == folder.name:
                return job
        except (OSError, KeyError, TypeError, ValueError):
            pass
        now = time.time()
        for suffix in (*MESH_SUFFIXES, ".bin"):
            if (folder / (MESH_STEM + suffix)).is_file():
                source = MESH_STEM + suffix
                return Job(folder.name, "", MESH_STEM, source, now, now, kind=MESH)
        if not (folder / PHOTO_FILE).is_file():
            return None
        # The description is lost, the photos are not: start again from them.
        job = Job(folder.name, "", "photo", PHOTO_FILE, now, now, JobState.OPENING)
        for number in photos.FURTHER:
            try:
                facts = json.loads((folder / photos.facts_file(number)).read_text())
                job.add_photo(number, "photo", facts)
            except (OSError, TypeError, ValueError):
                pass
        return job

    def _forget_lost_photos(self, job: Job) -> None:
        for number in job.further_numbers:
            if not self.path(job.id, photos.photo_file(number)).is_file():
                job.remove_photo(number)
                self.save(job)

    def create(
        self, photo: Path, name: str, owner: str, *, move: bool, kind: str = PHOTO
    ) -> Job:
        """A new job around a photo or mesh, moved or copied into the job's folder.

        Raises:
            StoreRefused: no room (`jobs.disk_full`, `jobs.quota_full`).
        """
        self.require_room(2 * photo.stat().st_size)
        source = PHOTO_FILE if kind == PHOTO else mesh_file(name)
        job = _new_job(display_name(name), owner, kind, source)
        with self._making(job) as folder:
            _put(photo, folder / source, move=move)
        return job

    def copy(self, old: Job, owner: str) -> Job:
        """A new job with the photos or the mesh and the parameters of another.

        Raises:
            StoreRefused: no room (`jobs.disk_full`, `jobs.quota_full`).
        """
        further = [name for n in old.further_numbers for name in photos.files(n)]
        paths = [self.path(old.id, name) for name in (old.source, *further)]
        files = [path for path in paths if path.is_file()]
        self.require_room(2 * sum(file.stat().st_size for file in files))
        job = _new_job(old.name, owner, old.kind, old.source)
        job.params, job.photos = old.params, list(old.photos)
        if "solid" in job.params:  # which the copy has none of
            job.params = {
                **job.params,
                "solid": {**job.params["solid"], "candidate": 0},
            }
        with self._making(job) as folder:
            for file in files:
                _put(file, folder / file.name, move=False)
        return job

    @contextmanager
    def _making(self, job: Job) -> Iterator[Path]:
        """A folder to put a new job's files into, which then appears whole or not at all."""
        making = self.folder / f".new-{job.id}"
        making.mkdir()
        try:
            yield making
            write_json(making / JOB_FILE, job.to_json())
            os.replace(making, self.folder / job.id)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        with self._lock:
            self._jobs[job.id] = job
        self.measure(job.id)

    def take_photo(self, job: Job, photo: Path, *, move: bool) -> int:
        """Move or copy a further photo into a job's folder.

        It is the job's only after `Job.add_photo` and `save`; until then, as after a crash,
        it is as good as not there.

        Returns:
            The number by which its files are called.

        Raises:
            StoreRefused: no room (`jobs.disk_full`, `jobs.quota_full`), or the job has as
                many as it can hold (`jobs.too_many_photos`).
        """
        free = set(photos.FURTHER).difference(job.further_numbers)
        if not free:
            raise StoreRefused(
                "jobs.too_many_photos",
                N_("A job can hold %(most)s photos and has them all; remove one first."),
                most=photos.MOST_PHOTOS,
            )
        self.require_room(2 * photo.stat().st_size)
        number = min(free)
        target = self.path(job.id, photos.photo_file(number))
        part = target.with_name(target.name + ".part")
        try:
            _put(photo, part, move=move)
            os.replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return number

    def tidy_photos(self, job: Job) -> None:
        """Remove all files of further photos that are not, or no longer, the job's."""
        for file in self.path(job.id).iterdir():
            found = photos.FURTHER_FILE.fullmatch(file.name)
            if found and int(found[1]) not in job.further_numbers:
                file.unlink()
        self.measure(job.id)

    def tidy_candidates(self, job: Job) -> None:
        """Remove the files of solids that are not, or no longer, the job's."""
        numbers = {candidate.number for candidate in job.candidates}
        for file in self.path(job.id).iterdir():
            found = candidates.FILE.fullmatch(file.name)
            if found and int(found[1]) not in numbers:
                file.unlink()
        self.measure(job.id)

    def get(self, job_id: str) -> Job:
        """Raises `StoreRefused` (`jobs.not_found`) for an unknown or malformed id."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise StoreRefused(
                "jobs.not_found", N_("This job does not exist any more; reload the list.")
            )
        return job

    def all(self) -> list[Job]:
        """Newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.created, reverse=True)

    def path(self, job_id: str, *parts: str) -> Path:
        """A path inside a job's folder; the id must be one of ours."""
        if not ID.fullmatch(job_id):
            raise ValueError(f"not a job id: {job_id!r}")
        return self.folder.joinpath(job_id, *parts)

    def save(self, job: Job) -> None:
        """Write the job's description; a deleted job stays deleted."""
        with self._lock:
            if self._jobs.get(job.id) is job:
                job.updated = time.time()
                write_json(self.path(job.id, JOB_FILE), job.to_json())

    def delete(self, job_id: str) -> None:
        """Remove a job and its folder."""
        with self._lock:
            self._jobs.pop(job_id, None)
            self._used.pop(job_id, None)
            doomed = self.folder / f".gone-{job_id}-{secrets.token_hex(2)}"
            try:
                os.replace(self.path(job_id), doomed)
            except FileNotFoundError:
                return
        shutil.rmtree(doomed, ignore_errors=True)

    def measure(self, job_id: str) -> None:
        """Look up again how much disk a job uses."""
        used = 0
        for file in self.path(job_id).rglob("*"):
            try:
                used += file.stat().st_size
            except FileNotFoundError:  # a worker is tidying up at this moment
                pass
        with self._lock:
            if job_id in self._jobs:
                self._used[job_id] = used

    @property
    def used_bytes(self) -> int:
        with self._lock:
            return sum(self._used.values())

    @property
    def free_bytes(self) -> int:
        return shutil.disk_usage(self.folder).free

    def require_room(self, size: int) -> None:
        """Refuse before the work starts rather than in its middle.

        Args:
            size: bytes about to be written.

        Raises:
            StoreRefused: `jobs.disk_full` or `jobs.quota_full`.
        """
        if self.free_bytes < size + RESERVE_BYTES:
            raise StoreRefused(
                "jobs.disk_full",
                N_(
                    "The disk is nearly full: %(free)s MB are free and about %(needed)s MB are "
                    "needed; delete old files and try again."
                ),
                free=self.free_bytes // 2**20,
                needed=(size + RESERVE_BYTES) // 2**20,
            )
        if self.quota_bytes is not None and self.used_bytes + size > self.quota_bytes:
            raise StoreRefused(
                "jobs.quota_full",
                N_(
                    "The jobs already use %(used)s of the %(quota)s MB set aside for them and "
                    "about %(needed)s MB more are needed; delete old jobs or raise the quota "
                    "in the settings."
                ),
                used=self.used_bytes // 2**20,
                quota=self.quota_bytes // 2**20,
                needed=-(-size // 2**20),
            )
