"""A job that is one long request, as 2.1's ``/generate``.

The mesh is its answer, so the job is lost with the connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...problems import N_
from .. import results
from ..background import Background
from ..driver import DONE, FAILED, LOST, RUNNING, JobSpec, MeshFile, Status
from ..endpoint import Endpoint
from ..line import Line
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words

SPARE_S = 60.0  # after the deadline, for the mesh to arrive
MADE = "generated.part"


class LongRequest:
    """Runs from now on, in a thread and on a line of its own.

    Args:
        endpoint: where.
        path, body: of the request.
        job: whose folder the mesh goes to.
    """

    def __init__(self, endpoint: Endpoint, path: str, body: Any, job: JobSpec) -> None:
        self._line = line = Line(endpoint)
        self._made = made = job.folder / MADE
        total_s = job.deadline_s + SPARE_S

        def work() -> None:
            line.download(
                path,
                made,
                most_bytes=job.max_bytes,
                method="POST",
                json=body,
                read_s=total_s,
                total_s=total_s,
            )

        self.work = Background(work, "img2stl-hunyuan")

    def status(self) -> Status:
        if not self.work.done:
            return Status(RUNNING)
        try:
            self.work.result()
        except DriverFailed as failed:
            return _ended(failed)
        return Status(DONE)

    def fetch(self, target: Path, max_bytes: int) -> MeshFile:
        """As `Driver.fetch`; only once, for it is here already."""
        if not self.work.done or not self._made.exists():
            raise lost(self._line.host)
        return results.take_in(self._made, target, up_axis="y", max_bytes=max_bytes)

    def let_go(self) -> None:
        """Do not wait for it any longer; the server works on."""
        self._line.abort()


def _ended(failed: DriverFailed) -> Status:
    """What a long request's failure says of its job."""
    if failed.kind is ErrorKind.OFFLINE:
        return Status(LOST)  # and the mesh with it
    if failed.code == "solid.input" and "NETWORK ERROR" in str(failed):
        # All that goes wrong is a 404 with these words, which say nothing of the cause.
        return Status(FAILED, message="", error=ErrorKind.REMOTE)
    return Status(
        FAILED,
        message=plain_words(failed.problem.values.get("said") or str(failed)),
        error=failed.kind,
    )


def lost(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.LOST,
        "solid.lost",
        N_("%(host)s knows nothing of this job any more; start it again."),
        host=host,
    )
