"""What a plugin that keeps spools says, on its way to the browser."""

import pytest

from tests.fakes.plain_http import PlainFake, Reply
from tests.serving import wait_for


class Spoolman(PlainFake):
    """A Spoolman server with one spool, as 0.26.1 describes it."""

    def answer(self, asked):
        filament = {"id": 3, "name": "Galaxy Black", "material": "PETG", "density": 1.27}
        filament |= {"diameter": 1.75, "weight": 500.0, "color_hex": "202028"}
        filament["price"] = 15.0
        filament["vendor"] = {"id": 1, "name": "Prusament"}
        return Reply(200, {"id": 12, "filament": filament, "remaining_weight": 0.1})


@pytest.fixture
def spoolman(admin):
    def select(url, spools):
        chosen = {"spoolmanUrl": url, "selectedSpoolIds": spools}
        admin.post("/api/settings", json={"plugins": {"Spoolman": chosen}})

    with Spoolman() as fake:
        select(fake.url, {"0": {"spoolId": "12"}})
        yield fake
        select("", {})


def test_the_loaded_spool_is_told_and_weighed(bob, spoolman):
    def told():
        return bob.api("GET", "/state")["spools"]

    (spool,) = wait_for(told, 10, "the spool")
    assert spool["name"] == "Prusament Galaxy Black" and spool["left_g"] == 0.1
    assert spool["material_key"] == "petg" and spool["colour_hex"] == "#202028"

    job = bob.made()
    short = [p for p in job["result"]["problems"] if p["code"] == "slicing.spool_short"]
    assert len(short) == 1 and "0.1 g" in short[0]["message"]
    assert job["can"]["queue"]  # a warning, not more
    cost = job["result"]["cost"]  # although no price is set
    assert cost["spool"] == "Prusament Galaxy Black" and cost["per_kg"] == 30.0
