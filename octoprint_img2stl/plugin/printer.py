"""OctoPrint's printer and files, as the print queue needs them.

Every difference between OctoPrint 1.11 and 2.0 lives here. The only thing that ever reaches
the printer from us is OctoPrint's own "select this file and print it".
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from octoprint.filemanager.destinations import FileDestinations
from octoprint.filemanager.util import DiskFileWrapper
from octoprint.util.version import is_octoprint_compatible

from ..jobs.kinds import suffix_of
from ..printing.printer import PrinterState
from ..problems import N_, Refusal

FOLDER = "img2stl"  # inside OctoPrint's uploads
TAGS = {"plugin:img2stl"}
NAME_LENGTH = 40
MOST_FILES = 5000  # more are not listed


class PrinterRefused(Refusal):
    """OctoPrint did not take the file or the order."""


def key(origin: Any, path: Any) -> str:
    """A file's name for the queue, from an event's origin and path."""
    return f"{getattr(origin, 'value', origin)}:{path}"


class OctoPrintPrinter:
    """Implements `printing.Printer`.

    Args:
        printer: OctoPrint's printer.
        files: OctoPrint's file manager.
    """

    def __init__(self, printer: Any, files: Any) -> None:
        self._printer = printer
        self._files = files

    def state(self) -> PrinterState:
        printer = self._printer
        # Cancelling and finishing are neither printing nor ready: OctoPrint tells the end of a
        # print before its last scripts have run, which may take minutes.
        under_way = printer.is_printing() or printer.is_paused()
        printing = under_way and not (printer.is_cancelling() or printer.is_finishing())
        path = None
        if printing:
            file = (printer.get_current_job() or {}).get("file") or {}
            if file.get("path"):
                path = key(file.get("origin"), file["path"])
        return PrinterState(
            connected=not printer.is_closed_or_error(),
            ready=bool(printer.is_ready()),
            printing=printing,
            path=path,
        )

    def busy(self) -> bool:
        """Whether it prints, pauses, cancels, finishes or is being sent a file."""
        printer = self._printer
        return printer.is_operational() and not printer.is_ready()

    def progress(self) -> float | None:
        """Percent of the running print, None if not known."""
        data = self._printer.get_current_data() or {}
        return (data.get("progress") or {}).get("completion")

    def start(self, path: str, user: str) -> None:
        """Select the file and print it, in one order: should the selection silently fail, no
        other file that happens to be selected is started in its place."""
        origin, _, name = path.partition(":")
        if is_octoprint_compatible(">=2.0.0rc1"):
            job = self._files.create_job(origin, name, owner=user)
            self._printer.set_job(job, print_after_select=True, user=user, tags=set(TAGS))
        else:
            # deprecated only from 2.0 on, where the branch above is taken
            self._printer.select_file(
                name, False, printAfterSelect=True, user=user, tags=set(TAGS)
            )

    # -- files ------------------------------------------------------------------------------

    def add_gcode(
        self, gcode: Path, name: str, job_id: str, analysis: dict[str, Any], user: str
    ) -> str:
        """Put a finished G-code file among OctoPrint's files; returns its key.

        Args:
            gcode: the file, which is copied.
            name: what people call it; only letters and digits of it are used.
            job_id: keeps two jobs of the same name apart.
            analysis: as OctoPrint's own analysis would find, which is then skipped.
            user: the owner of the new file.

        Raises:
            PrinterRefused: the old file of the same job is being printed.
        """
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:NAME_LENGTH] or "photo"
        local = FileDestinations.LOCAL
        self._files.add_folder(local, FOLDER, ignore_existing=True)
        path = f"{FOLDER}/{plain}-{job_id[:8]}.gcode"
        if self.state().path == key(local, path):
            raise PrinterRefused(
                "queue.file_is_printing",
                N_(
                    "The earlier version of this model is being printed; add it afterwards."
                ),
            )
        stored = self._files.add_file(
            local,
            path,
            DiskFileWrapper(path.rpartition("/")[2], str(gcode), move=False),
            allow_overwrite=True,
            analysis=analysis,
            user=user,
        )
        return key(local, stored)

    def meshes(self) -> list[dict[str, Any]]:
        """Meshes among OctoPrint's own files: `path`, `name`, `size`, `date`, by path.

        Looked up on the disk itself: OctoPrint lists only kinds that some plugin announced.
        """
        root = Path(self._files.path_on_disk(FileDestinations.LOCAL, ""))
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                file = Path(folder, name)
                if name.startswith(".") or not suffix_of(name) or file.is_symlink():
                    continue
                status = file.stat()
                path = file.relative_to(root).as_posix()
                found.append(
                    {
                        "path": path,
                        "name": name,
                        "size": status.st_size,
                        "date": int(status.st_mtime),
                    }
                )
            if len(found) > MOST_FILES:
                break
        return sorted(found, key=lambda each: each["path"].lower())

    def mesh_on_disk(self, path: str) -> Path:
        """Where one of `meshes` lies.

        Raises:
            PrinterRefused: it is not one of them (any more).
        """
        if not any(each["path"] == path for each in self.meshes()):
            raise PrinterRefused(
                "files.not_found",
                N_("%(name)s is not among OctoPrint's files any more; reload the list."),
                name=path[:100],
            )
        return Path(self._files.path_on_disk(FileDestinations.LOCAL, path))

    def path_on_disk(self, path: str) -> str:
        """Where the file of a key lies."""
        origin, _, name = path.partition(":")
        return self._files.path_on_disk(origin, name)
