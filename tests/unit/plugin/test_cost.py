"""What a print costs."""

import pytest

from octoprint_img2stl.plugin.cost import Price, cost
from octoprint_img2stl.plugin.spool import Spool

PRICE = Price(20.0, "€")


def spool(tool=0, per_kg=None, name="Galaxy Black"):
    return Spool("Spoolman", tool, name, cost_per_kg=per_kg)


def test_grams_times_the_price_of_a_kilogram():
    assert cost(123.4, PRICE, ()) == {
        "amount": 2.468,
        "per_kg": 20.0,
        "currency": "€",
        "spool": "",
    }


def test_what_the_loaded_spool_cost_counts():
    found = cost(100.0, PRICE, [spool(per_kg=35.0)])
    assert found == {
        "amount": 3.5,
        "per_kg": 35.0,
        "currency": "€",
        "spool": "Galaxy Black",
    }
    assert cost(100.0, Price(), [spool(per_kg=35.0)])["amount"] == 3.5


@pytest.mark.parametrize("other", [spool(), spool(tool=1, per_kg=35.0)])
def test_a_spool_that_says_nothing_of_this_print_does_not(other):
    assert cost(100.0, PRICE, [other])["amount"] == 2.0


@pytest.mark.parametrize(
    "grams, price",
    [(None, PRICE), (0.0, PRICE), (float("nan"), PRICE), (100.0, Price())],
)
def test_unknown_is_none(grams, price):
    assert cost(grams, price, ()) is None
    assert cost(100.0, Price(float("inf")), ()) is None
