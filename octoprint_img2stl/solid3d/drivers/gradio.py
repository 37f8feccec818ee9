"""Any app made with Gradio: the demonstrations that come with most models, and Hugging Face.

What is called, and with what, is a recipe (see `gradio_recipe`): one of those that come with
this plugin, the owner's own, or a guess. The photos are handed over and the first call is
made by `submit`; a thread of this driver then listens, makes the calls after it, and `poll`
tells what the thread heard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from ...problems import N_
from ..answer import starts_nothing
from ..driver import (
    DONE,
    DOWNLOAD_LIMIT_BYTES,
    LOST,
    QUEUED,
    Cancel,
    Capabilities,
    Driver,
    JobSpec,
    MeshFile,
    RemoteRef,
    Status,
)
from ..endpoint import Endpoint, EndpointOption, Preset
from ..line import Line
from ..refused import DriverFailed, ErrorKind, SolidRefused
from ..results import take_in
from ..words import plain_words
from . import gradio_recipe
from .gradio_app import App, read_app
from .gradio_events import log_in
from .gradio_fill import Filling, gave_nothing
from .gradio_guess import guess
from .gradio_recipe import Call, Recipe, Way
from .gradio_run import Run, function_of, steps_of, unmatched

GUESS, OWN = "guess", "own"
# Name of a recipe of ours -> what people call the app.
APPS = {
    "hunyuan": "Hunyuan3D-2 / 2mini",
    "hunyuan-mv": "Hunyuan3D-2mv",
    "triposr": "TripoSR",
    "trellis": "TRELLIS",
    "trellis-2": "TRELLIS.2",
    "stable-fast-3d": "Stable Fast 3D",
}
FUNCTION = re.compile(r"/?[\w.-]{1,100}", re.ASCII)
# On the page of an app with a model of several views, whatever its owner thinks it is.
SEVERAL_VIEWS = {"hunyuan": ("hunyuan3d-2mv", "hunyuan-mv")}
GONE = (403, 404, 410)


@cache
def recipe_of(name: str) -> Recipe:
    return gradio_recipe.shipped(name)


def _preset(name: str, help: str, link: str) -> Preset:
    return Preset(
        name=f"gradio-{name}",
        label=f"{APPS[name]} (Gradio)",
        help=help,
        driver="gradio",
        options={"app": name},
        link=link,
    )


class GradioDriver(Driver):
    name: ClassVar[str] = "gradio"
    label: ClassVar[str] = "Gradio"
    description: ClassVar[str] = N_(
        "The demonstration app of a model, on a computer of yours with a graphics card or at "
        "Hugging Face. A job is lost when the connection breaks, and then asked for again."
    )
    options: ClassVar[tuple[EndpointOption, ...]] = (
        EndpointOption(
            "app",
            "choice",
            N_("Which app"),
            N_(
                "Choose the one that runs there; any other one is used as it seems right."
            ),
            default=GUESS,
            choices={
                GUESS: N_("Another one, find out how"),
                **APPS,
                OWN: N_("As I describe it"),
            },
        ),
        EndpointOption(
            "function",
            "text",
            N_("Function"),
            N_(
                "Of another app: the name of its function that makes the mesh, as its page "
                "says under “Use via API”, such as /generate. Empty: the likeliest one."
            ),
            advanced=True,
        ),
        EndpointOption(
            "mapping",
            "long",
            N_("How it is used"),
            N_(
                "As JSON, where you describe it yourself: which functions are called one "
                "after the other and what their parameters get, such as "
                '{"call": "/generate", "fill": {"image": {"view": "front"}, '
                '"seed": {"seed": true}}}.'
            ),
            advanced=True,
        ),
    )
    presets: ClassVar[tuple[Preset, ...]] = (
        _preset(
            "hunyuan",
            N_(
                "The app gradio_app.py of Hunyuan3D-2 (port 8080). Its licence excludes the "
                "European Union, the United Kingdom and South Korea."
            ),
            "https://github.com/Tencent-Hunyuan/Hunyuan3D-2",
        ),
        _preset(
            "hunyuan-mv",
            N_(
                "The same app with the model tencent/Hunyuan3D-2mv, for one to four photos. "
                "Its licence excludes the European Union, the United Kingdom and South Korea."
            ),
            "https://github.com/Tencent-Hunyuan/Hunyuan3D-2",
        ),
        _preset(
            "triposr",
            N_("The app gradio_app.py of TripoSR (port 7860): fast, simple shapes."),
            "https://github.com/VAST-AI-Research/TripoSR",
        ),
        _preset(
            "trellis",
            N_("The app app.py of TRELLIS (port 7860), for one photo or several."),
            "https://github.com/microsoft/TRELLIS",
        ),
        _preset(
            "trellis-2",
            N_(
                "The app app.py of TRELLIS.2 (port 7860). Its meshes are thin double shells, "
                "which are filled here before they are printed."
            ),
            "https://github.com/microsoft/TRELLIS.2",
        ),
        _preset(
            "stable-fast-3d",
            N_(
                "The app gradio_app.py of Stable Fast 3D (port 7860): fast, simple shapes."
            ),
            "https://github.com/Stability-AI/stable-fast-3d",
        ),
        Preset(
            name="gradio-other",
            label=N_("Another Gradio app"),
            help=N_(
                "Any app that takes a photo and gives a mesh. For a private app at Hugging "
                "Face choose Bearer and enter an access token (hf_…)."
            ),
            driver="gradio",
            options={"app": GUESS},
            link="https://huggingface.co/spaces?category=3d-modeling",
        ),
    )
    assumed: ClassVar[Capabilities] = Capabilities(
        progress="percent",
        cancel="queued",
        survives_disconnect=False,
        geometry_only=False,
    )

    def __init__(self, endpoint: Endpoint, line: Line) -> None:
        super().__init__(endpoint, line)
        self._runs: dict[str, Run] = {}
        self._logged_in = False

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        app = options.get("app") or GUESS
        if app not in (GUESS, OWN, *APPS):
            raise SolidRefused(
                "solid.unknown_app",
                N_("%(app)s is no app that is known here; choose one of %(choices)s."),
                field="endpoint.app",
                app=plain_words(app, 40),
                choices=", ".join((GUESS, *APPS, OWN)),
            )
        function = options.get("function") or ""
        if function and not (isinstance(function, str) and FUNCTION.fullmatch(function)):
            raise SolidRefused(
                "solid.bad_function",
                N_("%(function)s is no name of a function; write it as /generate."),
                field="endpoint.function",
                function=plain_words(function, 60),
            )
        if app == OWN:
            gradio_recipe.parse(options.get("mapping") or "")

    @classmethod
    def assumed_for(cls, endpoint: Endpoint) -> Capabilities:
        """What it can do before it was asked: as its recipe says."""
        app = endpoint.options.get("app") or GUESS
        try:
            if app in APPS:
                return gradio_recipe.capabilities(recipe_of(app))
            if app == OWN:
                mapping = endpoint.options.get("mapping") or ""
                return gradio_recipe.capabilities(gradio_recipe.parse(mapping))
        except SolidRefused:
            pass
        return cls.assumed

    def probe(self) -> Capabilities:
        app = self._app()
        recipe = self._recipe(app)
        self._way(app, recipe, 1)
        version = f"{app.title}, Gradio {app.version}".lstrip(", ")
        return gradio_recipe.capabilities(
            recipe, version=version, model=recipe.able.get("model") or app.title
        )

    def submit(
        self, job: JobSpec, key: str, note: Callable[[RemoteRef], None]
    ) -> RemoteRef:
        with starts_nothing():
            app = self._app()
            recipe = self._recipe(app)
            way = self._way(app, recipe, len(job.views))
            filling = Filling(app, job)
            filling.hand_over(way)
            run = Run(app, steps_of(app, way, filling), filling, key, job.deadline_s)
        ids = {"session": key, "up_axis": str(recipe.able.get("up_axis", "y"))}
        ref = RemoteRef(self.name, self.endpoint.id, ids)
        note(ref)
        run.begin()
        self._runs = {key: run}
        return ref

    def poll(self, ref: RemoteRef) -> Status:
        run = self._run(ref)
        return run.status if run is not None else Status(LOST)

    def fetch(
        self,
        ref: RemoteRef,
        target: Path,
        *,
        max_bytes: int = DOWNLOAD_LIMIT_BYTES,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> MeshFile:
        run = self._run(ref)
        if run is None or run.status.state != DONE:
            raise _gone(self.line.host)
        place = run.app.place_of(run.mesh) if run.mesh else None
        if place is None:
            raise gave_nothing(self.line.host)
        part = target.with_name(f"{target.name}.part")
        try:
            self.line.download(place, part, most_bytes=max_bytes, progress=progress)
        except DriverFailed as failure:
            if failure.kind in (ErrorKind.INPUT, ErrorKind.AUTH):
                raise _gone(self.line.host) from None
            raise
        up_axis = str(ref.ids.get("up_axis", "y"))
        return take_in(part, target, up_axis=up_axis, max_bytes=max_bytes)

    def cancel(self, ref: RemoteRef) -> Cancel:
        run = self._run(ref)
        if run is None:
            return Cancel.TOO_LATE
        before = run.cancel()
        if before.state == QUEUED:
            return Cancel.STOPPED
        # A plain function of Python goes on to its end.
        return Cancel.REQUESTED if before.state not in (DONE, LOST) else Cancel.TOO_LATE

    # -- inside ------------------------------------------------------------------------------

    def _run(self, ref: RemoteRef) -> Run | None:
        return self._runs.get(str(ref.ids.get("session")))

    def _app(self) -> App:
        """The app as it is now; logged in where it asks for that."""
        wants_login = self.endpoint.auth == "login"
        if wants_login and not self._logged_in:
            log_in(self.line, self.endpoint.user, self.endpoint.secret)
            self._logged_in = True
        try:
            return read_app(self.line)
        except DriverFailed as failure:
            if not wants_login or failure.kind is not ErrorKind.AUTH:
                raise
        # The app was started anew since.
        log_in(self.line, self.endpoint.user, self.endpoint.secret)
        return read_app(self.line)

    def _recipe(self, app: App) -> Recipe:
        chosen = self.endpoint.options.get("app") or GUESS
        if chosen == OWN:
            return gradio_recipe.parse(self.endpoint.options.get("mapping") or "")
        if chosen in APPS:
            words, instead = SEVERAL_VIEWS.get(chosen, ("", ""))
            return recipe_of(instead if words and words in app.words else chosen)
        wanted = str(self.endpoint.options.get("function") or "")
        known = None if wanted else _known(app)
        found = known or guess(app, wanted)
        if found is None:
            raise _no_function(self.line.host)
        return found

    def _way(self, app: App, recipe: Recipe, photos: int) -> Way:
        """The first one that fits; photos beyond those it takes are left out."""
        there = [way for way in recipe.ways if _fits(app, way)]
        if not there:
            raise self._other_app(app, recipe.ways)
        if self.endpoint.options.get("app") == OWN:
            for way in there:
                for call, name in unmatched(app, way):
                    raise _no_parameter(app, call, name)
        fitting = [way for way in there if way.views[0] <= photos <= way.views[1]]
        return (fitting or sorted(there, key=lambda way: -way.views[1]))[0]

    def _other_app(self, app: App, ways: tuple[Way, ...]) -> DriverFailed:
        missing = next(
            call for way in ways for call in way.calls if function_of(app, call) is None
        )
        return DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.gradio_other_app",
            N_(
                "The app at %(host)s has no %(function)s; choose in the endpoint's settings "
                "which app it is."
            ),
            sent=False,
            host=self.line.host,
            function=plain_words(_name_of(missing), 80),
        )


def _fits(app: App, way: Way) -> bool:
    return all(function_of(app, call) is not None for call in way.calls)


def _known(app: App) -> Recipe | None:
    """Of an app that was not said to be one of ours, but has all its functions."""
    for name in APPS:
        recipe = recipe_of(name)
        words, instead = SEVERAL_VIEWS.get(name, ("", ""))
        if all(_fits(app, way) and not any(unmatched(app, way)) for way in recipe.ways):
            return recipe_of(instead) if words and words in app.words else recipe
    return None


def _name_of(call: Call) -> str:
    function = call.function
    return function if isinstance(function, str) else f"{function[0]} ({function[1]})"


def _no_parameter(app: App, call: Call, name: str) -> DriverFailed:
    function = function_of(app, call)
    shown = [each.name or each.label for each in function.parameters if not each.hidden]
    return DriverFailed(
        ErrorKind.INPUT,
        "solid.gradio_no_parameter",
        N_(
            "%(function)s of the app at %(host)s has no parameter %(parameter)s; correct how "
            "it is used in the endpoint's settings. It has: %(parameters)s."
        ),
        sent=False,
        host=app.line.host,
        function=plain_words(_name_of(call), 60),
        parameter=plain_words(name, 60),
        parameters=plain_words(", ".join(shown), 300),
    )


def _gone(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.LOST,
        "solid.gradio_gone",
        N_("The app at %(host)s has nothing of this job any more; ask for it again."),
        host=host,
    )


def _no_function(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.gradio_no_mesh_function",
        N_(
            "The app at %(host)s has no function that takes a picture and gives a mesh; choose "
            "another one in the endpoint's settings, or describe how it is used."
        ),
        sent=False,
        host=host,
    )


DRIVER = GradioDriver
