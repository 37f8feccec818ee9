"""What a Gradio app says of itself: its functions, their parameters, where its files are.

Read in Gradio's own sources (routes.py, blocks.py, queueing.py) and seen at running apps of
4.44.1 and 6.31.0. ``/config`` is always at the root and says where the rest is; ``/info`` has
the parameters, without those that are hidden from the API (states and buttons), which the
browser's protocol wants nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...problems import N_
from ..line import Answer, Line, failed_by_status
from ..refused import DriverFailed, ErrorKind
from ..words import plain_words

MOST_CONFIG_BYTES = 16 * 2**20
MOST_FUNCTIONS = 400
MOST_PARAMETERS = 200
# Hidden from the API where the app is too old to say so itself (`skip_api`).
HIDDEN = ("state", "button", "clearbutton", "duplicatebutton", "loginbutton", "timer")
OLDEST = 4
UPLOAD_S = {"read_s": 120.0, "total_s": 600.0}
ABSOLUTE = ("http://", "https://")
PICTURE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        name: of the function's own parameter; empty: the app does not say.
        label: beside its field, for people.
        component: kind of field, in lower case: ``image``, ``slider``, ``state`` …
        hidden: not of the API: it takes what the browser would send.
        default: what it is when nothing is said; None where it has none.
        has_default: whether None is one.
        low, high: of numbers.
        choices: of choices.
    """

    name: str
    label: str
    component: str
    hidden: bool = False
    default: Any = None
    has_default: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Function:
    """One function of an app.

    Attributes:
        name: as the API calls it, with its slash; empty: it has none.
        index: as the browser calls it; None: its parameters there are not certain.
        parameters: all of them, the hidden ones too, in their order.
        gives: kinds of the fields it fills, in lower case.
    """

    name: str
    index: int | None
    parameters: tuple[Parameter, ...]
    gives: tuple[str, ...] = ()


@dataclass(frozen=True)
class App:
    """An app at the end of a line; see the module.

    Attributes:
        version: of Gradio.
        title: of the app, for people.
        prefix: before every path but ``/config``.
        functions: by their names in the API.
        triggers: (label of the field, event) -> function, of those the browser starts.
        words: texts on its page, in lower case, for telling apps apart.
    """

    line: Line
    version: str
    title: str
    prefix: str
    functions: Mapping[str, Function]
    triggers: Mapping[tuple[str, str], Function] = field(default_factory=dict)
    words: str = ""

    def upload(self, path: Path) -> dict[str, Any]:
        """Hand a photo over.

        Returns:
            As the app wants a file among its parameters.
        """
        kind = PICTURE_TYPES.get(path.suffix.lower(), "application/octet-stream")
        name = f"photo{path.suffix.lower()}"
        answer = self.line.post(
            f"{self.prefix}/upload",
            files={"files": (name, path.read_bytes(), kind)},
            **UPLOAD_S,
        )
        if answer.status == 413:
            raise _photo_too_large(answer)
        if not answer.ok:
            raise failed_by_status(answer)
        there = answer.json()
        if not (isinstance(there, list) and there and isinstance(there[0], str)):
            raise not_gradio(answer.host)
        meta = {"_type": "gradio.FileData"}
        return {"path": there[0], "orig_name": name, "mime_type": kind, "meta": meta}

    def place_of(self, file: Mapping[str, Any]) -> str | None:
        """Where a file of an answer is fetched.

        Its own ``url`` is wrong in 4.x and behind proxies, so the path is asked for; None:
        neither is there.
        """
        path, url = file.get("path"), file.get("url")
        if isinstance(path, str) and path and not path.startswith(ABSOLUTE):
            return f"{self.prefix}/file={quote(path[:4000], safe='/')}"
        for text in (path, url):
            if isinstance(text, str) and text.startswith(ABSOLUTE):
                return text
        return None


def read_app(line: Line) -> App:
    """Ask an app what it is; two GETs.

    Raises:
        DriverFailed: as `Line`; `solid.not_gradio`, `solid.gradio_too_old`.
    """
    config = _asked(line, "/config")
    version = str(config.get("version") or "")
    if not version or not isinstance(config.get("dependencies"), list):
        raise not_gradio(line.host)
    major = version.split(".")[0]
    if not major.isdecimal() or int(major) < OLDEST:
        raise _too_old(line.host, version)
    prefix = "/" + str(config.get("api_prefix") or "").strip("/")
    prefix = "" if prefix == "/" else prefix
    info = _asked(line, f"{prefix}/info")
    components = {
        each["id"]: each
        for each in _objects(config.get("components"))
        if isinstance(each.get("id"), (int, str))
    }
    functions, triggers = _functions(config, info, components)
    return App(
        line=line,
        version=plain_words(version, 20),
        title=plain_words(config.get("title") or "", 60),
        prefix=prefix,
        functions=functions,
        triggers=triggers,
        words=_words(components),
    )


def _asked(line: Line, path: str) -> dict[str, Any]:
    answer = line.get(path, most_bytes=MOST_CONFIG_BYTES)
    if answer.status in (404, 405, 410):
        raise not_gradio(answer.host)
    if not answer.ok:
        raise failed_by_status(answer)
    try:
        found = answer.json()
    except DriverFailed:
        found = None
    if not isinstance(found, dict):
        raise not_gradio(answer.host)
    return found


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            yield each


def _functions(
    config: Mapping[str, Any], info: Mapping[str, Any], components: Mapping[Any, Any]
) -> tuple[dict[str, Function], dict[tuple[str, str], Function]]:
    named: dict[str, Function] = {}
    triggers: dict[tuple[str, str], Function] = {}
    described = info.get("named_endpoints")
    described = described if isinstance(described, dict) else {}
    for number, each in enumerate(
        list(_objects(config["dependencies"]))[:MOST_FUNCTIONS]
    ):
        function = _function(number, each, described, components)
        if function.name:
            named.setdefault(function.name, function)
        for label, event in _targets(each.get("targets"), components):
            if function.index is not None:
                triggers.setdefault((label, event), function)
    return named, triggers


def _targets(value: Any, components: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """(label of the field, event) of what lets the browser call a function."""
    for each in value[:MOST_PARAMETERS] if isinstance(value, list) else ():
        if isinstance(each, list) and len(each) == 2 and isinstance(each[0], (int, str)):
            props = components.get(each[0], {}).get("props")
            props = props if isinstance(props, dict) else {}
            yield str(props.get("label") or props.get("value")), str(each[1])


def _function(
    number: int,
    dependency: Mapping[str, Any],
    described: Mapping[str, Any],
    components: Mapping[Any, Any],
) -> Function:
    api_name = dependency.get("api_name")
    name = f"/{api_name}" if isinstance(api_name, str) and api_name else ""
    words = described.get(name)
    words = words if isinstance(words, dict) else {}
    parameters = list(_objects(words.get("parameters")))[:MOST_PARAMETERS]
    wanted = dependency.get("inputs")
    inputs = [
        components.get(each, {}) if isinstance(each, (int, str)) else {}
        for each in (wanted[:MOST_PARAMETERS] if isinstance(wanted, list) else ())
    ]
    shown = [each for each in inputs if not _is_hidden(each)]
    # Of one order: the fields as the browser has them, and their names as the API says.
    certain = len(shown) == len(parameters) or not name
    index = dependency.get("id")
    index = index if isinstance(index, int) else number
    gives = [
        str(each.get("component", "")).lower() for each in _objects(words.get("returns"))
    ]
    if not certain:
        read = tuple(_parameter(each, {}) for each in parameters)
        return Function(name, None, read, tuple(gives))
    known = iter(parameters)
    read = tuple(
        _hidden(each) if _is_hidden(each) else _parameter(next(known, {}), each)
        for each in inputs
    )
    return Function(name, index, read, tuple(gives))


def _is_hidden(component: Mapping[str, Any]) -> bool:
    said = component.get("skip_api")
    if isinstance(said, bool):
        return said
    return component.get("type") in HIDDEN


def _hidden(component: Mapping[str, Any]) -> Parameter:
    props = component.get("props")
    props = props if isinstance(props, dict) else {}
    kind = str(component.get("type") or "").lower()
    # The app keeps states itself; of a button the browser sends what is written on it.
    value = None if kind == "state" else props.get("value")
    label = str(props.get("label") or props.get("value") or "")
    return Parameter("", label[:100], kind, hidden=True, default=value, has_default=True)


def _parameter(words: Mapping[str, Any], component: Mapping[str, Any]) -> Parameter:
    props = component.get("props")
    props = props if isinstance(props, dict) else {}
    kind = str(words.get("component") or component.get("type") or "")
    return Parameter(
        name=str(words.get("parameter_name") or "")[:100],
        label=str(words.get("label") or props.get("label") or "")[:100],
        component=kind.lower(),
        default=words.get("parameter_default", props.get("value")),
        has_default=bool(
            words.get("parameter_has_default", props.get("value") is not None)
        ),
        low=_number(props.get("minimum")),
        high=_number(props.get("maximum")),
        choices=tuple(_choices(props.get("choices"))),
    )


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else None


def _choices(value: Any) -> Iterator[Any]:
    """Gradio writes a choice as its label and its value."""
    for each in value[:MOST_PARAMETERS] if isinstance(value, list) else ():
        yield each[1] if isinstance(each, list) and len(each) == 2 else each


def _words(components: Mapping[Any, Any]) -> str:
    found = []
    for each in components.values():
        props = each.get("props")
        value = props.get("value") if isinstance(props, dict) else None
        if each.get("type") in ("html", "markdown") and isinstance(value, str):
            found.append(value[:4000])
    return " ".join(found)[:40_000].lower()


def not_gradio(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.not_gradio",
        N_(
            "What answers at %(host)s is no Gradio app; write the address that opens the app "
            "in a browser."
        ),
        host=host,
    )


def _too_old(host: str, version: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.gradio_too_old",
        N_(
            "The app at %(host)s is made with Gradio %(version)s, which is too old to be used "
            "from here; update it to version 4 or newer."
        ),
        host=host,
        version=plain_words(version, 20),
    )


def _photo_too_large(answer: Answer) -> DriverFailed:
    return DriverFailed(
        ErrorKind.INPUT,
        "solid.photo_too_large",
        N_(
            "The app at %(host)s does not take a photo of this size; crop it, or allow larger "
            "files there (max_file_size)."
        ),
        host=answer.host,
    )
