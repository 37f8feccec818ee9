"""What the server answers, whatever carries it: README.md describes every route."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from . import API, NAME, __version__
from .body import from_base64, read_json
from .job import CANCELLED, COMPLETED, ERROR, PROCESSING, QUEUED, UID, Job
from .keeper import Keeper
from .order import TYPES, Order, read_order, read_pictures
from .refused import AUTH, BUSY, INPUT, LOST, REMOTE, Refused

log = logging.getLogger(__name__)
KINDS = {
    "glb": "model/gltf-binary",
    "stl": "model/stl",
    "obj": "model/obj",
    "ply": "application/octet-stream",
    "3mf": "model/3mf",
}
FORMATS = ("glb", "stl", "obj", "3mf")  # in the order in which they are preferred
PIECE_BYTES = 3 * 2**16  # of three, so that base64 of pieces is base64 of the whole
LOOK_S = 1.0  # how often a client that waits is looked after
TAKEN_AT_ONCE = 2  # requests with pictures whose contents are in memory
MOST_PATH = 300


@dataclass(frozen=True)
class Request:
    """One request, whose body may not have arrived yet.

    Attributes:
        method, target: as sent; the target with its query.
        headers: names in lower case.
        gone: whether the client has hung up, as far as one can know.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    gone: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        pieces: the body.
        length: bytes in it.
    """

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]
    length: int


@dataclass(frozen=True)
class Route:
    """What is to be done for a request: `answer` is called with its body, or None."""

    answer: Callable[[BinaryIO | None], Answer]
    takes_body: bool = False


@dataclass
class App:
    """The server without its network.

    Attributes:
        token: that clients give as `Authorization: Bearer`; empty: none is asked for.
        origins: web pages that may use the server (`Origin` headers), usually none.
        most_bytes: of a request.
    """

    keeper: Keeper
    token: str = ""
    origins: tuple[str, ...] = ()
    most_bytes: int = 64 * 2**20
    worker_id: str = field(default_factory=lambda: uuid.uuid4().hex[:6])

    def __post_init__(self) -> None:
        self._taking = threading.BoundedSemaphore(TAKEN_AT_ONCE)

    # ---- before the body is read

    def admit(self, request: Request) -> Route:
        """Find the route of a request, and refuse it before its body is read.

        Raises:
            Refused: no such path, no key, too large.
        """
        path, query = _split(request.target)
        method = request.method
        if (method, path) == ("GET", "/health"):
            return Route(lambda body: json_answer(200, self._health()))
        self._authorize(request.headers)
        if method in ("POST", "DELETE"):
            self._same_origin(request.headers.get("origin"))
        head, _, uid = path[1:].partition("/")
        if method == "GET" and path == "/":
            text = "Photos come in, solids go out; see /capabilities."
            return Route(lambda body: json_answer(200, {"server": NAME, "text": text}))
        if method == "GET" and path == "/capabilities":
            return Route(lambda body: json_answer(200, self._capabilities()))
        if method == "POST" and path in ("/send", "/generate"):
            self._check_size(request.headers)
            if path == "/send":
                return Route(self._send, takes_body=True)
            return Route(lambda body: self._generate(body, request.gone), takes_body=True)
        if method == "GET" and head == "status":
            return Route(lambda body: self._status(uid, query))
        if method == "GET" and head == "result":
            return Route(lambda body: self._result(uid, query))
        if method == "DELETE" and head == "jobs":
            return Route(lambda body: self._cancel(uid))
        known = ("/", "/health", "/capabilities", "/send", "/generate")
        if path in known or head in ("status", "result", "jobs"):
            raise Refused(INPUT, f"{method[:20]} is not done here.", status=405)
        raise Refused(LOST, "There is nothing at this address.")

    def _authorize(self, headers: Mapping[str, str]) -> None:
        if not self.token:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(
            given.strip().encode("utf-8", "replace"),
            self.token.encode("utf-8", "replace"),
        )
        if scheme.lower() != "bearer" or not same:
            raise Refused(AUTH, "This server asks for its token (Authorization: Bearer).")

    def _same_origin(self, origin: str | None) -> None:
        # Programs send none; a web page that somebody happens to look at does.
        if origin is not None and origin not in self.origins:
            raise Refused(
                AUTH,
                "Web pages may not use this server; allow one with --allow-origin.",
                status=403,
            )

    def _check_size(self, headers: Mapping[str, str]) -> None:
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 19):
            raise Refused(
                INPUT, "Say how long the request is (Content-Length).", status=411
            )
        if int(length) > self.most_bytes:
            most = self.most_bytes // 2**20
            raise Refused(INPUT, f"A request may have {most} MB at most.", status=413)

    # ---- routes

    def _health(self) -> dict[str, Any]:
        return {
            "status": "healthy",
            "worker_id": self.worker_id,
            "server": NAME,
            "version": __version__,
            "backend": self.keeper.maker.about.name,
            "queue": self.keeper.load(),
        }

    def _capabilities(self) -> dict[str, Any]:
        maker = self.keeper.maker
        about = maker.about
        return {
            "server": NAME,
            "version": __version__,
            "api": API,
            "backend": {
                "name": about.name,
                "label": about.label,
                "licence": about.licence,
                "notice": about.notice,
            },
            "views": {"min": 1, "max": about.views_max, "roles": list(about.roles)},
            # Plain ones are removed in any case.
            "needs_alpha": not maker.cuts_anything,
            "removes_background": maker.cuts_anything,
            "geometry_only": True,
            "seed": about.seed,
            "faces": [100, 1_000_000],
            "formats": list(FORMATS),
            "progress": "percent",
            "cancel": "running",
            "result_ttl_s": self.keeper.limits.ttl_s,
            "max_upload_bytes": self.most_bytes,
            "typical_s": self.keeper.typical_s(),
        }

    def _send(self, body: BinaryIO | None) -> Answer:
        return json_answer(200, {"uid": self._submit(body)[0]})

    def _submit(self, body: BinaryIO | None) -> tuple[str, Order]:
        assert body is not None
        with self._taking:
            data = read_json(body.read())
            order = read_order(data)
            texts = read_pictures(data)
            self._check_views([role for role, _ in texts])
            del data
            pictures = [(role, from_base64(text, role)) for role, text in texts]
            del texts
            return self.keeper.submit(order, pictures), order

    def _check_views(self, roles: list[str]) -> None:
        about = self.keeper.maker.about
        if len(roles) > about.views_max:
            many = (
                "one picture" if about.views_max == 1 else f"{about.views_max} pictures"
            )
            raise Refused(INPUT, f"{about.label} takes {many}; {len(roles)} were sent.")
        for role in roles:
            # One picture alone is the front, whatever it is called.
            if len(roles) > 1 and role not in about.roles:
                known = ", ".join(about.roles)
                raise Refused(
                    INPUT, f"{about.label} knows no picture {role}, but {known}."
                )
            if roles.count(role) > 1:
                raise Refused(INPUT, f"There are {roles.count(role)} pictures {role}.")

    def _generate(self, body: BinaryIO | None, gone: Callable[[], bool]) -> Answer:
        """As Tencent's: waits, and answers with the file."""
        uid, order = self._submit(body)
        while not self.keeper.wait(uid, LOOK_S):
            if gone():
                self.keeper.cancel(uid)
        job = self.keeper.job(uid)
        if job.state == ERROR:
            raise Refused(job.error_kind or REMOTE, job.message)
        if job.state == CANCELLED:
            raise Refused(REMOTE, "The job was cancelled.", status=409)
        return self._file(job, order.type)

    def _status(self, uid: str, query: Mapping[str, str]) -> Answer:
        job = self._known(uid)
        told = {"status": _told_state(job), "progress": round(job.progress, 3)}
        if job.order.api or not job.has_ended:
            told["stage"] = job.stage if job.state == PROCESSING else ""
        if job.state == QUEUED:
            told["queue_position"] = self.keeper.before(job)
        eta = self.keeper.eta_s(job)
        if eta is not None:
            told["eta_s"] = round(eta, 1)
        if job.message:
            told["message"] = job.message
        if job.error_kind:
            told["error_kind"] = job.error_kind
        if job.state != COMPLETED:
            return json_answer(200, told)
        told["triangles"] = job.triangles
        if job.worker:
            told["worker"] = job.worker
        if query.get("model") == "0":
            return json_answer(200, told)
        return _with_model(told, self.keeper.result(job, job.order.type))

    def _result(self, uid: str, query: Mapping[str, str]) -> Answer:
        job = self._known(uid)
        format = query.get("type") or "glb"
        if format not in TYPES:
            raise Refused(INPUT, f"type must be one of {', '.join(FORMATS)}.", status=400)
        return self._file(job, format)

    def _file(self, job: Job, format: str) -> Answer:
        path = self.keeper.result(job, format)
        digest = hashlib.sha256()
        for piece in _pieces(path):
            digest.update(piece)
        headers = {"Content-Type": KINDS[format], "X-Sha256": digest.hexdigest()}
        return Answer(200, headers, _pieces(path), path.stat().st_size)

    def _cancel(self, uid: str) -> Answer:
        self._known(uid)
        job = self.keeper.cancel(uid)
        return json_answer(200, {"status": job.state, "message": job.message})

    def _known(self, uid: str) -> Job:
        # Nothing that is not a uid ever comes near the disk.
        if not UID.fullmatch(uid):
            raise Refused(LOST, "This server knows no such job.")
        return self.keeper.job(uid)

    # ---- answers to refusals

    def refusal(self, error: Refused) -> Answer:
        """As JSON, with the fields that Tencent's clients and ours look for."""
        headers = {}
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
        if error.kind == AUTH and error.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        told = {
            "status": "error",
            "message": error.message,
            "error_kind": error.kind,
            "text": error.message,
            "error_code": 1,
        }
        return json_answer(error.status, told, headers)

    def answer(self, route: Route, body: BinaryIO | None) -> Answer:
        """Never raises: what nobody expected is in the log, and a plain sentence here."""
        try:
            return route.answer(body)
        except Refused as error:
            return self.refusal(error)
        except MemoryError:
            return self.refusal(
                Refused(BUSY, "The server is short of memory.", retry_after_s=30)
            )
        except Exception:
            log.exception("a request failed")
            return self.refusal(Refused(REMOTE, "The server failed; its log says why."))


def json_answer(
    status: int, data: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Answer:
    raw = json.dumps(data).encode()
    kind = {"Content-Type": "application/json", **(headers or {})}
    return Answer(status, kind, iter((raw,)), len(raw))


def _told_state(job: Job) -> str:
    """Clients of Tencent's server know processing, completed and error only."""
    if job.order.api:
        return job.state
    return {QUEUED: PROCESSING, CANCELLED: ERROR}.get(job.state, job.state)


def _split(target: str) -> tuple[str, dict[str, str]]:
    if len(target) > MOST_PATH:
        raise Refused(INPUT, "The address is too long.", status=414)
    try:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, max_num_fields=20))
    except ValueError:
        raise Refused(INPUT, "The address cannot be read.", status=400) from None
    return parts.path, query


def _pieces(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _with_model(told: Mapping[str, Any], path: Path) -> Answer:
    """The JSON with the file in base64 within, without ever holding all of it."""
    start = json.dumps(told).encode()[:-1] + b', "model_base64": "'
    end = b'"}'
    size = path.stat().st_size
    length = len(start) + -(-size // 3) * 4 + len(end)

    def pieces() -> Iterator[bytes]:
        yield start
        for piece in _pieces(path):
            yield base64.b64encode(piece)
        yield end

    return Answer(200, {"Content-Type": "application/json"}, pieces(), length)
