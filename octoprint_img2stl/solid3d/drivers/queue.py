"""Any service that takes an order, keeps it in a queue and gives a mesh, by its profile.

A profile (see `queue_profile`) is data: fal, Replicate, RunPod and the others that come with
this plugin are nothing but files, and an owner can write one for a service of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any, ClassVar

from ...problems import N_
from ..bad_mesh import no_mesh
from ..driver import (
    DONE,
    DOWNLOAD_LIMIT_BYTES,
    LOST,
    Cancel,
    Capabilities,
    Driver,
    JobSpec,
    MeshFile,
    RemoteRef,
    Status,
)
from ..endpoint import Endpoint, EndpointOption, Preset
from ..line import Answer, Line
from ..refused import DriverFailed, ErrorKind, SolidRefused
from ..results import find_mesh_url, take_in
from ..words import plain_words, words_in
from . import queue_read
from .queue_answer import (
    failed_status,
    kind_of,
    refused,
    said_of,
    shown,
    status_of,
)
from .queue_carve import carve, is_json, read_file, read_json
from .queue_find import looked_for
from .queue_long import LongOrder
from .queue_order import (
    ASK_S,
    SEND_S,
    Order,
    asked,
    prepared_for,
    target_of,
    values_for,
)
from .queue_places import at, filled, text_at
from .queue_presets import OPTIONS, OWN, PRESETS, PROFILES, USUAL
from .queue_profile import Ask, Profile
from .queue_read import MODEL

GONE = (404, 410)
# Of what is kept of an answer beside a mesh in it; base64 has four letters for three bytes.
MOST_AROUND_BYTES = 2 * 2**20
MOST_ID, MOST_URL = 300, 4000
Progress = Callable[[float], None]


class QueueDriver(Driver):
    name: ClassVar[str] = "queue"
    label: ClassVar[str] = N_("A service by its profile")
    description: ClassVar[str] = N_(
        "Services with a queue, such as fal, Replicate or RunPod, and any other one that you "
        "describe yourself."
    )
    options: ClassVar[tuple[EndpointOption, ...]] = OPTIONS
    presets: ClassVar[tuple[Preset, ...]] = PRESETS
    assumed: ClassVar[Capabilities] = Capabilities(costs_money=True)

    def __init__(self, endpoint: Endpoint, line: Line) -> None:
        super().__init__(endpoint, line)
        self._profile = profile_of(endpoint.options)
        self._model = str(endpoint.options.get("model") or "")
        self._long: dict[str, LongOrder] = {}

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        name = options.get("profile") or USUAL
        if name != OWN and name not in list(PROFILES):
            raise SolidRefused(
                "solid.unknown_profile",
                N_("%(profile)s is no service that is known; choose one of %(choices)s."),
                field="endpoint.profile",
                profile=plain_words(name, 40),
                choices=", ".join((*PROFILES, OWN)),
            )
        profile = profile_of(options)
        model = options.get("model") or ""
        if not isinstance(model, str) or (model and not MODEL.fullmatch(model)):
            raise _unknown_model(profile, model)
        if profile.models and "*" not in profile.models and model not in profile.models:
            raise _unknown_model(profile, model)
        if profile.wants_model and not model:
            raise _unknown_model(profile, model)

    @classmethod
    def assumed_for(cls, endpoint: Endpoint) -> Capabilities:
        """What it can do before it was asked: as its profile says."""
        try:
            profile = profile_of(endpoint.options)
        except SolidRefused:
            return cls.assumed
        return profile.capabilities(str(endpoint.options.get("model") or ""))

    # -- asking ------------------------------------------------------------------------------

    def probe(self) -> Capabilities:
        profile, ask = self._profile, self._profile.probe or Ask(path="/")
        answer = asked(self.line, profile, ask, values_for(self._model, "0" * 32, 0))
        good = answer.ok or answer.status in tuple(ask.more.get("good", ()))
        if profile.probe is None:  # then any answer says that somebody is there
            good = answer.status < 500 and answer.status not in (401, 403, 407)
        if not good:
            failed = refused(profile, answer)
            raise self._odd_answer() if failed.kind is ErrorKind.INPUT else failed
        return profile.capabilities(self._model)

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        profile, name = self._profile, self._profile.model_for(self._model, job)
        values = values_for(name, key, job.seed)
        order = Order(self.line, profile, profile.model(name), job, values)
        order.upload()
        request = order.request()
        if profile.submit.query:
            query = profile.submit.query.items()
            request["params"] = {each: filled(text, values) for each, text in query}
        ids = {"key": key, "model": name}
        if profile.sync:
            note(self._ref(ids))
            long = LongOrder(self.line, order, request, _around(job.max_bytes))
            self._long = {key: long}
            return self._ref(ids)
        target = target_of(self.line, profile, profile.submit, values)
        answer = self.line.request(profile.submit.method, target, **request, **SEND_S)
        if not answer.ok:
            raise refused(profile, answer, order=True)
        data = answer.json()
        taken = taken_from(profile, data)
        if not taken:
            raise self._no_id(data, answer)
        return self._ref({**ids, **taken})

    def poll(self, ref: RemoteRef) -> Status:
        profile, values = self._profile, self._values(ref)
        if profile.sync or profile.status is None:
            long = self._long.get(values["key"])
            return long.status() if long is not None else Status(LOST)
        how = prepared_for(self.line, profile, profile.status, values)
        most_bytes = _around(DOWNLOAD_LIMIT_BYTES)
        with self.line.stream(**how, **ASK_S, most_bytes=most_bytes) as stream:
            if not stream.ok:
                answer = stream.whole()
                if answer.status in GONE:
                    return Status(LOST)
                raise refused(profile, answer)
            status = status_of(profile, read_json(stream), stream.retry_after_s)
            status = shown(status, stream)
        return self._looked_at(status, values) if status.state == DONE else status

    def fetch(
        self,
        ref: RemoteRef,
        target: Path,
        *,
        max_bytes: int = DOWNLOAD_LIMIT_BYTES,
        progress: Progress = lambda fraction: None,
    ) -> MeshFile:
        part = target.with_name(f"{target.name}.part")
        about = target.with_name(f"{target.name}.answer.part")
        values = self._values(ref)
        try:
            if self._profile.sync:
                self._kept(values["key"], part, max_bytes, progress)
            else:
                self._fetched(values, part, about, max_bytes, progress)
        finally:
            about.unlink(missing_ok=True)
        able = {**self._profile.able, **self._profile.model(values["model"]).able}
        up_axis = str(able.get("up_axis", "y"))
        return take_in(part, target, up_axis=up_axis, max_bytes=max_bytes)

    def cancel(self, ref: RemoteRef) -> Cancel:
        profile, values = self._profile, self._values(ref)
        long = self._long.get(values["key"])
        if long is not None:
            long.cancel()
        if profile.cancel is None or profile.sync:
            return Cancel.UNSUPPORTED
        answer = asked(self.line, profile, profile.cancel, values)
        if answer.status in tuple(profile.cancel.more.get("stopped", ())):
            return Cancel.STOPPED
        if answer.ok:
            return Cancel.REQUESTED
        if 400 <= answer.status < 500 and answer.status not in (401, 403, 408, 429):
            return Cancel.TOO_LATE
        raise refused(profile, answer)

    def find(self, job: JobSpec, key: str, since: float) -> RemoteRef | None:
        name = self._profile.model_for(self._model, job)
        found = looked_for(self.line, self._profile, name, job, key, since)
        taken = taken_from(self._profile, found)
        return self._ref({"key": key, "model": name, **taken}) if taken else None

    # -- inside ------------------------------------------------------------------------------

    def _ref(self, ids: Mapping[str, Any]) -> RemoteRef:
        return RemoteRef(self.name, self.endpoint.id, ids)

    def _values(self, ref: RemoteRef) -> dict[str, str]:
        """Of the places in a job's requests."""
        ids = dict(ref.ids)
        values = values_for(text_at(ids, "model"), text_at(ids, "key"), 0)
        taken = {name: text_at(ids, name) for name in self._profile.take}
        return {**values, **{name: text for name, text in taken.items() if text}}

    def _looked_at(self, status: Status, values: Mapping[str, str]) -> Status:
        """Whether a job that is done really has a result: fal says so only there."""
        ask = self._profile.result
        if ask is None or ask.more.get("file") or not (ask.path or ask.use):
            return status
        how = prepared_for(self.line, self._profile, ask, values)
        most_bytes = _around(DOWNLOAD_LIMIT_BYTES)
        with self.line.stream(**how, **ASK_S, most_bytes=most_bytes) as stream:
            if stream.ok:
                return status  # the rest is asked for again, to be kept
            answer = stream.whole()
        if answer.status in GONE:
            return Status(LOST)
        if answer.status in (401, 403, 407, 408, 429, 502, 503, 504):
            raise refused(self._profile, answer)
        return failed_status(self._profile, answer)

    def _fetched(
        self,
        values: Mapping[str, str],
        part: Path,
        about: Path,
        max_bytes: int,
        progress: Progress,
    ) -> None:
        result, ask = self._profile.result, self._profile.status or Ask()
        more = result.more if result is not None else {}
        if result is not None and (result.path or result.use):
            ask = result
        how = prepared_for(self.line, self._profile, ask, values)
        if more.get("file"):
            self._download(part, max_bytes, progress, **how)
        else:
            self._download(about, _around(max_bytes), progress, **how)
            self._from_json(about, str(more.get("at") or ""), part, max_bytes, progress)

    def _kept(self, key: str, part: Path, max_bytes: int, progress: Progress) -> None:
        long = self._long.get(key)
        kept = long.answer() if long is not None else None
        if kept is None:
            raise self._gone("")
        if is_json(kept):
            result = self._profile.result
            place = str(result.more.get("at") or "") if result is not None else ""
            self._from_json(kept, place, part, max_bytes, progress)
        else:
            copyfile(kept, part)

    def _from_json(
        self, about: Path, place: str, part: Path, max_bytes: int, progress: Progress
    ) -> None:
        """The mesh that an answer in a file tells of, or has in it."""
        data = read_file(about, self._profile.label)
        data = at(data, place) if place else data
        url = find_mesh_url(data) or (_only_url(data) if place else None)
        if url and not url.startswith("data:"):
            self._download(part, max_bytes, progress, target=url)
        elif not carve(about, part, max_bytes):
            raise no_mesh("json")

    def _download(
        self, path: Path, most_bytes: int, progress: Progress, *, target: str, **how: Any
    ) -> None:
        how = {**how, "most_bytes": most_bytes, "progress": progress}
        try:
            self.line.download(target, path, **how)
        except DriverFailed as failure:
            # Links that came too late are refused in many ways.
            far = target.startswith("http")
            if failure.kind is ErrorKind.INPUT or (
                far and failure.kind is ErrorKind.AUTH
            ):
                said = str(failure.problem.values.get("said", ""))
                raise self._gone(said) from None
            raise

    # -- sentences ---------------------------------------------------------------------------

    def _gone(self, words: str) -> DriverFailed:
        return DriverFailed(
            ErrorKind.LOST,
            "solid.gone",
            N_("%(host)s has nothing of this job any more (%(said)s); ask for it again."),
            host=self._profile.label,
            said=words or "-",
        )

    def _no_id(self, data: Any, answer: Answer) -> DriverFailed:
        """It was refused in spite of its status, or says no number."""
        words, types = said_of(self._profile, data)
        words = words or " ".join(types) or words_in(data)
        return DriverFailed(
            kind_of(self._profile, words, types) or ErrorKind.BAD_RESULT,
            "solid.no_job_id",
            N_(
                "%(host)s did not say under which number it took the job (%(said)s); look "
                "there whether it did."
            ),
            host=self._profile.label,
            said=answer.shown(words, 300) or "-",
        )

    def _odd_answer(self) -> DriverFailed:
        return DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.odd_answer",
            N_(
                "What answers at %(host)s does not speak as %(service)s does; check the "
                "address in the endpoint's settings."
            ),
            host=self.endpoint.host,
            service=self._profile.label,
        )


def profile_of(options: Mapping[str, Any]) -> Profile:
    """The profile that an endpoint's options choose.

    Raises:
        SolidRefused: the owner's own is none.
    """
    name = options.get("profile") or USUAL
    if name == OWN:
        return queue_read.parse(options.get("own_profile") or "")
    return queue_read.shipped(name if name in list(PROFILES) else USUAL)


def taken_from(profile: Profile, data: Any) -> dict[str, str]:
    """Ids and URLs in the answer to an order; none where the job can't be found by them."""
    texts = {name: text_at(data, path) for name, path in profile.take.items()}
    found = {name: text for name, text in texts.items() if 0 < len(text) <= MOST_URL}
    use = profile.status.use if profile.status else ""
    good = len(found.get("id", "")) <= MOST_ID and ("id" in found or use in found)
    return found if good else {}


def _unknown_model(profile: Profile, model: Any) -> SolidRefused:
    known = [name for name in profile.models if name != "*"]
    return SolidRefused(
        "solid.unknown_model_of_service",
        N_("%(model)s is no model of %(service)s; choose one of %(choices)s."),
        field="endpoint.model",
        model=plain_words(model, 60) or "?",
        service=profile.label,
        choices=", ".join(known)[:500] or "owner/name",
    )


def _around(max_bytes: int) -> int:
    """Of an answer that may have a mesh of `max_bytes` in it, as base64."""
    return max_bytes * 4 // 3 + MOST_AROUND_BYTES


def _only_url(data: Any) -> str | None:
    """Where a profile points right at it, a URL needs no ending."""
    while isinstance(data, list) and len(data) == 1:
        data = data[0]
    is_url = isinstance(data, str) and data.startswith(("https://", "http://"))
    return data if is_url else None


DRIVER = QueueDriver
