"""Every driver that is offered can be made, and says what it is."""

from __future__ import annotations

import pytest

from octoprint_img2stl.solid3d import registry
from octoprint_img2stl.solid3d.driver import (
    FORMATS,
    ROLES,
    Capabilities,
    Driver,
)
from octoprint_img2stl.solid3d.endpoint import AUTHS, Endpoint, check_url
from octoprint_img2stl.solid3d.refused import SolidRefused

KINDS = ("choice", "text", "long", "number", "switch")


def endpoint(driver: str, **more) -> Endpoint:
    return Endpoint("mine", "Mine", driver, "http://127.0.0.1:1", **more)


@pytest.mark.parametrize("name", registry.DRIVERS)
def test_a_driver_is_made_for_its_endpoint(name):
    driver = registry.make(endpoint(name))
    assert isinstance(driver, Driver) and driver.name == name
    assert driver.label and driver.description.endswith(".")
    assert driver.line.base == "http://127.0.0.1:1"
    driver.close()


@pytest.mark.parametrize("name", registry.DRIVERS)
def test_what_is_assumed_of_it_can_be(name):
    assumed = registry.driver_class(name).assumed
    assert 1 <= assumed.views_min <= assumed.views_max <= 6
    assert set(assumed.roles) <= set(ROLES) and set(assumed.formats) <= set(FORMATS)
    assert assumed.progress in ("percent", "stage", "none")
    assert assumed.cancel in ("running", "queued", "none")
    assert assumed.up_axis in ("y", "z")
    assert Capabilities.from_json(assumed.to_json()) == assumed
    assert isinstance(registry.assumed(endpoint(name)), Capabilities)


@pytest.mark.parametrize("name", registry.DRIVERS)
def test_its_options_make_a_form(name):
    options = registry.driver_class(name).options
    assert len({option.name for option in options}) == len(options)
    for option in options:
        assert option.kind in KINDS and option.label
        assert bool(option.choices) == (option.kind == "choice"), option.name
        assert option.kind != "choice" or option.default in option.choices


def test_presets_can_be_used_as_they_are():
    presets = registry.presets()
    assert len({preset.name for preset in presets}) == len(presets) > 5
    for preset in presets:
        assert preset.label and preset.help.endswith("."), preset.name
        assert preset.driver in registry.DRIVERS and preset.auth in AUTHS
        assert not preset.link or preset.link.startswith("https://")
        url = preset.url or "http://127.0.0.1:1"
        check_url(url)
        known = {each.name for each in registry.driver_class(preset.driver).options}
        assert set(preset.options) <= known, preset.name


def test_presets_pass_the_check():
    for preset in registry.presets():
        made = Endpoint("mine", "Mine", preset.driver, preset.url, options=preset.options)
        try:
            registry.check(made)
        except SolidRefused as refused:
            # something is left for the owner to fill in, and the preset says so
            assert str(refused.problem.field).startswith("endpoint."), preset.name


def test_an_unknown_driver_is_refused():
    for call in (registry.make, registry.check):
        with pytest.raises(SolidRefused) as caught:
            call(endpoint("teleport"))
        assert caught.value.code == "solid.unknown_driver"
        assert caught.value.problem.field == "endpoint.driver"
        assert "hunyuan" in str(caught.value)
