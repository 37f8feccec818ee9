"""What may be saved as a setting."""

import pytest

from octoprint_img2stl.plugin.settings import DEFAULTS, RANGES, SENSITIVE, cleaned


def test_every_default_has_a_rule():
    others = {"work_while_printing", "filament_price", "currency"}
    assert set(DEFAULTS) == set(RANGES) | set(SENSITIVE) | others
    for name, (lowest, highest) in RANGES.items():
        assert lowest <= DEFAULTS[name] <= highest


@pytest.mark.parametrize(
    "data, good",
    [
        ({"upload_mb": "20"}, {"upload_mb": 20}),
        ({"upload_mb": 0}, {}),
        ({"upload_mb": 10**9}, {}),
        ({"upload_mb": "many"}, {}),
        ({"upload_mb": None}, {}),
        ({"memory_mb": 0}, {"memory_mb": 0}),
        ({"memory_mb": 5}, {"memory_mb": 200}),
        ({"work_while_printing": 0}, {"work_while_printing": False}),
        ({"filament_price": "24.9"}, {"filament_price": 24.9}),
        ({"filament_price": 0}, {"filament_price": 0}),
        ({"filament_price": -1}, {}),
        ({"filament_price": float("nan")}, {}),
        ({"filament_price": "much"}, {}),
        ({"currency": " kr\n"}, {"currency": "kr"}),
        ({"currency": "a long name of money"}, {}),
        ({"currency": None}, {"currency": ""}),
        ({"unknown": 1}, {}),
        ({"prusaslicer_path": "/bin/sh"}, {"prusaslicer_path": "/bin/sh"}),
        ({"prusaslicer_path": " /bin/sh "}, {"prusaslicer_path": "/bin/sh"}),
        ({"prusaslicer_path": "sh"}, {}),
        ({"prusaslicer_path": "/bin"}, {}),
        ({"prusaslicer_path": "/etc/passwd"}, {}),
        ({"prusaslicer_path": ""}, {"prusaslicer_path": ""}),
        ({"prusaslicer_path": None}, {"prusaslicer_path": ""}),
    ],
)
def test_cleaned(data, good):
    assert cleaned(data, may_change_sensitive=True) == good


def test_sensitive_needs_the_right():
    data = {"prusaslicer_path": "/bin/sh", "upload_mb": 7}
    assert cleaned(data, may_change_sensitive=False) == {"upload_mb": 7}
