"""The same server on Ray Serve, for more than one card or machine.

One `Front` answers the clients and keeps the jobs, as the plain server does; a pool of
`Pool` replicas does the work, one job each, on whichever machine of the cluster they are.
Which replica makes a job is Ray's choice, and nothing a client could notice: the uid, the
place in the queue and the result are the front's. See README.md and ray/serve_config.yaml.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ray import serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException, RequestCancelledError
from starlette.requests import Request as WebRequest
from starlette.responses import StreamingResponse

from .app import Answer, App, Request
from .backends import Settings, make
from .backends import backend_class as class_of
from .backends.backend import Picture
from .cli import TOKEN, default_folder
from .keeper import Keeper, Limits
from .listener import IN_MEMORY_BYTES, SLOWEST, Pace
from .maker import HereMaker, Made
from .order import Order
from .refused import INPUT, REMOTE, Cancelled, Refused, Stopping
from .store import Store
from .watch import Watch

log = logging.getLogger(__name__)
LOOK_S = 0.2  # how often the wish to stop is looked for while a replica says nothing
START_S = (
    1800.0  # for a replica to be started, model and all, before the job itself begins
)
TRIES = 2  # with another replica, where one ended in the middle
MOST_ANSWERING = 64
# What may be said in the arguments of ray/serve_config.yaml besides the back end's settings.
FRONT = (
    "folder",
    "token",
    "allow_origin",
    "waiting",
    "keep_days",
    "keep",
    "max_upload_mb",
)
FRONT += ("deadline_min", "at_once")


@serve.deployment(
    max_ongoing_requests=1,
    autoscaling_config={
        "min_replicas": 1,
        "max_replicas": 2,
        "target_ongoing_requests": 1,
    },
    health_check_timeout_s=60,
)
class Pool:
    """A replica: one back end, one job at a time."""

    def __init__(
        self, backend: str, settings: Mapping[str, Any], deadline_s: float
    ) -> None:
        self._maker = HereMaker(make(backend, Settings.from_json(settings)))
        self._maker.load()
        self._deadline_s = deadline_s
        self._where = f"{socket.gethostname()}:{os.getpid()}"
        self._thread = ThreadPoolExecutor(1)

    async def make(
        self, order: Mapping[str, Any], pictures: Sequence[tuple[str, bytes, bool]]
    ) -> AsyncIterator[dict[str, Any]]:
        """What is told of a job while it is made; the last is its result or its failure."""
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        def tell(share: float, stage: str) -> None:
            loop.call_soon_threadsafe(told.put_nowait, {"share": share, "stage": stage})

        watch = Watch(tell, deadline_s=self._deadline_s)
        work = loop.run_in_executor(
            self._thread, self._made, Order.from_json(order), pictures, watch
        )
        work.add_done_callback(lambda done: told.put_nowait({}))
        try:
            while (said := await told.get()) or not work.done():
                if said:
                    yield said
            yield work.result()
        finally:
            watch.cancelled.set()  # no effect on what is done

    def _made(
        self, order: Order, pictures: Sequence[tuple[str, bytes, bool]], watch: Watch
    ) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="img2stl-") as folder:
            views = []
            for number, (role, raw, has_alpha) in enumerate(pictures, 1):
                path = Path(folder) / f"view-{number}.png"
                path.write_bytes(raw)
                views.append(Picture(role, path, has_alpha))
            try:
                made = self._maker.make(order, views, watch)
            except Refused as error:
                return {"refused": error.kind, "message": error.message}
            except (Cancelled, Stopping):
                return {"refused": REMOTE, "message": "It was cancelled."}
        return {"mesh": made.mesh, "triangles": made.triangles, "notes": made.notes,
                "where": self._where}  # fmt: skip


class PoolMaker:
    """To the keeper, the whole pool is one maker that can do several jobs at once."""

    def __init__(self, pool: Any, backend: str, settings: Settings, at_once: int) -> None:
        self.about = class_of(backend).about
        self.cuts_anything = settings.cuts_anything
        self.at_once = at_once
        self._make = pool.options(stream=True).make

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> Made:
        sent = [(each.role, each.path.read_bytes(), each.has_alpha) for each in pictures]
        watch.report(0.0, "waiting for a worker")
        for left in reversed(range(TRIES)):
            try:
                return self._asked(order, sent, watch)
            except (RayError, RayServeException) as error:
                watch.check()
                log.warning("a replica failed: %r", error)
                if not left:
                    break
        raise Refused(
            REMOTE, "The part of the server that worked on it ended; try again."
        )

    def _asked(self, order: Order, sent: Sequence[tuple], watch: Watch) -> Made:
        stream = self._make.remote(order.to_json(), sent)
        over = threading.Event()
        threading.Thread(target=_guard, args=(stream, watch, over), daemon=True).start()
        try:
            for said in stream:
                if "share" in said:
                    watch.report(said["share"], said["stage"])
                elif "refused" in said:
                    watch.check()
                    raise Refused(said["refused"], said["message"])
                else:
                    notes = tuple(said["notes"])
                    return Made(said["mesh"], said["triangles"], notes, said["where"])
        except RequestCancelledError:
            watch.check()
            raise
        finally:
            over.set()
        raise Refused(REMOTE, "The part of the server that worked on it said nothing.")


def _guard(stream: Any, watch: Watch, over: threading.Event) -> None:
    """Call the work off as soon as nobody wants it."""
    while not over.wait(LOOK_S):
        try:
            watch.check()
        except (Cancelled, Stopping, Refused):
            stream.cancel()
            return


@serve.deployment(
    num_replicas=1,
    max_ongoing_requests=MOST_ANSWERING,
    ray_actor_options={"num_cpus": 0},
)
class Front:
    """What clients talk to. There is one: the jobs are its own."""

    def __init__(
        self,
        pool: Any,
        backend: str,
        settings: Mapping[str, Any],
        options: Mapping[str, Any],
    ) -> None:
        folder = Path(options.get("folder") or default_folder())
        limits = Limits(
            waiting=int(options.get("waiting", 32)),
            deadline_s=60 * float(options.get("deadline_min", 60)) + START_S,
            ttl_s=86400 * float(options.get("keep_days", 7)),
            kept=int(options.get("keep", 1000)),
        )
        at_once = int(options.get("at_once", 2))
        maker = PoolMaker(pool, backend, Settings.from_json(settings), at_once)
        self._keeper = Keeper(Store(folder), maker, limits)
        self._app = App(
            self._keeper,
            token=str(options.get("token") or os.environ.get(TOKEN, "")),
            origins=tuple(options.get("allow_origin", ())),
            most_bytes=int(float(options.get("max_upload_mb", 64)) * 2**20),
        )
        self._threads = ThreadPoolExecutor(MOST_ANSWERING)
        self._keeper.start()

    async def __call__(self, web: WebRequest) -> StreamingResponse:
        target = web.url.path + (f"?{web.url.query}" if web.url.query else "")
        headers = {name.lower(): value for name, value in web.headers.items()}
        gone = threading.Event()
        try:
            route = self._app.admit(Request(web.method, target, headers, gone.is_set))
            body = await _body(web, self._app.most_bytes) if route.takes_body else None
        except Refused as error:
            return _response(self._app.refusal(error))
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(
                self._threads, self._app.answer, route, body
            )
        except asyncio.CancelledError:
            gone.set()  # `/generate` whose client hung up
            raise
        return _response(answer)

    def __del__(self) -> None:
        # How Ray Serve says goodbye to a replica.
        if hasattr(self, "_keeper"):
            self._keeper.stop()
            self._keeper.store.close()


async def _body(web: WebRequest, most_bytes: int) -> Any:
    """The body, on disk where it is large.

    Raises:
        Refused: it is too large, or too slow.
    """
    in_time_s = Pace().body_s + int(web.headers["content-length"]) / SLOWEST
    body = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115
    try:
        await asyncio.wait_for(_arrived(web, body, most_bytes), in_time_s)
    except asyncio.TimeoutError:  # not yet the same as TimeoutError in Python 3.10
        raise Refused(INPUT, "The request took too long to arrive.", status=408) from None
    body.seek(0)
    return body


async def _arrived(web: WebRequest, body: Any, most_bytes: int) -> None:
    size = 0
    async for piece in web.stream():
        size += len(piece)
        if size > most_bytes:
            raise Refused(INPUT, "The request is too large.", status=413)
        body.write(piece)


def _response(answer: Answer) -> StreamingResponse:
    headers = {**answer.headers, "Content-Length": str(answer.length)}
    return StreamingResponse(answer.pieces, answer.status, headers)


def app(args: Mapping[str, Any]) -> Any:
    """What `serve run` builds, from the arguments in the deployment file.

    Args:
        args: ``backend``, the options named in `FRONT`, and those of `Settings`.

    Raises:
        ValueError: an option nobody knows.
    """
    known = {"backend", *FRONT, *Settings.__dataclass_fields__}
    unknown = sorted(set(args) - known)
    if unknown:
        raise ValueError(f"unknown options: {', '.join(unknown)}")
    backend = args.get("backend", "silhouette")
    settings = {
        name: args[name] for name in Settings.__dataclass_fields__ if name in args
    }
    make(
        backend, Settings.from_json(settings)
    )  # says now what it would say to nobody later
    deadline_s = 60 * float(args.get("deadline_min", 60))
    pool = Pool.bind(backend, settings, deadline_s)
    options = {name: args[name] for name in FRONT if name in args}
    return Front.bind(pool, backend, settings, options)


__all__ = ["Front", "Pool", "app"]
