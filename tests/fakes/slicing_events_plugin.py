"""A plugin for OctoPrint that writes down what is said of slicing, one JSON line each."""

import json
import threading
from pathlib import Path

import octoprint.plugin

__plugin_name__ = "Slicing events"
__plugin_pythoncompat__ = ">=3.10,<4"


class SlicingEvents(octoprint.plugin.EventHandlerPlugin, octoprint.plugin.ProgressPlugin):
    def initialize(self):
        self._file = Path(self.get_plugin_data_folder()) / "events"
        self._lock = threading.Lock()

    def _write(self, *what):
        with self._lock, open(self._file, "a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")

    def on_event(self, event, payload):
        if event.startswith("Slicing"):
            self._write(event, payload)

    def on_slicing_progress(self, slicer, storage, path, to_storage, to_path, progress):
        self._write("Progress", {"slicer": slicer, "gcode": to_path, "percent": progress})


def __plugin_load__():
    global __plugin_implementation__
    __plugin_implementation__ = SlicingEvents()
