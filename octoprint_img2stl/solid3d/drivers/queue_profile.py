"""How a service with a queue is spoken to, as data: a profile.

The profiles that come with this plugin are in ``data/solid3d/queue``, and are the best examples
of how one is written; an owner can write one for any other service without a line of code.
A profile is a JSON object with

    label, notes    for people
    costs_money     true: every order is paid for, and none is ever sent twice by itself
    idempotent      true: the order has ``{key}`` in it, and of two orders with the same key the
                    service makes one job
    trusted_hosts   hosts whose URLs in answers mean this very service; what they say is asked at
                    the endpoint's own address, where alone the key is sent. URLs of other hosts
                    are not used, but for those of results, which are fetched without the key
    able            what no service tells: ``views_min``, ``views_max``, ``roles``,
                    ``needs_alpha``, ``removes_background``, ``geometry_only``, ``seed``,
                    ``faces`` [fewest, most], ``formats``, ``up_axis`` (``y``, ``z``),
                    ``progress`` (``percent``, ``stage``, ``none``), ``cancel`` (``running``,
                    ``queued``, ``none``), ``result_ttl_s``, ``max_upload_bytes``, ``model``
    photos          how photos are sent: ``data_uri``, ``base64``, ``upload`` (before the order),
                    ``file`` (in a form)
    upload          a request, see below, with ``file`` (name of the part of a form that has the
                    photo) and ``take`` (where the answer says how the photo is called). Or, for
                    a ticket: ``json`` and ``put`` (where the answer has the URL it is put to)
    submit          the order: a request with ``json`` or ``form``; ``busy`` is a list of further
                    HTTP statuses that mean "later"
    take            name -> path in the answer to the order: ``id``, and URLs for ``use``
    sync            true: the answer to the order is the mesh, or has it at ``result``
    status          a request
    state           ``at`` (path of the word for the state) and lists of words: ``queued``,
                    ``running``, ``done``, ``failed``, ``cancelled``, ``lost``; any other word
                    means that it is running
    progress        ``at`` (path) and ``of`` (what is all of it, 100 or 1), or ``log`` (path of
                    texts in which programs write 42%)
    queue_position, stage, eta_s    paths
    error           ``at`` (paths of words), ``type`` (paths of codes), ``kinds``: kind of failure
                    (``auth``, ``busy``, ``credit``, ``input``, ``policy``, ``remote``,
                    ``lost``) -> patterns for words and codes, in which * stands for anything
    result          where the mesh is: a request whose answer is JSON (``at``: path of the part
                    to look through) or, with ``file``: true, the mesh. Without it the answer to
                    ``status`` has it; with ``at`` alone, at that path of it
    cancel          a request; ``stopped`` are HTTP statuses that say that it never began
    find            a request whose answer lists jobs: ``list``, ``id``, ``created`` (paths),
                    ``detail`` (a request for one of them), ``same``: path in the detail -> what
                    has to be there (``{"seed": true}``, ``"{model}"``)
    probe           a request that costs nothing; ``good`` are HTTP statuses beside 2xx that say
                    that all is well
    models          name -> ``label``, ``json`` or ``form`` of its order, ``able``, ``several``:
                    name of the model for more than one photo, and there ``needs``: roles without
                    which it cannot be used. ``*`` is any other one

A request has ``method``, ``path`` (with places), ``use`` (name of a URL that was taken, better
than the path), ``query``, ``headers``, ``json``. Places in texts are ``{model}``, ``{app}``
(the first two parts of it), ``{key}`` (of this order), ``{seed}``, and whatever was taken.

In the body of an order these objects stand for something; without a value they are left out:

    {"view": "front"}        the photo of that role
    {"views": "list"}        all photos; {"views": ["front", "left"]}: of these roles, in this
                             order, as far as there are any
    {"seed": true}           the seed; {"seed": 65535}: at most that
    {"faces": 1}             the faces asked for, times that number; "else": what it is otherwise
    {"detail": [a, b, c]}    one of them: draft, normal, fine
    {"uncut": true}          whether the photos come whole
    {"photo": "name"}        in an upload: its ``name``, ``type`` or ``bytes``
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from ...problems import N_
from ..driver import FORMATS, ROLES, Capabilities, JobSpec
from ..refused import SolidRefused
from .queue_places import PATH, places_in

FOLDER = "data/solid3d/queue"
MOST_PROFILE = 100_000
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
PHOTOS = ("data_uri", "base64", "upload", "file")
STATES = ("queued", "running", "done", "failed", "cancelled", "lost")
KINDS = ("auth", "busy", "credit", "input", "policy", "remote", "lost", "timeout")
SPECS = ("view", "views", "seed", "faces", "detail", "uncut", "photo")
REQUEST = ("method", "path", "use", "query", "headers", "json")
HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
# Headers that are the line's business.
OWN_HEADERS = ("authorization", "cookie", "host", "content-length", "connection")
NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
HOST = re.compile(r"[a-z0-9.-]{1,200}(:[0-9]{1,5})?")
MODEL = re.compile(r"\w[\w.-]{0,99}(/\w[\w.-]{0,99}){0,6}(:\w[\w.-]{0,99})?", re.ASCII)
FLAGS = ("needs_alpha", "removes_background", "geometry_only", "seed")
WORDS = {
    "up_axis": ("y", "z"),
    "progress": ("percent", "stage", "none"),
    "cancel": ("running", "queued", "none"),
}
ABLE = (
    "views_min", "views_max", "roles", "faces", "formats", "result_ttl_s",
    "max_upload_bytes", "model", *FLAGS, *WORDS,
)  # fmt: skip
ALWAYS = ("model", "app", "key", "seed")


@dataclass(frozen=True)
class Ask:
    """A request of a profile; see the module."""

    method: str = "GET"
    path: str = ""
    use: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """One of a service's models; see the module."""

    label: str = ""
    json: Any = None
    form: Mapping[str, Any] | None = None
    able: Mapping[str, Any] = field(default_factory=dict)
    several: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """See the module."""

    label: str
    submit: Ask
    form: Mapping[str, Any] | None = None
    busy: tuple[int, ...] = ()
    costs_money: bool = False
    idempotent: bool = False
    sync: bool = False
    trusted_hosts: tuple[str, ...] = ()
    able: Mapping[str, Any] = field(default_factory=dict)
    photos: str = "data_uri"
    upload: Ask | None = None
    take: Mapping[str, str] = field(default_factory=dict)
    status: Ask | None = None
    state_at: str = ""
    states: Mapping[str, str] = field(default_factory=dict)
    progress_at: str = ""
    progress_of: float = 100.0
    progress_log: str = ""
    queue_position: str = ""
    stage: str = ""
    eta_s: str = ""
    error_at: tuple[str, ...] = ()
    error_type: tuple[str, ...] = ()
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    result: Ask | None = None
    cancel: Ask | None = None
    find: Ask | None = None
    probe: Ask | None = None
    models: Mapping[str, Model] = field(default_factory=dict)

    def model(self, name: str) -> Model:
        """The model of that name, or what stands for any other one."""
        none = Model(json=self.submit.json, form=self.form)
        found = self.models.get(name) or self.models.get("*") or none
        if found.json is None and found.form is None:
            return replace(found, json=self.submit.json, form=self.form)
        return found

    def model_for(self, name: str, job: JobSpec) -> str:
        """The name of the model that takes the photos of this job."""
        several = self.model(name).several
        if not several or len(job.views) < 2:
            return name
        roles = {view.role for view in job.views} | {"front"}
        return several if roles.issuperset(self.model(several).needs) else name

    @property
    def wants_model(self) -> bool:
        """Whether nothing can be ordered without a model."""
        bodies = json.dumps(
            [self.submit.json, [each.json for each in self.models.values()]]
        )
        texts = (self.submit.path, bodies)
        return any(
            place in ("model", "app") for text in texts for place in places_in(text)
        )

    def capabilities(self, name: str, **said: Any) -> Capabilities:
        """What an endpoint with this profile and model can do."""
        model = self.model(name)
        several = self.models.get(model.several) if model.several else None
        able: dict[str, Any] = {**self.able, **model.able}
        if several is not None:
            both = {**self.able, **several.able}
            able["views_max"] = both.get("views_max", 2)
            able["roles"] = both.get("roles", [])
        for name_ in ("roles", "formats", "faces"):
            if isinstance(able.get(name_), list):
                able[name_] = tuple(able[name_])
        return Capabilities(
            **{
                "survives_disconnect": not self.sync,
                "submit_idempotent": self.idempotent,
                "costs_money": self.costs_money,
                "version": self.label,
                "model": model.label or name,
                **able,
                **said,
            }
        )


@cache
def shipped(name: str) -> Profile:
    """The profile that comes with this plugin under that name."""
    place = resources.files("octoprint_img2stl") / FOLDER / f"{name}.json"
    return parse(place.read_text(encoding="utf-8"))


def parse(text: Any) -> Profile:
    """A profile of JSON.

    Raises:
        SolidRefused: `solid.bad_profile`, `solid.bad_profile_place`: the wrong place is named.
    """
    if not isinstance(text, str) or len(text) > MOST_PROFILE:
        raise wrong("", "shorter text")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong("", "JSON") from None
    data = _object(data, "profile")
    _known(data, "", PARTS)
    taken = _paths(data.get("take", {}), "take")
    read: dict[str, Any] = {
        "label": _text(data.get("label", ""), "label") or "?",
        "take": taken,
        "able": _able(data.get("able", {}), "able"),
        "photos": _among(data.get("photos", "data_uri"), PHOTOS, "photos"),
        "trusted_hosts": _texts(data.get("trusted_hosts", []), "trusted_hosts", HOST),
    }
    for flag in ("costs_money", "idempotent", "sync"):
        read[flag] = _flag(data.get(flag, False), flag)
    for name in ("queue_position", "stage", "eta_s"):
        if name in data:
            read[name] = _path(data[name], name)
    _submit(data, read)
    _requests(data, read, (*ALWAYS, *taken))
    _state(_object(data.get("state", {}), "state"), read)
    _progress(_object(data.get("progress", {}), "progress"), read)
    _error(_object(data.get("error", {}), "error"), read)
    read["models"] = _models(_object(data.get("models", {}), "models"))
    profile = Profile(**read)
    _whole(profile)
    return profile


PARTS = (
    "label", "notes", "costs_money", "idempotent", "trusted_hosts", "able", "photos",
    "upload", "submit", "take", "sync", "status", "state", "progress", "queue_position",
    "stage", "eta_s", "error", "result", "cancel", "find", "probe", "models",
)  # fmt: skip


def _submit(data: Mapping[str, Any], read: dict[str, Any]) -> None:
    order = _object(data.get("submit"), "submit")
    more = ("form", "busy")
    read["submit"] = _ask(order, "submit", ALWAYS, more, method="POST")
    read["busy"] = _statuses(order.get("busy", []), "submit.busy")
    if "form" in order:
        read["form"] = _object(order["form"], "submit.form")
        _check_body(read["form"], "submit.form", ALWAYS)


def _requests(
    data: Mapping[str, Any], read: dict[str, Any], places: Sequence[str]
) -> None:
    more: dict[str, tuple[str, ...]] = {
        "upload": ("file", "take", "put"),
        "status": (),
        "result": ("at", "file"),
        "cancel": ("stopped",),
        "find": ("list", "id", "created", "detail", "same"),
        "probe": ("good",),
    }
    for name, further in more.items():
        if name not in data:
            continue
        method = "POST" if name == "upload" else "GET"
        allowed = ALWAYS if name in ("upload", "probe", "find") else places
        found = _ask(_object(data[name], name), name, allowed, further, method=method)
        _check_more(name, found.more, read["take"])
        read[name] = found


def _check_more(name: str, more: Mapping[str, Any], taken: Mapping[str, str]) -> None:
    for key in ("take", "put", "at", "list", "id", "created"):
        if key in more and not (key == "list" and more[key] == ""):
            _path(more[key], f"{name}.{key}")
    for key in ("stopped", "good"):
        if key in more:
            _statuses(more[key], f"{name}.{key}")
    if name == "upload":
        if not isinstance(more.get("take"), str):
            raise wrong("upload.take", "a path such as urls.get")
        if not ("file" in more) ^ ("put" in more):
            raise wrong("upload", "either file or put")
    if name == "find":
        if not isinstance(more.get("id"), str) or not isinstance(
            more.get("created"), str
        ):
            raise wrong("find", "list, id, created")
        if "detail" in more:
            places = (*ALWAYS, *taken, "id")
            _ask(_object(more["detail"], "find.detail"), "find.detail", places)
        for path, spec in _object(more.get("same", {}), "find.same").items():
            _path(path, f"find.same.{path}")
            _check_body(spec, f"find.same.{path}", ALWAYS)


def _ask(
    data: Mapping[str, Any],
    where: str,
    places: Sequence[str],
    further: tuple[str, ...] = (),
    method: str = "GET",
) -> Ask:
    _known(data, where, (*REQUEST, *further))
    path = _text(data.get("path", ""), f"{where}.path")
    if path and (not path.startswith("/") or "//" in path or ".." in path):
        raise wrong(f"{where}.path", "a path such as /v1/jobs/{id}")
    use = _text(data.get("use", ""), f"{where}.use")
    if use and use not in places:
        raise wrong(f"{where}.use", "a name under take")
    texts = [(f"{where}.path", path)]
    read: dict[str, dict[str, str]] = {}
    for part in ("query", "headers"):
        read[part] = {}
        for name, text in _object(data.get(part, {}), f"{where}.{part}").items():
            if part == "headers":
                if not HEADER.fullmatch(name) or name.lower() in OWN_HEADERS:
                    raise wrong(f"{where}.headers.{name}", "another name of a header")
            read[part][name] = _text(text, f"{where}.{part}.{name}")
            texts.append((f"{where}.{part}.{name}", read[part][name]))
    for place, text in texts:
        _check_places(text, place, places)
    if "json" in data:
        _check_body(data["json"], f"{where}.json", places)
    return Ask(
        _among(data.get("method", method), METHODS, f"{where}.method"),
        path,
        use,
        read["query"],
        read["headers"],
        data.get("json"),
        {name: data[name] for name in further if name in data},
    )


def _state(data: Mapping[str, Any], read: dict[str, Any]) -> None:
    _known(data, "state", ("at", *STATES))
    if "at" in data:
        read["state_at"] = _path(data["at"], "state.at")
    read["states"] = {
        word.lower(): state
        for state in STATES
        for word in _texts(data.get(state, []), f"state.{state}")
    }


def _progress(data: Mapping[str, Any], read: dict[str, Any]) -> None:
    _known(data, "progress", ("at", "of", "log"))
    if "at" in data:
        read["progress_at"] = _path(data["at"], "progress.at")
    if "log" in data:
        read["progress_log"] = _path(data["log"], "progress.log")
    whole = data.get("of", 100)
    if isinstance(whole, bool) or not isinstance(whole, (int, float)) or whole <= 0:
        raise wrong("progress.of", "100, 1")
    read["progress_of"] = float(whole)


def _error(data: Mapping[str, Any], read: dict[str, Any]) -> None:
    _known(data, "error", ("at", "type", "kinds"))
    for name in ("at", "type"):
        paths = data.get(name, [])
        paths = [paths] if isinstance(paths, str) else paths
        read[f"error_{name}"] = _texts(paths, f"error.{name}", PATH)
    kinds = _object(data.get("kinds", {}), "error.kinds")
    _known(kinds, "error.kinds", KINDS)
    read["kinds"] = {
        kind: _texts(each, f"error.kinds.{kind}") for kind, each in kinds.items()
    }


def _models(data: Mapping[str, Any]) -> dict[str, Model]:
    found = {}
    for name, each in data.items():
        where = f"models.{name}"
        if name != "*" and not MODEL.fullmatch(name):
            raise wrong(where, "owner/name")
        each = _object(each, where)
        known = ("label", "json", "form", "able", "several", "needs", "notes")
        _known(each, where, known)
        for part in ("json", "form"):
            if part in each:
                _check_body(_object(each[part], f"{where}.{part}"), where, ALWAYS)
        several = _text(each.get("several", ""), f"{where}.several")
        if several and several not in data:
            raise wrong(f"{where}.several", ", ".join(data))
        needs = _texts(each.get("needs", []), f"{where}.needs")
        if not all(role in ROLES for role in needs):
            raise wrong(f"{where}.needs", ", ".join(ROLES))
        found[name] = Model(
            needs=needs,
            label=_text(each.get("label", ""), f"{where}.label"),
            json=each.get("json"),
            form=each.get("form"),
            able=_able(each.get("able", {}), f"{where}.able"),
            several=several,
        )
    return found


def _whole(profile: Profile) -> None:
    """Whether the parts make a whole."""
    if not (profile.submit.path or profile.submit.use):
        raise wrong("submit.path", "a path such as /v1/jobs")
    if profile.photos == "upload" and profile.upload is None:
        raise wrong("upload", "a request, because photos are sent by upload")
    bodies = [profile.submit.json, profile.form]
    bodies += [
        each for model in profile.models.values() for each in (model.json, model.form)
    ]
    if not any(_has_photo(body) for body in bodies):
        raise wrong("submit.json", '{"view": "front"} for the photo')
    if profile.photos == "file" and not any(
        _has_photo(form)
        for form in [profile.form, *(m.form for m in profile.models.values())]
    ):
        raise wrong("submit.form", '{"view": "front"} for the photo')
    if profile.sync:
        return
    if profile.status is None or not (profile.status.path or profile.status.use):
        raise wrong("status", "a request, or sync")
    if not profile.state_at:
        raise wrong("state.at", "a path such as status")
    if "done" not in profile.states.values():
        raise wrong("state.done", "the word for a job that is ready")


def _has_photo(body: Any) -> bool:
    if isinstance(body, Mapping):
        return "view" in body or "views" in body or any(map(_has_photo, body.values()))
    return isinstance(body, list) and any(map(_has_photo, body))


# -- values ------------------------------------------------------------------------------------


def _check_body(body: Any, where: str, places: Sequence[str], depth: int = 0) -> None:
    if depth > 10:
        raise wrong(where, "less depth")
    if isinstance(body, str):
        _check_places(body, where, places)
    elif isinstance(body, list):
        for number, each in enumerate(body):
            _check_body(each, f"{where}.{number}", places, depth + 1)
    elif isinstance(body, Mapping):
        if special_of(body):
            return
        for name, each in body.items():
            alone = not set(body) - {name, "else"} and not isinstance(each, dict)
            if alone and name in ("view", "views", "detail", "photo"):
                meant = {"view": ", ".join(ROLES), "detail": "three values"}
                raise wrong(f"{where}.{name}", meant.get(name, "list, or roles"))
            _check_body(each, f"{where}.{name}", places, depth + 1)


def special_of(body: Mapping[str, Any]) -> str | None:
    """What an object stands for; None: it is an object and nothing else."""
    kind = next((each for each in SPECS if each in body), None)
    if kind is None or set(body) - {kind, "else"}:
        return None
    value = body[kind]
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    good = {
        "view": value in ROLES,
        "views": value == "list"
        or (isinstance(value, list) and value and all(each in ROLES for each in value)),
        "seed": value is True or (number and value > 0),
        "faces": number and value > 0,
        "detail": isinstance(value, list) and len(value) == 3,
        "uncut": value is True,
        "photo": value in ("name", "type", "bytes"),
    }[kind]
    return kind if good else None


def _check_places(text: str, where: str, places: Sequence[str]) -> None:
    for place in places_in(text):
        if place not in places:
            raise wrong(f"{where} ({{{place}}})", ", ".join(f"{{{p}}}" for p in places))


def _able(data: Any, where: str) -> dict[str, Any]:
    data = _object(data, where)
    _known(data, where, ABLE)
    for name, value in data.items():
        place = f"{where}.{name}"
        if name in FLAGS:
            _flag(value, place)
        elif name in WORDS:
            _among(value, WORDS[name], place)
        elif name in ("views_min", "views_max"):
            if isinstance(value, bool) or value not in range(1, 7):
                raise wrong(place, "1 … 6")
        elif name == "model":
            _text(value, place)
        elif name in ("roles", "formats"):
            known = ROLES if name == "roles" else FORMATS
            if not isinstance(value, list) or not all(each in known for each in value):
                raise wrong(place, ", ".join(known))
            if name == "formats" and not value:
                raise wrong(place, ", ".join(known))
        elif name == "faces":
            if value is not None and not _is_range(value):
                raise wrong(place, "two numbers")
        elif isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise wrong(place, "a number")
    return dict(data)


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(each, int) and not isinstance(each, bool) for each in value)
        and 0 < value[0] <= value[1]
    )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(where, "an object in curly brackets")
    return value


def _known(data: Mapping[str, Any], where: str, known: Sequence[str]) -> None:
    for name in data:
        if name not in known:
            raise wrong(f"{where}.{name}".strip("."), ", ".join(known))


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(where, "true, false")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > 2000 or not value.isprintable():
        raise wrong(where, "a text")
    return value


def _texts(
    value: Any, where: str, like: re.Pattern[str] | None = None
) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 50:
        raise wrong(where, "a list of texts")
    for each in value:
        if not isinstance(each, str) or len(each) > 200 or each.count("*") > 5:
            raise wrong(where, "a list of texts")
        if like is not None and not like.fullmatch(each):
            raise wrong(where, "a list of texts")
    return tuple(value)


def _statuses(value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(each in range(200, 600) for each in value):
        raise wrong(where, "a list of numbers")
    return tuple(value)


def _among(value: Any, known: Sequence[str], where: str) -> str:
    if value not in known:
        raise wrong(where, ", ".join(known))
    return str(value)


def _path(value: Any, where: str) -> str:
    if not isinstance(value, str) or not PATH.fullmatch(value):
        raise wrong(where, "a path such as data.outputs.0")
    return value


def _paths(value: Any, where: str) -> dict[str, str]:
    found = {}
    for name, path in _object(value, where).items():
        if not NAME.fullmatch(name) or name in ALWAYS:
            raise wrong(f"{where}.{name}", "another name")
        found[name] = _path(path, f"{where}.{name}")
    return found


def wrong(where: str, meant: str) -> SolidRefused:
    if not where:
        return SolidRefused(
            "solid.bad_profile",
            N_("The profile cannot be read; it has to be %(meant)s."),
            field="endpoint.own_profile",
            meant=meant,
        )
    return SolidRefused(
        "solid.bad_profile_place",
        N_("In the profile %(place)s is wrong; there can be: %(meant)s."),
        field="endpoint.own_profile",
        place=where[:200],
        meant=meant[:500],
    )
