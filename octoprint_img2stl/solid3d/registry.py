"""The remote protocols that are known; adding one is adding its module and a line here."""

from __future__ import annotations

from importlib import import_module

from ..problems import N_
from .driver import Capabilities, Driver
from .endpoint import Endpoint, Preset
from .line import Line
from .refused import SolidRefused

# Name of the driver -> its module in this room, which has the class as `DRIVER`. In the order
# in which they are offered.
DRIVERS: dict[str, str] = {
    "hunyuan": "drivers.hunyuan",
    "comfyui": "drivers.comfyui",
    "gradio": "drivers.gradio",
    "queue": "drivers.queue",
    "tripo": "drivers.tripo",
    "meshy": "drivers.meshy",
}


def driver_class(name: str) -> type[Driver]:
    """The class of a driver, which is imported now.

    Raises:
        SolidRefused: `solid.unknown_driver`.
    """
    if name not in DRIVERS:
        raise SolidRefused(
            "solid.unknown_driver",
            N_("%(driver)s is no kind of endpoint; choose one of %(choices)s."),
            field="endpoint.driver",
            driver=name[:40],
            choices=", ".join(DRIVERS),
        )
    return import_module(f".{DRIVERS[name]}", __package__).DRIVER


def make(endpoint: Endpoint) -> Driver:
    """A driver with a line to the endpoint, nothing of which was asked yet.

    Raises:
        SolidRefused: as `driver_class`.
    """
    return driver_class(endpoint.driver)(endpoint, Line(endpoint))


def assumed(endpoint: Endpoint) -> Capabilities:
    """What an endpoint can do, as far as its driver knows without asking it."""
    return driver_class(endpoint.driver).assumed_for(endpoint)


def presets() -> list[Preset]:
    """Of all drivers."""
    return [preset for name in DRIVERS for preset in driver_class(name).presets]


def check(endpoint: Endpoint) -> None:
    """Refuse an endpoint that cannot be meant before it is saved.

    Raises:
        SolidRefused: with the field.
    """
    driver_class(endpoint.driver).check_options(endpoint.options)
