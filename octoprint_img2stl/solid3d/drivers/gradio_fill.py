"""Parameters of an app's functions get their values: photos, seed, what earlier calls gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...problems import N_
from ..driver import DETAILS, FORMATS, JobSpec, View
from ..refused import DriverFailed, ErrorKind
from .gradio_app import ABSOLUTE, App, Function, Parameter
from .gradio_recipe import Call, Way

MOST_PLACES = 20_000
MOST_DEPTH = 12
PICTURES = ("image", "imageeditor", "gallery", "file", "uploadbutton")


@dataclass
class Filling:
    """What is known while a job runs.

    Attributes:
        app, job: which, and what is asked.
        files: photos that were handed over.
        given: name of a call -> what it gave.
    """

    app: App
    job: JobSpec
    files: dict[Path, dict[str, Any]] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    def hand_over(self, way: Way) -> None:
        """Upload every photo that the way needs.

        Raises:
            DriverFailed: as `App.upload`; `solid.gradio_no_place` where it needs none.
        """
        for call in way.calls:
            for spec in call.fill.values():
                for view in self._views(spec):
                    if view.path not in self.files:
                        self.files[view.path] = self.app.upload(view.path)
        if not self.files:
            raise no_place(self.app.line.host)

    def is_wanted(self, call: Call) -> bool:
        uncut = not self._is_cut
        return {"faces": self.job.max_faces > 0, "cut": not uncut, "uncut": uncut}.get(
            call.only, True
        )

    def values(self, call: Call, function: Function) -> list[Any]:
        """Of all parameters in their order, the hidden ones too.

        Raises:
            DriverFailed: `solid.gradio_gave_nothing`: an earlier call gave no file.
        """
        found, number = [], 0
        for parameter in function.parameters:
            if parameter.hidden:
                found.append(call.hidden.get(parameter.label, parameter.default))
                continue
            spec = _spec_for(call.fill, parameter, number)
            number += 1
            found.append(
                default_of(parameter) if spec is _UNSAID else self._value(spec, parameter)
            )
        return found

    @property
    def _is_cut(self) -> bool:
        return all(view.has_alpha for view in self.job.views)

    def _views(self, spec: Any) -> tuple[View, ...]:
        if isinstance(spec, dict) and "views" in spec:
            return self.job.views
        if not isinstance(spec, dict) or "view" not in spec:
            return ()
        front, role = self.job.front, spec["view"]
        view = front if role == "front" else self.job.of_role(role)
        if view is None or (view is front and role != "front"):
            return ()
        return (view,)

    def _value(self, spec: Any, parameter: Parameter) -> Any:
        if not isinstance(spec, dict):
            return spec
        files = [self.files[view.path] for view in self._views(spec)]
        if "view" in spec:
            return files[0] if files else None
        if spec.get("views") == "gallery":
            return [{"image": file, "caption": None} for file in files]
        if spec.get("views") == "files":
            return files
        if "seed" in spec:
            return _seed(self.job.seed, parameter)
        if "detail" in spec:
            return spec["detail"][DETAILS.index(self.job.detail)]
        if "uncut" in spec:
            return not self._is_cut
        if "faces" in spec:
            if self.job.max_faces <= 0:
                return spec.get("else", default_of(parameter))
            return _within(round(self.job.max_faces * spec["faces"]), parameter)
        if "from" in spec:
            return self._taken(spec["from"], spec.get("take", "file"))
        return spec

    def _taken(self, name: str, kind: str) -> Any:
        data = self.given.get(name)
        if kind == "gallery":
            found: Any = first_gallery(data)
        elif kind == "mesh":
            found = best_mesh(data)
        else:
            found = next(files_in(data), None)
        if found is None:
            raise gave_nothing(self.app.line.host)
        return found


_UNSAID = object()


def _spec_for(fill: Mapping[str, Any], parameter: Parameter, number: int) -> Any:
    for key in (parameter.name, parameter.label, str(number)):
        if key and key in fill:
            return fill[key]
    return _UNSAID


def default_of(parameter: Parameter) -> Any:
    """What the app's own page would send, as far as it says."""
    if parameter.has_default:
        return parameter.default
    return False if parameter.component == "checkbox" else None


def _seed(seed: int, parameter: Parameter) -> int:
    """Gradio refuses numbers beyond a field's ends; Hunyuan's seeds end at 10 millions."""
    low = int(parameter.low or 0)
    if parameter.high is None or low + seed <= parameter.high:
        return low + seed
    return low + seed % (int(parameter.high) - low + 1)


def _within(number: int, parameter: Parameter) -> int:
    low = number if parameter.low is None else int(parameter.low)
    high = number if parameter.high is None else int(parameter.high)
    return max(low, min(high, number))


# -- what functions give -----------------------------------------------------------------------


def files_in(data: Any) -> Iterator[dict[str, Any]]:
    """Every file in what a function gave, however it is wrapped; bounded.

    Apps give files as they are, as ``{"value": file, "__type__": "update"}``, in lists and in
    galleries.
    """
    for each in _objects_in(data):
        path, url = each.get("path"), each.get("url")
        if isinstance(path or url, str) and ("meta" in each or "orig_name" in each):
            yield each


def first_gallery(data: Any) -> list[dict[str, Any]] | None:
    for each in _everything_in(data):
        if (
            isinstance(each, list)
            and each
            and all(isinstance(one, dict) and "image" in one for one in each)
        ):
            return [{"image": one["image"], "caption": None} for one in each]
    return None


def best_mesh(data: Any) -> dict[str, Any] | None:
    """The mesh that is best for us among the files of an answer."""
    ranked = [
        (FORMATS.index(ending), number, file)
        for number, file in enumerate(files_in(data))
        if (ending := ending_of(file)) in FORMATS
    ]
    return min(ranked, key=lambda each: each[:2])[2] if ranked else None


def ending_of(file: Mapping[str, Any]) -> str:
    for name in ("path", "orig_name", "url"):
        text = file.get(name)
        if isinstance(text, str):
            text = text.partition("?")[0] if text.startswith(ABSOLUTE) else text
            if "." in text[-12:]:
                return text.rpartition(".")[2].lower()
    return ""


def _objects_in(data: Any) -> Iterator[dict[str, Any]]:
    return (each for each in _everything_in(data) if isinstance(each, dict))


def _everything_in(data: Any) -> Iterator[Any]:
    """Objects and lists, from the first to the last."""
    waiting = [(data, 0)]
    for _ in range(MOST_PLACES):
        if not waiting:
            return
        each, depth = waiting.pop()
        if not isinstance(each, (dict, list)):
            continue
        yield each
        if depth < MOST_DEPTH:
            inner = list(each.values() if isinstance(each, dict) else each)
            waiting.extend((one, depth + 1) for one in reversed(inner[:MOST_PLACES]))


def gave_nothing(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.gradio_gave_nothing",
        N_(
            "The app at %(host)s gave no mesh; check in the endpoint's settings which app it "
            "is and how it is used."
        ),
        host=host,
    )


def no_place(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.INPUT,
        "solid.gradio_no_place",
        N_(
            "The app at %(host)s has no place for the photo; choose another kind of app, or "
            "another of its functions, in the endpoint's settings."
        ),
        sent=False,
        host=host,
    )
