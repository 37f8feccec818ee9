"""The endpoints on disk: nothing lost, nothing told, no key sent to another address."""

import json
import stat
import threading

import pytest

from octoprint_img2stl.plugin.endpoints import CLEAR, KEEP, LOCAL, Endpoints
from octoprint_img2stl.problems import INFO, Problem
from octoprint_img2stl.solid3d.driver import Capabilities
from octoprint_img2stl.solid3d.endpoint import MOST_ENDPOINTS
from octoprint_img2stl.solid3d.refused import SolidRefused

SECRET = "s3cret-of-the-owner"
PC = {
    "name": "My PC",
    "driver": "hunyuan",
    "url": "http://192.168.1.20:8081",
    "auth": "bearer",
}
ANSWERS = Problem("solid.answers", INFO, "It answers.")


@pytest.fixture
def endpoints(tmp_path):
    return Endpoints(tmp_path)


def refused(code, act, *arguments):
    with pytest.raises(SolidRefused) as raised:
        act(*arguments)
    assert raised.value.code == code
    assert SECRET not in str(raised.value) + repr(raised.value)
    return raised.value.problem


def files_with(folder, text):
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and text in path.read_text(errors="replace")
    ]


# -- the list -----------------------------------------------------------------------------


def test_what_is_added_is_there_after_a_restart(endpoints, tmp_path):
    pc = endpoints.add({**PC, "options": {"steps": 5}}, SECRET)
    cloud = endpoints.add(
        {"name": "Cloud", "driver": "meshy", "url": "https://a.example"}
    )
    again = Endpoints(tmp_path)
    assert [each.id for each in again.all()] == [pc.id, cloud.id]
    assert again.all() == [pc, cloud]
    assert again.get(pc.id).secret == SECRET and again.has_secret(pc.id)
    assert not again.has_secret(cloud.id)
    assert again.notices == []


def test_the_list_is_without_secrets(endpoints):
    pc = endpoints.add(PC, SECRET)
    assert pc.secret == "" and endpoints.all()[0].secret == ""
    assert SECRET not in repr(endpoints.get(pc.id))
    assert SECRET not in json.dumps(endpoints.get(pc.id).to_json())


def test_keys_lie_in_one_file_only_which_only_we_can_read(endpoints, tmp_path):
    pc = endpoints.add(PC, SECRET)
    endpoints.change(pc.id, {**PC, "name": "Other"})
    endpoints.note_test(endpoints.get(pc.id), ANSWERS, "", Capabilities())
    endpoints.agree("bob", pc.id)
    assert files_with(tmp_path, SECRET) == ["private/secrets.json"]
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    for path in tmp_path.rglob("*.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize("how", ["clear", "no login", "remove"])
def test_a_key_that_is_not_wanted_any_more_is_gone_from_disk(endpoints, tmp_path, how):
    pc = endpoints.add(PC, SECRET)
    if how == "clear":
        endpoints.change(pc.id, PC, CLEAR)
    elif how == "no login":
        endpoints.change(pc.id, {**PC, "auth": "none"})
    else:
        endpoints.remove(pc.id)
    assert files_with(tmp_path, SECRET) == []


def test_a_key_is_kept_replaced_and_cleared(endpoints):
    pc = endpoints.add(PC, f"  {SECRET}\n")  # as copied from somewhere
    assert endpoints.get(pc.id).secret == SECRET
    endpoints.change(pc.id, {**PC, "name": "Renamed"}, KEEP)
    assert endpoints.get(pc.id).secret == SECRET
    endpoints.change(pc.id, PC, "another")
    assert endpoints.get(pc.id).secret == "another"
    endpoints.change(pc.id, PC, "  ")
    assert endpoints.get(pc.id).secret == "another"
    endpoints.change(pc.id, PC, CLEAR)
    assert endpoints.get(pc.id).secret == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.21:8081",
        "http://192.168.1.20:8082",
        "https://192.168.1.20:8081",
        "http://pc.local:8081",
    ],
)
def test_a_key_does_not_move_to_another_origin(endpoints, url):
    pc = endpoints.add(PC, SECRET)
    problem = refused(
        "solid.key_for_other_address", endpoints.change, pc.id, {**PC, "url": url}
    )
    assert problem.field == "endpoint.secret"
    assert "192.168.1.20:8081" in problem.message
    assert endpoints.get(pc.id).url == PC["url"]
    endpoints.change(pc.id, {**PC, "url": url}, "the new one's")
    assert endpoints.get(pc.id).secret == "the new one's"


def test_a_key_stays_where_only_the_path_changes(endpoints):
    pc = endpoints.add(PC, SECRET)
    endpoints.change(pc.id, {**PC, "url": PC["url"] + "/api"})
    assert endpoints.get(pc.id).secret == SECRET


def test_a_key_is_for_its_origin_even_if_the_list_was_edited_by_hand(endpoints, tmp_path):
    pc = endpoints.add(PC, SECRET)
    file = tmp_path / "endpoints.json"
    file.write_text(file.read_text().replace("192.168.1.20", "192.168.1.66"))
    again = Endpoints(tmp_path)
    assert again.get(pc.id).host == "192.168.1.66:8081"
    assert again.get(pc.id).secret == "" and not again.has_secret(pc.id)


def test_unknown_endpoints(endpoints):
    for act in (
        endpoints.get,
        endpoints.remove,
        endpoints.has_secret,
        lambda each: endpoints.change(each, PC),
        lambda each: endpoints.agree("bob", each),
    ):
        refused("solid.unknown_endpoint", act, "nothing")


@pytest.mark.parametrize(
    "data, secret, code, field",
    [
        ({**PC, "url": "ftp://x"}, "", "solid.bad_url", "endpoint.url"),
        ({**PC, "url": "http://8.8.8.8"}, "", "solid.plain_http", "endpoint.url"),
        ({**PC, "name": " "}, "", "solid.no_endpoint_name", "endpoint.name"),
        ({**PC, "name": "taken"}, "", "solid.endpoint_name_taken", "endpoint.name"),
        ({**PC, "auth": "what"}, "", "solid.unknown_auth", "endpoint.auth"),
        (PC, SECRET + "\nX-Evil: 1", "solid.unusable_key", "endpoint.secret"),
        (PC, "x" * 5000, "solid.unusable_key", "endpoint.secret"),
    ],
)
def test_refusals_name_their_field(endpoints, tmp_path, data, secret, code, field):
    endpoints.add({**PC, "name": "Taken", "auth": "none"})
    before = (tmp_path / "endpoints.json").read_text()
    assert refused(code, endpoints.add, data, secret).field == field
    assert (tmp_path / "endpoints.json").read_text() == before
    assert len(endpoints.all()) == 1


def test_the_id_is_ours(endpoints):
    pc = endpoints.add({**PC, "id": "local", "secret": SECRET})
    assert pc.id != LOCAL and pc.secret == "" and not endpoints.has_secret(pc.id)
    changed = endpoints.change(pc.id, {**PC, "id": "local"})
    assert changed.id == pc.id


def test_no_more_than_a_list_can_show(endpoints):
    for number in range(MOST_ENDPOINTS):
        endpoints.add({**PC, "name": f"PC {number}"})
    refused("solid.too_many_endpoints", endpoints.add, PC)


def test_what_the_driver_says_counts(tmp_path):
    def check(endpoint):
        raise SolidRefused("solid.no_workflow", "Give it.", field="endpoint.workflow")

    endpoints = Endpoints(tmp_path, check=check)
    assert refused("solid.no_workflow", endpoints.add, PC).field == "endpoint.workflow"
    assert endpoints.all() == []


def test_changes_are_told(tmp_path):
    told = []
    endpoints = Endpoints(tmp_path, changed=lambda: told.append(1))
    pc = endpoints.add(PC)
    endpoints.change(pc.id, PC)
    endpoints.note_test(endpoints.get(pc.id), ANSWERS, "", None)
    endpoints.remove(pc.id)
    assert len(told) == 4


# -- what was learned -----------------------------------------------------------------------


def test_capabilities_and_tests_are_remembered(tmp_path):
    endpoints = Endpoints(tmp_path, clock=lambda: 1234.0)
    pc = endpoints.add(PC, SECRET)
    assert endpoints.capabilities(pc.id) is None and endpoints.tested(pc.id) is None
    can = Capabilities(views_max=6, roles=("front", "left"), faces=(100, 1000))
    endpoints.note_test(endpoints.get(pc.id), ANSWERS, "", can)
    again = Endpoints(tmp_path)
    assert again.capabilities(pc.id) == can
    tested = again.tested(pc.id)
    assert (tested["ok"], tested["kind"], tested["at"]) == (True, "", 1234.0)
    assert Problem.from_json(tested["problem"]) == ANSWERS


def test_a_failed_test_leaves_what_is_known(endpoints):
    pc = endpoints.add(PC)
    endpoints.remember_capabilities(pc.id, Capabilities(views_max=4))
    endpoints.note_test(endpoints.get(pc.id), ANSWERS, "offline", None)
    assert endpoints.capabilities(pc.id).views_max == 4
    assert endpoints.tested(pc.id)["ok"] is False


@pytest.mark.parametrize(
    "change, secret, forgets, forgets_times",
    [
        ({"name": "Renamed"}, KEEP, True, False),
        ({}, "another key", True, False),
        ({"options": {"workflow": "{}"}}, KEEP, True, False),
        ({"url": "http://192.168.1.20:8081/other"}, KEEP, True, True),
        ({}, KEEP, False, False),
    ],
)
def test_what_was_found_out_of_something_else_is_forgotten(
    endpoints, change, secret, forgets, forgets_times
):
    pc = endpoints.add(PC, SECRET)
    endpoints.note_test(endpoints.get(pc.id), ANSWERS, "", Capabilities())
    endpoints.note_duration(pc.id, "draft", 10)
    endpoints.change(pc.id, {**PC, **change}, secret)
    assert (endpoints.capabilities(pc.id) is None) is forgets
    assert (endpoints.tested(pc.id) is None) is forgets
    assert (endpoints.usual_s(pc.id) == {}) is forgets_times


def test_a_test_of_what_was_changed_meanwhile_says_nothing(endpoints):
    pc = endpoints.add(PC, SECRET)
    tested = endpoints.get(pc.id)
    endpoints.change(pc.id, {**PC, "url": "http://192.168.1.20:8081/b"})
    endpoints.note_test(tested, ANSWERS, "", Capabilities())
    assert endpoints.tested(pc.id) is None and endpoints.capabilities(pc.id) is None
    endpoints.remove(pc.id)
    endpoints.note_test(tested, ANSWERS, "", Capabilities())
    assert endpoints.tested(pc.id) is None


def test_who_agreed_to_what(endpoints, tmp_path):
    pc = endpoints.add(PC)
    assert not endpoints.agreed("bob", pc.id)
    endpoints.agree("bob", pc.id)
    again = Endpoints(tmp_path)
    assert again.agreed("bob", pc.id) and not again.agreed("eve", pc.id)
    again.change(pc.id, {**PC, "url": PC["url"] + "/path", "name": "Renamed"})
    assert again.agreed("bob", pc.id)
    again.change(pc.id, {**PC, "url": "https://example.org"})
    assert not again.agreed("bob", pc.id)
    assert again.agreed("anybody", LOCAL)


def test_usual_times_are_the_median_of_the_last(endpoints, tmp_path):
    pc = endpoints.add(PC)
    assert endpoints.usual_s(pc.id) == {} == endpoints.usual_s(LOCAL)
    for seconds in (9000, 10, 30, 20):
        endpoints.note_duration(pc.id, "normal", seconds)
    assert endpoints.usual_s(pc.id) == {"normal": 25}
    for _ in range(20):
        endpoints.note_duration(pc.id, "normal", 7)
    endpoints.note_duration(LOCAL, "fine", 2.5)
    again = Endpoints(tmp_path)
    assert again.usual_s(pc.id) == {"normal": 7} and again.usual_s(LOCAL) == {"fine": 2.5}
    again.remove(pc.id)
    again.note_duration(pc.id, "normal", 1)  # a job that ends after its endpoint
    assert again.usual_s(pc.id) == {} and Endpoints(tmp_path).usual_s(pc.id) == {}


# -- damage ---------------------------------------------------------------------------------

DAMAGED = [
    "", "{", "null", "[]", "7", '{"endpoints": 5}', '{"endpoints": [1, null]}',
    '{"endpoints": [{"id": "../x"}]}', '{"x": {"origin": 1}}', '{"x": "y"}', "\0\1",
    '{"x": {"tested": {"ok": 1}}}', '{"x": {"capabilities": {"faces": 5}}}',
    '{"x": {"seconds": {"draft": ["a"]}}}', '{"x": {"agreed": 5}}', "[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("damaged", DAMAGED, ids=lambda text: text[:40])
@pytest.mark.parametrize("name", ["endpoints", "private/secrets", "endpoints-learned"])
def test_damaged_files_stop_nothing(tmp_path, name, damaged):
    first = Endpoints(tmp_path)
    pc = first.add(PC, SECRET)
    first.note_test(first.get(pc.id), ANSWERS, "", Capabilities())
    file = tmp_path / f"{name}.json"
    file.write_text(damaged)
    again = Endpoints(tmp_path)
    if name != "endpoints":
        assert again.all() == [pc]
    for each in again.all():
        again.get(each.id)
        again.capabilities(each.id), again.tested(each.id), again.usual_s(each.id)
        assert not again.agreed("bob", each.id)
        again.change(each.id, {**PC, "name": "Changed"}, "key")
    new = again.add({**PC, "name": "New"}, "new key")
    assert Endpoints(tmp_path).get(new.id).secret == "new key"


@pytest.mark.parametrize(
    "name, code",
    [
        ("endpoints", "solid.endpoints_damaged"),
        ("private/secrets", "solid.keys_damaged"),
    ],
)
def test_what_was_damaged_is_set_aside_and_said(tmp_path, name, code):
    Endpoints(tmp_path).add(PC, SECRET)
    (tmp_path / f"{name}.json").write_text("{ half")
    again = Endpoints(tmp_path)
    assert [notice.code for notice in again.notices] == [code]
    aside = tmp_path / f"{name}.broken.json"
    assert aside.read_text() == "{ half" and aside.name in again.notices[0].message
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_one_bad_entry_costs_only_itself(endpoints, tmp_path):
    pc = endpoints.add(PC, SECRET)
    data = json.loads((tmp_path / "endpoints.json").read_text())
    data["endpoints"].append({**PC, "id": "later", "auth": "of a later version"})
    (tmp_path / "endpoints.json").write_text(json.dumps(data))
    again = Endpoints(tmp_path)
    assert again.all() == [pc] and again.get(pc.id).secret == SECRET
    assert "of a later version" in (tmp_path / "endpoints.broken.json").read_text()


def test_a_full_disk_is_a_refusal_and_changes_nothing(endpoints, tmp_path, monkeypatch):
    pc = endpoints.add(PC, SECRET)
    before = (tmp_path / "endpoints.json").read_text()

    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("octoprint_img2stl.plugin.kept.write_json", full)
    refused("solid.cannot_save", endpoints.change, pc.id, {**PC, "name": "New"}, "new")
    refused("solid.cannot_save", endpoints.add, {**PC, "name": "New"}, "new")
    refused("solid.cannot_save", endpoints.remove, pc.id)
    endpoints.note_duration(pc.id, "draft", 1)  # not worth to stop a job for
    assert endpoints.get(pc.id).name == "My PC" and endpoints.get(pc.id).secret == SECRET
    assert (tmp_path / "endpoints.json").read_text() == before


def test_many_threads_at_once(endpoints, tmp_path):
    pc = endpoints.add(PC, SECRET)

    def work(number):
        for _ in range(10):
            endpoints.note_duration(pc.id, "draft", number)
            endpoints.agree(f"user {number}", pc.id)
            endpoints.change(pc.id, {**PC, "name": f"PC {number}"})
            endpoints.get(pc.id)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Endpoints(tmp_path)
    assert all(again.agreed(f"user {n}", pc.id) for n in range(4))
    assert again.get(pc.id).secret == SECRET and again.notices == []
