"""make --route solid3d: a solid of photos, made here or by an endpoint."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..jobs import candidates
from ..jobs.candidates import Candidate
from ..jobs.engine import Goal, Options
from ..jobs.generators import Generators, OneEndpoint, OnlyLocal
from ..jobs.model import Job, JobState
from ..jobs.params import SOLID_ROUTE, Params
from ..jobs.sending import check_views
from ..jobs.store import JobStore
from ..mesh.settings import MeshSettings
from ..problems import N_
from ..solid3d.endpoint import Endpoint
from ..solid3d.settings import SolidSettings
from .shared import Bar, CommandRefused
from .working import work

SECRET = "IMG2STL_SECRET"  # of the environment: other users see the words of a command
COMMAND_ENDPOINT = "command"  # id of the endpoint that a file describes
TICK_S = 0.2


def generators_of(file: Path | None) -> Generators:
    """The local generator, and the endpoint that FILE describes, if any.

    Raises:
        CommandRefused, SolidRefused: it is no description.
        DriverFailed: it does not answer; better known now than after a day of waiting.
    """
    if file is None:
        return OnlyLocal()
    from ..solid3d import registry

    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        data = None
    if not isinstance(data, dict):
        raise CommandRefused(
            "command.endpoint_unreadable",
            N_(
                "%(file)s does not describe an endpoint; write it as JSON with driver and "
                'url, such as {"driver": "hunyuan", "url": "http://127.0.0.1:8081"}.'
            ),
            file=str(file),
        )
    filled = {"name": "endpoint", **data, "id": COMMAND_ENDPOINT}
    endpoint = Endpoint.from_json(filled).with_secret(os.environ.get(SECRET, ""))
    registry.check(endpoint)
    driver = registry.make(endpoint)
    try:
        return OneEndpoint(endpoint, driver.probe())
    finally:
        driver.close()


def solid_params(
    settings: Sequence[tuple[str, Any]],
    roles: Sequence[str],
    photo: dict[str, Any],
    slicing: dict[str, Any],
    *,
    remote: bool,
    anyway: bool,
) -> Params:
    """Parameters of full 3D from the command line.

    Args:
        settings: names and values of ``--set``; of a solid, or of the mesh made of it.
        roles: where the cameras stood, in the order of the photos.
        photo: turn and crop of the first photo.
        slicing: as for other routes.
        remote: an endpoint makes it.
    """
    solid: dict[str, Any] = {"endpoint": COMMAND_ENDPOINT} if remote else {}
    mesh: dict[str, Any] = {}
    for name, value in settings:
        own = name in SolidSettings.__dataclass_fields__
        if own or name not in MeshSettings.__dataclass_fields__:
            solid[name] = value
        else:
            mesh[name] = value
    if roles:
        solid["roles"] = {str(n): role for n, role in enumerate(roles, start=1)}
    return Params.from_json(
        {
            "route": SOLID_ROUTE,
            "photo": photo,
            "solid": {**solid, "candidate": 1},
            "mesh": mesh,
            "slicing": slicing,
            "anyway": anyway,
        }
    )


def generate(
    job: Job, store: JobStore, options: Options, generators: Generators, *, quiet: bool
) -> None:
    """Make the job's solid; the job's mesh settings are kept where they were given.

    The job is failed afterwards where there is none.
    """
    params = Params.from_json(job.params)
    generator = generators.get(params.solid.endpoint)
    photos = (params.photo, *params.photos)
    roles = [params.solid.role_of(p.number, k) for k, p in enumerate(photos)]
    check_views([{"role": role} for role in roles], generator)
    job.candidates = [Candidate.asked_of(generator, 1, params.solid)]
    job.resting, job.state = JobState.DRAFT.value, JobState.GENERATING
    candidate = job.candidates[0]
    away = options.for_photos_of(generator.capabilities)
    work(job, store, away, quiet=quiet, goal=Goal.GENERATE)
    if job.state is JobState.GENERATING:
        click.echo(f"The photos go to {generator.host}.", err=True)
        _carry(job, store, generators, quiet=quiet)
        if candidate.state == candidates.PENDING:
            work(job, store, options, quiet=quiet, goal=Goal.TAKE_IN)
    if candidate.state != candidates.DONE:
        job.state, job.problem = JobState.FAILED, candidate.problem
        return
    given = {
        name: value
        for name, value in params.mesh.to_json().items()
        if value != MeshSettings().to_json()[name]
    }
    made = Params.from_json(job.params)
    mesh = MeshSettings.from_json({**made.mesh.to_json(), **given})
    job.params = replace(made, mesh=mesh).to_json()


def _carry(job: Job, store: JobStore, generators: Generators, *, quiet: bool) -> None:
    """To the endpoint and back, with a progress bar; Ctrl-C stops it there as well."""
    from ..jobs.couriers import Couriers

    ended = threading.Event()
    with Bar(quiet) as bar:
        couriers = Couriers(
            store,
            generators,
            changed=lambda job: bar.show(job.percent, "generate"),
            arrived=lambda job: ended.set(),
            settled=lambda job: ended.set(),
        )
        couriers.take(job)
        try:
            while not ended.wait(TICK_S):
                pass
        except KeyboardInterrupt:
            couriers.cancel(job.id)
            ended.wait(5.0)
            raise
        finally:
            couriers.stop()
