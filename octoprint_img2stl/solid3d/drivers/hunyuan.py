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
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...problems import N_
from .. import results, sentences, sniff
from ..driver import (
    DONE,
    DOWNLOAD_LIMIT_BYTES,
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
from .hunyuan_abilities import capabilities_of
from .hunyuan_answer import number, status_of
from .hunyuan_long import LongRequest, lost
from .hunyuan_order import order_for
from .hunyuan_servers import KINDS, OURS, V20, V21, Server, recognise
from .sieve import BadAnswer, Sieve, TooMuch

MESH = "model_base64"
# Before it was textured: the same shape, or a finer one, and all that is printed.
SHAPES = ("initial_model_base64", "model_base64_initial")
UPLOAD_S = {"read_s": 120.0, "total_s": 900.0}
POLL_S = {"read_s": 30.0, "total_s": 40.0}
FETCH_S = {"read_s": 120.0, "total_s": 1800.0}
MOST_STEPS = 200
MOST_ID = 200


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
        self._long: dict[str, LongRequest] = {}

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
            self._long[key] = LongRequest(self.endpoint, path, body, job)
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

    # -- how it is ---------------------------------------------------------------------------

    def poll(self, ref: RemoteRef) -> Status:
        if "uid" not in ref.ids:
            long = self._long.get(str(ref.ids.get("key")))
            return long.status() if long else Status(LOST)  # we were ended meanwhile
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
            long = self._long.get(str(ref.ids.get("key")))
            if long is None:
                raise lost(self.line.host)
            return long.fetch(target, max_bytes)
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

    # -- the end -----------------------------------------------------------------------------

    def cancel(self, ref: RemoteRef) -> Cancel:
        if "uid" not in ref.ids:
            long = self._long.pop(str(ref.ids.get("key")), None)
            if long is not None:
                long.let_go()
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

    def close(self) -> None:
        for long in self._long.values():
            long.let_go()
        super().close()


DRIVER = HunyuanDriver


# -- without a server --------------------------------------------------------------------------


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


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """What fails in here fails before the photos were sent."""
    try:
        yield
    except DriverFailed as failed:
        failed.sent = False
        raise
