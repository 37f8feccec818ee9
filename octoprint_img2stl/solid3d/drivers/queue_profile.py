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
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..driver import ROLES, Capabilities, JobSpec
from .queue_places import places_in

SPECS = ("view", "views", "seed", "faces", "detail", "uncut", "photo")


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
