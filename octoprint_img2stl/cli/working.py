"""Doing a job outside of OctoPrint: a folder for the time being, a worker, a progress bar."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..jobs.engine import Goal, Options, execute
from ..jobs.model import Job
from ..jobs.store import JobStore
from ..jobs.warm import WarmWorker
from .shared import Bar


@contextmanager
def scratch_store(
    beside: Path, memory_bytes: int
) -> Iterator[tuple[JobStore, WarmWorker]]:
    """A store of jobs inside the folder `beside`, gone afterwards, and a worker to ask."""
    scratch = Path(tempfile.mkdtemp(prefix=".img2stl-", dir=beside))
    warm = WarmWorker(scratch, lambda: memory_bytes, lambda: 60.0)
    try:
        yield JobStore(scratch / "jobs"), warm
    finally:
        warm.close()
        shutil.rmtree(scratch, ignore_errors=True)


def work(
    job: Job, store: JobStore, options: Options, *, quiet: bool, goal: Goal = Goal.MAKE
) -> None:
    """Do a job in a worker process, with a progress bar on a terminal unless `quiet`."""
    with Bar(quiet) as bar:
        execute(
            job,
            store.path(job.id),
            options,
            save=store.save,
            progress=lambda job: bar.show(job.percent, job.step),
            cancelled=lambda: False,
            goal=goal,
        )
