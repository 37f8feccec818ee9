"""All that the plugin consists of at run time, put together once when OctoPrint starts."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..jobs.engine import Options
from ..jobs.model import Job, JobState
from ..jobs.params import FIRST_ROUTE, Params
from ..jobs.runner import Runner
from ..jobs.store import JobStore
from ..jobs.warm import WarmWorker
from ..machine import Machine
from ..printing import PrintQueue
from ..printing.recheck import sha256_of
from ..problems import Refusal
from ..process import machine_memory_bytes
from ..slicing.cura.engine import CuraEngine
from ..slicing.owner_paths import OwnerPath, OwnerPaths
from ..slicing.prusaslicer import PrusaSlicer
from ..slicing.registry import SLICERS, find
from ..solid3d import registry
from .cost import Price
from .endpoints import Endpoints
from .generators import PluginGenerators
from .house_profiles import HouseProfiles
from .printer import OctoPrintPrinter
from .settings import MB
from .spools import Spools

PUSH_INTERVAL_S = 0.5
CANDIDATE_INTERVAL_S = 1.5
PACES = "paces.json"  # in the data folder: what slices took
TICK_S = 2.0

_log = logging.getLogger(__name__)


class House(HouseProfiles):
    """Jobs, print queue and printer, and how they tell the browsers.

    Args:
        settings, profiles, printer, files: what OctoPrint injects: the plugin's settings, the
            printer profile manager, the printer and the file manager.
        folder: the plugin's data folder.
        pushed: sends a message to the browsers of users who may see the plugin.
        happened: fires one of the plugin's events.
        plugin_manager: OctoPrint's; other plugins are asked which spools are loaded.
    """

    def __init__(
        self,
        settings: Any,
        profiles: Any,
        printer: Any,
        files: Any,
        folder: Path,
        *,
        pushed: Callable[[dict[str, Any]], None],
        happened: Callable[[str, dict[str, Any]], None],
        plugin_manager: Any,
    ) -> None:
        self._settings = settings
        self.spools = Spools(plugin_manager, settings)
        self._profiles = profiles
        self._pushed = pushed
        self._happened = happened
        self.store = JobStore(folder / "jobs", self._settings.get_int(["quota_mb"]) * MB)
        self.warm = WarmWorker(
            folder,
            self.memory_bytes,
            lambda: 60.0 * self._settings.get_int(["worker_idle_min"]),
        )
        self.endpoints = Endpoints(
            folder,
            check=registry.check,
            changed=lambda: self._pushed({"type": "endpoints"}),
        )
        self.generators = PluginGenerators(self.endpoints)
        self.runner = Runner(
            self.store,
            self.options,
            self._job_changed,
            self._first_params,
            self.hold,
            self.warm,
            self.generators,
        )
        self._paces = folder / PACES
        self.printer = OctoPrintPrinter(printer, files)
        self.queue = PrintQueue(
            folder / "queue",
            self.printer,
            self.machine,
            hash_file=lambda path: sha256_of(self.printer.path_on_disk(path)),
            changed=lambda: self._pushed({"type": "queue"}),
        )
        self._open_profiles(folder)
        self._slicers: list[dict[str, Any]] | None = None
        self._seen: dict[str, tuple[float, JobState]] = {}
        self._told: dict[str, float] = {}
        self._events: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._loop, daemon=True, name="img2stl-events"
        )

    def start(self) -> None:
        self.runner.start()
        self._thread.start()
        self.soon(self.probe_slicers)

    def stop(self) -> None:
        self._events.put(None)
        self.runner.stop()

    # -- what the settings say --------------------------------------------------------------

    def memory_bytes(self) -> int:
        """Limit for each process: the setting, or half of the machine's memory."""
        return self._settings.get_int(["memory_mb"]) * MB or machine_memory_bytes() // 2

    def slicer_paths(self) -> OwnerPaths:
        """Where the owner has the slicers, as far as that is set."""

        get = self._settings.get
        return {
            PrusaSlicer.name: OwnerPath(get(["prusaslicer_path"]) or ""),
            CuraEngine.name: OwnerPath(
                get(["curaengine_path"]) or "", get(["cura_definitions"]) or ""
            ),
        }

    def price(self) -> Price:
        """What filament costs, as far as the owner says so."""
        return Price(
            self._settings.get_float(["filament_price"]) or 0.0,
            self._settings.get(["currency"]) or "",
        )

    def upload_bytes(self) -> int:
        return self._settings.get_int(["upload_mb"]) * MB

    def mesh_bytes(self) -> int:
        return self._settings.get_int(["mesh_upload_mb"]) * MB

    def options(self) -> Options:
        """Limits and paths for the next run."""
        return Options(
            memory_bytes=self.memory_bytes(),
            time_s=60.0 * self._settings.get_int(["time_limit_min"]),
            slicers=self.slicer_paths(),
            profiles=str(self.profiles.folder),
            paces=str(self._paces),
            spare_core=self.printer.state().printing,
        )

    def settings_changed(self) -> None:
        self.store.quota_bytes = self._settings.get_int(["quota_mb"]) * MB
        self.soon(self.probe_slicers)

    def machine(self) -> Machine:
        """The printer that is set up now.

        Raises:
            MachineRefused: OctoPrint's profile cannot be used.
        """
        return Machine.from_octoprint_profile(self.printer_profile())

    def _first_params(self, size_px: tuple[int, int]) -> Params:
        try:
            machine = self.machine()
        except Refusal:
            machine = None
        params = self.with_default_profile(Params.defaults(FIRST_ROUTE))
        return params.fitted(machine, size_px)

    def hold(self) -> bool:
        """Whether nothing heavy may be begun now because of a print."""
        if not self.printer.state().printing:
            return False
        alone = (os.cpu_count() or 1) < 2  # no core to spare for the print
        return alone or not self._settings.get_boolean(["work_while_printing"])

    # -- slicers ----------------------------------------------------------------------------

    def slicers(self) -> list[dict[str, Any]]:
        """What was found out on each slicer: `name`, `label`, `version`, `problem`."""
        return self._slicers if self._slicers is not None else self.probe_slicers()

    def usable_slicers(self) -> list[str]:
        """Names of the slicers that are here; quick, for it never starts one.

        Until they were asked for their versions, a program of the right name will do.
        """
        if self._slicers is not None:
            return [each["name"] for each in self._slicers if not each["problem"]]
        own, there = self.slicer_paths(), []
        for name in SLICERS:
            try:
                find(name, own)
            except Refusal:
                continue
            there.append(name)
        return there

    def probe_slicers(self) -> list[dict[str, Any]]:
        """Ask every slicer for its version and what else it needs; takes a second."""
        found = []
        for name, slicer in SLICERS.items():
            version = problem = None
            try:
                version = find(name, self.slicer_paths()).ready()
            except Refusal as refusal:
                problem = refusal.problem
            found.append(
                {
                    "name": name,
                    "label": slicer.label,
                    "version": version,
                    "problem": problem,
                }
            )
        self._slicers = found
        return found

    # -- one thread for whatever must not hold up OctoPrint ---------------------------------

    def soon(self, action: Callable[[], Any]) -> None:
        """Do something in the house's own thread: OctoPrint's event thread must not wait."""
        self._events.put(action)

    def _loop(self) -> None:
        while True:
            try:
                action = self._events.get(timeout=TICK_S)
            except queue.Empty:
                action = self._tick
            if action is None:
                return
            try:
                action()
            except Exception:
                _log.exception("Something went wrong behind an event")

    def _tick(self) -> None:
        self.queue.tick()
        self.profile_uploads.tidy()

    def endpoint_answers(self, endpoint: str) -> None:
        """It was just heard of: who waits for it need not wait any longer."""
        self.runner.couriers.wake(endpoint)

    def _candidate_changed(self, job: Job) -> None:
        """Tell the browsers now and then; what is new about it they ask for."""
        now = time.monotonic()
        if job.pending and now - self._told.get(job.id, 0.0) >= CANDIDATE_INTERVAL_S:
            self._told[job.id] = now
            number = job.pending.number
            self._pushed({"type": "candidate", "id": job.id, "number": number})

    def _job_changed(self, job: Job) -> None:
        """Tell the browsers, at most twice a second unless the state changed."""
        if job.state is JobState.GENERATING:
            self._candidate_changed(job)
        now = time.monotonic()
        last, state = self._seen.get(job.id, (0.0, None))
        if job.state is state and now - last < PUSH_INTERVAL_S:
            return
        self._seen[job.id] = (now, job.state)
        self._pushed(
            {
                "type": "job",
                "id": job.id,
                "state": job.state.value,
                "step": job.step,
                "percent": round(job.percent, 1),
            }
        )
        if job.state is not state and job.state in (JobState.DONE, JobState.FAILED):
            # Events reach every user and shell commands: nothing but our own words in them.
            name = "job_done" if job.state is JobState.DONE else "job_failed"
            self._happened(name, {"id": job.id, "route": job.params.get("route")})

    def forget(self, job_id: str) -> None:
        """A job is gone: tell the browsers."""
        self._seen.pop(job_id, None)
        self._told.pop(job_id, None)
        self._pushed({"type": "job_deleted", "id": job_id})
