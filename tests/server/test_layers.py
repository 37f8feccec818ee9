"""What the browser gets to draw the layers of the G-code, and what the print costs."""

import pytest


@pytest.fixture(scope="module")
def job(bob):
    return bob.made()


def layer(user, job, number, kind="data", **kwargs):
    url = "/" + job["result"]["layer_data_url" if kind == "data" else "layer_url"]
    return user.get(url.replace("{n}", str(number)), **kwargs)


def test_lines_of_a_layer(bob, job):
    answer = layer(bob, job, 1)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Encoding"] == "gzip"
    first = answer.json()
    assert first["number"] == 0 and first["travel"]["points"]
    assert {"outer", "inner", "skirt"} <= {line["family"] for line in first["lines"]}
    plain = layer(bob, job, 1, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and plain.json() == first
    last = layer(bob, job, job["result"]["layers"]).json()
    assert last["number"] == job["result"]["layers"] - 1
    # all of it lies where the result says, so that one frame fits all layers
    x0, y0, _, x1, y1, _ = job["result"]["bounds"]
    for line in (*first["lines"], *last["lines"]):
        place, x, y = 0, 0, 0
        while place < len(line["points"]):
            count = line["points"][place]
            for at in range(place + 1, place + 1 + 2 * count, 2):
                x, y = x + line["points"][at], y + line["points"][at + 1]
                assert x0 - 0.02 <= x * first["unit"] <= x1 + 0.02
                assert y0 - 0.02 <= y * first["unit"] <= y1 + 0.02
            place += 1 + 2 * count


def test_pictures_of_layers(bob, job):
    first = layer(bob, job, 1, "picture")
    assert first.headers["Content-Type"] == "image/png"
    assert first.content.startswith(b"\x89PNG")
    assert layer(bob, job, job["result"]["layers"], "picture").content != first.content


@pytest.mark.parametrize("ending", ["json", "png"])
def test_layers_that_are_not_there(bob, job, ending):
    for number in (0, job["result"]["layers"] + 1):
        path = f"/jobs/{job['id']}/layers/{number}.{ending}"
        problem = bob.api("GET", path, 422)["problem"]
        assert problem["code"] == "jobs.no_such_layer"


def test_while_it_is_made_anew_there_is_nothing_and_that_is_no_error(bob):
    job = bob.made()
    bob.make(job, width=22)
    seen = set()
    addresses = (job["result"]["layers_url"], job["result"]["layer_data_url"])
    while True:
        rests = bob.job(job["id"])["state"] == "done"
        for url in addresses:
            answer = bob.get("/" + url.replace("{n}", "1"))
            seen.add((answer.status_code, bool(answer.content)))
        if rests:
            break
    assert (204, False) in seen and seen <= {(200, True), (204, False)}
    again = bob.job(job["id"])
    assert layer(bob, again, 1).json()["number"] == 0
    # a number that it never had is another matter
    most = again["result"]["layers"] + 1
    assert layer(bob, again, most).status_code == 422


def test_what_each_type_of_line_takes(bob, job, server):
    url, count = "/" + job["result"]["layers_url"], job["result"]["layers"]
    told = bob.get(url).json()
    columns = ("z", "height", "time_s", "filament_mm", "kinds")
    assert all(len(told[name]) == count for name in columns)
    assert told["z"] == sorted(told["z"]) and sum(told["time_s"]) > 60
    seconds = sum(row["time_s"] for row in told["legend"])
    assert 0 < seconds <= job["result"]["print_time_s"] + 1
    length = sum(row["filament_mm"] for row in told["legend"])
    assert length == pytest.approx(job["result"]["filament_mm"], rel=0.05)

    # a job that was made before this was kept
    (server.jobs_folder / job["id"] / "summary.json").unlink()
    before = bob.get(url).json()
    assert before["legend"] == [] and before["z"] == told["z"]
    assert before["time_s"] == told["time_s"]


def test_layers_are_nobody_elses_business(server, job):
    carol = server.login("carol")
    for path in ("layers.json", "layers/1.json", "layers/1.png"):
        assert carol.api("GET", f"/jobs/{job['id']}/{path}", 404)


def test_cost_is_shown_once_a_price_is_set(admin, bob, job):
    assert job["result"]["cost"] is None

    def set_price(**settings):
        admin.post("/api/settings", json={"plugins": {"img2stl": settings}})
        return bob.job(job["id"])["result"]["cost"]

    try:
        cost = set_price(filament_price=24.5, currency="CHF")
        assert cost["currency"] == "CHF" and cost["per_kg"] == 24.5
        grams = job["result"]["filament_g"]
        assert cost["amount"] == pytest.approx(grams * 0.0245, abs=1e-4)
    finally:
        assert set_price(filament_price=0, currency="€") is None
