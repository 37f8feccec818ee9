"""Hunyuan3D's api_server.py, its forks, and our own GPU server, which speaks a superset of it.

Sources: https://github.com/Tencent-Hunyuan/Hunyuan3D-2 and …/Hunyuan3D-2.1, api_server.py. What
both do wrong is dealt with here: a job that failed or never was stays ``processing`` for ever
(the deadline is the courier's), ``/generate`` holds up every other request, the mesh may be
read while it is written, and 2.1 hangs in ``texturing``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...problems import N_
from .. import results, sentences, sniff
from ..background import Background
from ..driver import (
    DONE,
    DOWNLOAD_LIMIT_BYTES,
    FAILED,
    FORMATS,
    LOST,
    RUNNING,
    Cancel,
    Capabilities,
    Driver,
    JobSpec,
    MeshFile,
    RemoteRef,
    Status,
)
from ..endpoint import EndpointOption, Preset
from ..line import Line, Stream, failed_by_status
from ..refused import DriverFailed, ErrorKind, SolidRefused
from ..words import plain_words
from .hunyuan_answer import number, status_of
from .hunyuan_order import order_for, roles_of
from .hunyuan_servers import KINDS, OURS, V20, V21, Server, recognise
from .sides import SUBJECTS
from .sieve import BadAnswer, Sieve, TooMuch

MESH = "model_base64"
# Before it was textured: the same shape, or a finer one, and all that is printed.
SHAPES = ("initial_model_base64", "model_base64_initial")
UPLOAD_S = {"read_s": 120.0, "total_s": 900.0}
POLL_S = {"read_s": 30.0, "total_s": 40.0}
FETCH_S = {"read_s": 120.0, "total_s": 1800.0}
SPARE_S = 60.0  # after the deadline, for the mesh to arrive
MOST_STEPS = 200
MOST_ID = 200
MADE = "generated.part"


@dataclass
class _Long:
    """A job that is one long request."""

    work: Background[None]
    line: Line
    made: Path


class HunyuanDriver(Driver):
    name = "hunyuan"
    label = "Hunyuan3D"
    description = N_(
        "A Hunyuan3D server (api_server.py), one made from it, or the server that comes with "
        "this plugin; all of them run on a computer of yours with a graphics card."
    )
    options = (
        EndpointOption(
            "kind",
            "choice",
            N_("Which server"),
            N_("It is found out by asking; choose it where a proxy stands in between."),
            default="auto",
            choices={
                "auto": N_("find out"),
                OURS: N_("the server of this plugin"),
                V20: "Hunyuan3D api_server 2.0",
                V21: "Hunyuan3D api_server 2.1",
            },
            advanced=True,
        ),
        EndpointOption(
            "steps",
            "number",
            N_("Steps"),
            N_(
                "Of Hunyuan3D's api_server; 0 takes as many as the quality asks for. Turbo "
                "models need 5 to 10, others 30 to 50."
            ),
            default=0,
            advanced=True,
        ),
    )
    presets = (
        Preset(
            "img2stl-gpu-server",
            N_("My own GPU server (img2stl)"),
            N_(
                "The server that comes with this plugin, on a computer with a graphics card: "
                "enter its address, such as http://192.168.1.20:8081."
            ),
            "hunyuan",
        ),
        Preset(
            "hunyuan-2.0",
            "Hunyuan3D api_server 2.0",
            N_(
                "Tencent's Hunyuan3D-2 on a computer with a graphics card: enter its address, "
                "such as http://192.168.1.20:8081. Its licence excludes the European Union, "
                "the United Kingdom and South Korea."
            ),
            "hunyuan",
            link="https://github.com/Tencent-Hunyuan/Hunyuan3D-2",
        ),
        Preset(
            "hunyuan-2.1",
            "Hunyuan3D api_server 2.1",
            N_(
                "Tencent's Hunyuan3D-2.1 on a computer with a graphics card: enter its "
                "address, such as http://192.168.1.20:8081. It needs the subject cut out and "
                "follows no seed. Its licence excludes the European Union, the United Kingdom "
                "and South Korea."
            ),
            "hunyuan",
            link="https://github.com/Tencent-Hunyuan/Hunyuan3D-2.1",
        ),
    )
    assumed = Capabilities(removes_background=True, version="Hunyuan3D")

    def __init__(self, endpoint: Any, line: Line) -> None:
        super().__init__(endpoint, line)
        self._long: dict[str, _Long] = {}

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        if options.get("kind") not in (None, "", "auto", *KINDS):
            raise SolidRefused(
                "solid.unknown_choice",
                N_(
                    "%(value)s is not a choice for %(setting)s; choose one of %(choices)s."
                ),
                field="endpoint.kind",
                setting="kind",
                value=str(options["kind"])[:40],
                choices=", ".join(("auto", *KINDS)),
            )
        steps = number(options.get("steps") or 0)
        if steps is None or not 0 <= steps <= MOST_STEPS or steps != int(steps):
            raise SolidRefused(
                "solid.endpoint_out_of_range",
                N_(
                    "%(value)s cannot be used for %(setting)s; "
                    "give a number from %(low)s to %(high)s."
                ),
                field="endpoint.steps",
                suggest=0,
                setting="steps",
                value=str(options["steps"])[:40],
                low=0,
                high=MOST_STEPS,
            )

    # -- what is there -----------------------------------------------------------------------

    def probe(self) -> Capabilities:
        return capabilities_of(self._recognise())

    def _recognise(self) -> Server:
        kind = self.endpoint.options.get("kind")
        return recognise(self.line, kind if kind in KINDS else "")

    # -- handing over ------------------------------------------------------------------------

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        with _nothing_sent():
            server = self._recognise()
        steps = int(number(self.endpoint.options.get("steps")) or 0)
        path, body = order_for(server, job, key, steps)
        if path == "/generate":
            ref = self._ref(server, key=key)
            note(ref)
            self._start(path, body, key, job)
            return ref
        answer = self.line.post(path, json=body, **UPLOAD_S)
        if not answer.ok:
            raise failed_by_status(answer)
        data = answer.json()
        uid = data.get("uid") if isinstance(data, Mapping) else None
        if not isinstance(uid, (str, int)) or not 0 < len(str(uid)) <= MOST_ID:
            raise DriverFailed(
                ErrorKind.BAD_RESULT,
                "solid.no_job_id",
                N_(
                    "%(host)s took the photos but did not say which job they became; check "
                    "the kind of endpoint in its settings."
                ),
                host=self.line.host,
            )
        return self._ref(server, uid=str(uid))

    def _ref(self, server: Server, **ids: str) -> RemoteRef:
        return RemoteRef(self.name, self.endpoint.id, {"kind": server.kind, **ids})

    def _start(self, path: str, body: Any, key: str, job: JobSpec) -> None:
        """Let the long request run in a thread of its own."""
        line, made = Line(self.endpoint), job.folder / MADE
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

        self._long[key] = _Long(Background(work, "img2stl-hunyuan"), line, made)

    # -- how it is ---------------------------------------------------------------------------

    def poll(self, ref: RemoteRef) -> Status:
        if "uid" not in ref.ids:
            return self._poll_long(str(ref.ids.get("key")))
        if ref.ids.get("kind") == OURS:
            answer = self.line.get(_status(ref), params={"model": 0}, **POLL_S)
            if answer.status == 404:
                return Status(LOST)
            if not answer.ok:
                raise failed_by_status(answer)
            return status_of(answer.json())
        with (
            self._asked(ref, **POLL_S) as stream,
            Sieve(self._looked_for(), 2**40) as sieve,
        ):
            if stream.status == 404:
                return Status(LOST)
            if not stream.ok:
                raise failed_by_status(stream.whole())
            try:
                for piece in stream.chunks():
                    sieve.feed(piece)
                    if sieve.has_data:  # the mesh: it is brought by `fetch`
                        return Status(DONE)
                return status_of(sieve.rest())
            except BadAnswer:
                raise sentences.not_json(self.line.host) from None

    def _asked(self, ref: RemoteRef, **times: float) -> Any:
        # It may hold two meshes, each a third longer than its file.
        most = 3 * int(self.endpoint.max_mb * 2**20) + 2**20
        return self.line.stream("GET", _status(ref), most_bytes=most, **times)

    def _looked_for(self) -> dict[str, Path | None]:
        return dict.fromkeys((MESH, *SHAPES))

    def _poll_long(self, key: str) -> Status:
        long = self._long.get(key)
        if long is None:
            return Status(LOST)  # we were ended while it ran
        if not long.work.done:
            return Status(RUNNING)
        try:
            long.work.result()
        except DriverFailed as failed:
            return _ended(failed)
        return Status(DONE)

    # -- bringing it -------------------------------------------------------------------------

    def fetch(
        self,
        ref: RemoteRef,
        target: Path,
        *,
        max_bytes: int = DOWNLOAD_LIMIT_BYTES,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> MeshFile:
        if "uid" not in ref.ids:
            return self._fetch_long(str(ref.ids.get("key")), target, max_bytes)
        if ref.ids.get("kind") == OURS:
            return self._fetch_ours(ref, target, max_bytes, progress)
        parts = {
            name: target.with_suffix(f".{place}.part")
            for place, name in enumerate((*SHAPES, MESH))
        }
        try:
            self._save(ref, parts, max_bytes, progress)
            return _best(list(parts.values()), target, max_bytes)
        except OSError:  # of the disk
            free = shutil.disk_usage(target.parent).free // 2**20
            raise sentences.disk_full(free) from None
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)

    def _save(
        self,
        ref: RemoteRef,
        parts: Mapping[str, Path],
        max_bytes: int,
        progress: Callable[[float], None],
    ) -> None:
        """Write every mesh of the answer to its part."""
        with self._asked(ref, **FETCH_S) as stream, Sieve(parts, max_bytes) as sieve:
            if stream.status == 404:
                raise lost(self.line.host)
            if not stream.ok:
                raise failed_by_status(stream.whole())
            try:
                for piece in _watched(stream, progress):
                    sieve.feed(piece)
                sieve.rest()
            except TooMuch:
                raise sniff.too_large(max_bytes) from None
            except BadAnswer:
                raise sniff.cut_short() from None

    def _fetch_ours(
        self,
        ref: RemoteRef,
        target: Path,
        max_bytes: int,
        progress: Callable[[float], None],
    ) -> MeshFile:
        part = target.with_suffix(".part")
        path = f"/result/{quote(str(ref.ids['uid']), safe='')}"
        try:
            self.line.download(
                path,
                part,
                most_bytes=max_bytes,
                progress=progress,
                params={"type": "glb"},
                **FETCH_S,
            )
        except DriverFailed as failed:
            if failed.code == "solid.input":  # 404: it is gone
                raise lost(self.line.host) from None
            raise
        return results.take_in(part, target, up_axis="y", max_bytes=max_bytes)

    def _fetch_long(self, key: str, target: Path, max_bytes: int) -> MeshFile:
        long = self._long.get(key)
        if long is None or not long.work.done or not long.made.exists():
            raise lost(self.line.host)
        return results.take_in(long.made, target, up_axis="y", max_bytes=max_bytes)

    # -- the end -----------------------------------------------------------------------------

    def cancel(self, ref: RemoteRef) -> Cancel:
        if "uid" not in ref.ids:
            self._drop(str(ref.ids.get("key")))
            return Cancel.UNSUPPORTED
        if ref.ids.get("kind") != OURS:
            return Cancel.UNSUPPORTED
        answer = self.line.delete(f"/jobs/{quote(str(ref.ids['uid']), safe='')}")
        if answer.status in (404, 409, 410):
            return Cancel.TOO_LATE
        if not answer.ok:
            raise failed_by_status(answer)
        status = status_of(answer.json())
        if status.error is ErrorKind.CANCELLED:
            return Cancel.STOPPED
        return Cancel.REQUESTED if status.state == RUNNING else Cancel.TOO_LATE

    def _drop(self, key: str) -> None:
        long = self._long.pop(key, None)
        if long is not None:
            long.line.abort()

    def close(self) -> None:
        for key in list(self._long):
            self._drop(key)
        super().close()


DRIVER = HunyuanDriver


# -- without a server --------------------------------------------------------------------------


def capabilities_of(server: Server) -> Capabilities:
    """What the kind of server can do."""
    if server.kind == OURS:
        return _ours(server.about)
    several = server.takes_several
    newer = server.kind == V21
    return Capabilities(
        views_max=len(SUBJECTS) if several else 1,
        roles=tuple(SUBJECTS) if several else (),
        needs_alpha=newer or several,
        removes_background=not newer and not several,
        geometry_only=not newer,
        seed=not newer,
        progress="none" if server.waits else "stage",
        survives_disconnect=not server.waits,
        version=f"Hunyuan3D api_server {server.kind}",
        model="Hunyuan3D-2mv" if several else f"Hunyuan3D {server.kind}",
    )


def _ours(about: Mapping[str, Any]) -> Capabilities:
    views, backend = _mapping(about, "views"), _mapping(about, "backend")
    roles = roles_of(about)
    most = min(max(_whole(views.get("max"), 1), 1), 6)
    return Capabilities(
        views_min=min(max(_whole(views.get("min"), 1), 1), most),
        views_max=most,
        roles=roles if most > 1 else (),
        needs_alpha=about.get("needs_alpha") is True,
        removes_background=about.get("removes_background") is True,
        geometry_only=about.get("geometry_only") is not False,
        seed=about.get("seed") is not False,
        faces=_faces(about.get("faces")),
        formats=_formats(about.get("formats")),
        progress=_one_of(about.get("progress"), ("percent", "stage", "none")),
        cancel=_one_of(about.get("cancel"), ("running", "queued", "none")),
        submit_idempotent=True,
        result_ttl_s=number(about.get("result_ttl_s")),
        max_upload_bytes=_whole(about.get("max_upload_bytes"), 0) or None,
        version=plain_words(f"img2stl GPU server {about.get('version') or ''}", 80),
        model=plain_words(backend.get("label") or backend.get("name") or "", 80),
    )


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _whole(value: Any, otherwise: int) -> int:
    found = number(value)
    return otherwise if found is None else int(min(max(found, 0), 2**53))


def _faces(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    low, high = (_whole(each, 0) for each in value)
    return (low, high) if 0 < low < high else None


def _formats(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, (list, tuple)) else ()
    return tuple(each for each in FORMATS if each in listed) or ("glb",)


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    return value if value in known else known[-1]


def _status(ref: RemoteRef) -> str:
    return f"/status/{quote(str(ref.ids['uid']), safe='')}"


def _watched(stream: Stream, progress: Callable[[float], None]) -> Iterator[bytes]:
    taken = 0
    for piece in stream.chunks():
        taken += len(piece)
        if stream.length:
            progress(min(1.0, taken / stream.length))
        yield piece


def _best(parts: list[Path], target: Path, max_bytes: int) -> MeshFile:
    """The first part that is a whole mesh; raises what was wrong with the last one."""
    failure = sniff.no_mesh("json")
    for part in parts:
        if not part.exists():
            continue
        try:
            return results.take_in(part, target, up_axis="y", max_bytes=max_bytes)
        except DriverFailed as failed:
            failure = failed
    raise failure


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


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """What fails in here fails before the photos were sent."""
    try:
        yield
    except DriverFailed as failed:
        failed.sent = False
        raise
