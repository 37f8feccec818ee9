"""An order as a profile says: photos are put in their places, uploaded first if need be."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...problems import N_
from ..answer import failed_by_status, starts_nothing
from ..driver import DETAILS, JobSpec, View
from ..endpoint import origin_of
from ..line import Answer, Line
from ..refused import DriverFailed, ErrorKind
from .queue_places import NOTHING, expanded, filled, quoted, text_at
from .queue_profile import Ask, Model, Profile, special_of

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
SEND_S = {"read_s": 120.0, "total_s": 600.0}
ASK_S = {"read_s": 30.0, "total_s": 45.0}
NAMESPACES = ("workflows", "comfy")  # of fal: they belong to the name of the app


@dataclass
class Order:
    """A job as it is told to a service.

    Attributes:
        profile, model: how.
        job: what.
        values: of places in texts.
        given: photo -> how the service calls it once it was uploaded.
    """

    line: Line
    profile: Profile
    model: Model
    job: JobSpec
    values: dict[str, str]
    given: dict[Path, str] = field(default_factory=dict)

    def upload(self) -> None:
        """Hand the photos over where they are not part of the order.

        Raises:
            DriverFailed: `sent` is False: nothing is made of them yet.
        """
        if self.profile.photos != "upload" or self.profile.upload is None:
            return
        with starts_nothing():
            for view in self.views:
                if view.path not in self.given:
                    self.given[view.path] = self._uploaded(self.profile.upload, view)

    @property
    def views(self) -> tuple[View, ...]:
        """The photos that the order has places for."""
        found: list[View] = []
        self._walk(self.model.json, found)
        self._walk(self.model.form, found)
        return tuple(dict.fromkeys(found))

    def request(self) -> dict[str, Any]:
        """Body and headers for `Line.request`.

        Raises:
            DriverFailed: ``input``: it is larger than the service takes.
        """
        headers = {
            name: filled(text, self.values)
            for name, text in self.profile.submit.headers.items()
        }
        if self.model.form is not None:
            return {**self._form(self.model.form), "headers": headers}
        body = json.dumps(expanded(self.model.json, self.values, self.meant)).encode()
        self._check_size(len(body))
        return {"data": body, "headers": {"Content-Type": "application/json", **headers}}

    # -- inside ------------------------------------------------------------------------------

    def _walk(self, body: Any, found: list[View]) -> None:
        if isinstance(body, Mapping):
            found += self._views_of(body)
            for each in body.values():
                self._walk(each, found)
        elif isinstance(body, list):
            for each in body:
                self._walk(each, found)

    def _views_of(self, spec: Mapping[str, Any]) -> list[View]:
        kind = special_of(spec)
        if kind == "view":
            view = self._of_role(spec["view"])
            return [view] if view is not None else []
        if kind != "views":
            return []
        if spec["views"] == "list":
            front = self.job.front
            return [front, *(view for view in self.job.views if view is not front)]
        return [view for role in spec["views"] if (view := self._of_role(role))]

    def _of_role(self, role: str) -> View | None:
        front = self.job.front
        if role == "front":
            return front
        view = self.job.of_role(role)
        return view if view is not front else None

    def meant(self, spec: Mapping[str, Any]) -> Any:
        kind = special_of(spec)
        if kind is None or kind == "photo":
            return None
        otherwise = spec.get("else", NOTHING)
        value = spec[kind]
        if kind in ("view", "views"):
            told = [self._told(view) for view in self._views_of(spec)]
            if kind == "views":
                return told or otherwise
            return told[0] if told else otherwise
        if kind == "seed":
            most = 2**31 - 1 if value is True else int(value)
            return self.job.seed % (most + 1)
        if kind == "faces":
            return self._faces(value) if self.job.max_faces > 0 else otherwise
        if kind == "detail":
            return value[DETAILS.index(self.job.detail)]
        return not all(view.has_alpha for view in self.job.views)

    def _faces(self, times: float) -> int:
        wanted = round(self.job.max_faces * times)
        limits = {**self.profile.able, **self.model.able}.get("faces")
        if not limits:
            return wanted
        low, high = (round(each * times) for each in limits)
        return max(low, min(high, wanted))

    def _told(self, view: View) -> str:
        """A photo as it stands in the body of an order."""
        if self.profile.photos == "upload":
            return self.given[view.path]
        data = base64.b64encode(_content(view)).decode()
        if self.profile.photos == "base64":
            return data
        return f"data:{_type(view)};base64,{data}"

    def _form(self, form: Mapping[str, Any]) -> dict[str, Any]:
        fields: dict[str, str] = {}
        files: list[tuple[str, tuple[str, bytes, str]]] = []
        for name, spec in form.items():
            views = self._views_of(spec) if isinstance(spec, Mapping) else []
            if views and self.profile.photos == "file":
                for number, view in enumerate(views, 1):
                    title = f"photo{number}{view.path.suffix.lower()}"
                    files.append((name, (title, _content(view), _type(view))))
                continue
            value = expanded(spec, self.values, self.meant)
            if value is not NOTHING:
                fields[name] = value if isinstance(value, str) else json.dumps(value)
        self._check_size(sum(len(each[1][1]) for each in files))
        if not files:  # a form without a file would be sent in another way
            files = [(name, (None, text, None)) for name, text in fields.items()]
            return {"files": files}
        return {"files": files, "data": fields}

    def _check_size(self, size: int) -> None:
        most = {**self.profile.able, **self.model.able}.get("max_upload_bytes")
        if most and size > most:
            raise DriverFailed(
                ErrorKind.INPUT,
                "solid.order_too_large",
                N_(
                    "%(host)s takes at most %(most)s MB and these photos make %(size)s MB; "
                    "crop them, or use fewer."
                ),
                sent=False,
                host=self.profile.label,
                most=round(most / 1e6, 1),
                size=round(size / 1e6, 1),
            )

    def _uploaded(self, ask: Ask, view: View) -> str:
        content, kind = _content(view), _type(view)
        self._check_size(len(content))
        name = f"photo{view.path.suffix.lower()}"
        about = {"name": name, "type": kind, "bytes": len(content)}
        how: dict[str, Any] = {"files": {ask.more.get("file"): (name, content, kind)}}
        if "put" in ask.more:
            how = {
                "json": expanded(ask.json, self.values, lambda spec: _photo(spec, about))
            }
        answer = asked(self.line, self.profile, ask, self.values, **how, **SEND_S)
        if not answer.ok:
            raise failed_by_status(answer, self.profile.label)
        data = answer.json()
        place, put = (
            text_at(data, ask.more["take"]),
            text_at(data, ask.more.get("put", "")),
        )
        if not place or not (put.startswith("http") or "put" not in ask.more):
            raise DriverFailed(
                ErrorKind.BAD_RESULT,
                "solid.no_upload",
                N_(
                    "%(host)s did not say where it wants the photo; it cannot be sent there."
                ),
                host=self.profile.label,
            )
        if put:
            headers = {"Content-Type": kind}
            answer = self.line.put(put, data=content, headers=headers, **SEND_S)
            if not answer.ok:
                raise failed_by_status(answer)
        return place


def values_for(model: str, key: str, seed: int) -> dict[str, str]:
    """Of the places that every text may have."""
    parts = model.split(":")[0].split("/")
    first = 3 if parts[0] in NAMESPACES else 2
    return {"model": model, "app": "/".join(parts[:first]), "key": key, "seed": str(seed)}


def asked(
    line: Line, profile: Profile, ask: Ask, values: Mapping[str, str], **how: Any
) -> Answer:
    """Send one of a profile's requests."""
    prepared = prepared_for(line, profile, ask, values)
    headers = {**prepared.pop("headers"), **how.pop("headers", {})}
    return line.request(**{**prepared, **ASK_S, **how}, headers=headers)


def prepared_for(
    line: Line, profile: Profile, ask: Ask, values: Mapping[str, str]
) -> dict[str, Any]:
    """Arguments for `Line.request` and `Line.stream`.

    Raises:
        DriverFailed: `solid.no_such_place`: there is no address for it.
    """
    target = target_of(line, profile, ask, values)
    found: dict[str, Any] = {"method": ask.method, "target": target}
    found["headers"] = {name: filled(text, values) for name, text in ask.headers.items()}
    if ask.query:
        found["params"] = {name: filled(text, values) for name, text in ask.query.items()}
    if ask.json is not None and "{" in json.dumps(ask.json):
        found["json"] = expanded(ask.json, values, lambda spec: None)
    return found


def target_of(line: Line, profile: Profile, ask: Ask, values: Mapping[str, str]) -> str:
    """Where a request goes: always to the endpoint's own address, with its key.

    What the service itself said is better than what the profile thinks, where it means the
    service; see `trusted_hosts`.
    """
    told = values.get(ask.use, "") if ask.use else ""
    if told:
        try:
            parts = urlsplit(told)
            own = origin_of(told) == origin_of(line.base)
            netloc = parts.netloc.lower()
        except ValueError:
            parts, own, netloc = urlsplit(""), False, ""
        if own:
            return told
        if netloc in profile.trusted_hosts and "@" not in netloc:
            return parts.path + (f"?{parts.query}" if parts.query else "")
        if told.startswith("/") and not told.startswith("//"):
            return told
    if not ask.path:
        raise DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.no_such_place",
            N_(
                "%(host)s sends us on to a place that its profile does not know, which was "
                "not asked; check the profile in the endpoint's settings."
            ),
            host=profile.label,
        )
    return filled(ask.path, quoted(values))


def _photo(spec: Mapping[str, Any], about: Mapping[str, Any]) -> Any:
    return about[spec["photo"]] if special_of(spec) == "photo" else None


def _type(view: View) -> str:
    return TYPES.get(view.path.suffix.lower(), "application/octet-stream")


def _content(view: View) -> bytes:
    try:
        return view.path.read_bytes()
    except OSError:
        raise DriverFailed(
            ErrorKind.INPUT,
            "solid.photo_gone",
            N_("A photo of this job cannot be read any more; add it again."),
            sent=False,
        ) from None
