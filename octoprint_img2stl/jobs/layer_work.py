"""The layers of a finished job, as the browser asks the warm worker for them."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..machine import Machine
from .pictures import png
from .pipeline import GCODE, LAYERS

PICTURE_SIZE_PX = 640
# The lines shrink to a third; more effort takes twice the time for a tenth of the bytes.
GZIP_LEVEL = 2


def picture(task: Mapping[str, Any]) -> str:
    """One layer drawn as PNG, base64."""
    from ..slicing.draw import draw_layer

    folder = Path(task["folder"])
    machine = Machine.from_json(task["machine"])
    drawn = draw_layer(
        folder / GCODE, _layers(folder), task["layer"], machine, PICTURE_SIZE_PX
    )
    return base64.b64encode(png(drawn)).decode()


def lines(task: Mapping[str, Any]) -> str:
    """One layer's lines, `gcode_lines.layer_data`, as JSON, gzip, base64.

    Packed here because OctoPrint's own process, which only hands it on, has better things
    to do than to read two megabytes of numbers.
    """
    from ..slicing.gcode_lines import layer_data

    folder = Path(task["folder"])
    data = layer_data(folder / GCODE, _layers(folder), task["layer"])
    text = json.dumps(data, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(text, GZIP_LEVEL)).decode()


def _layers(folder: Path) -> list[tuple[float, ...]]:
    return [tuple(layer) for layer in json.loads((folder / LAYERS).read_text())]
