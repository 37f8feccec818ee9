"""Profiles are read, and refused with the place that is wrong; see `queue_profile`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from ...problems import N_
from ..driver import FORMATS, ROLES
from ..refused import SolidRefused
from .queue_places import PATH, places_in
from .queue_profile import Ask, Model, Profile, special_of

FOLDER = "data/solid3d/queue"
MOST_PROFILE = 100_000
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
PHOTOS = ("data_uri", "base64", "upload", "file")
STATES = ("queued", "running", "done", "failed", "cancelled", "lost")
KINDS = ("auth", "busy", "credit", "input", "policy", "remote", "lost", "timeout")
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
