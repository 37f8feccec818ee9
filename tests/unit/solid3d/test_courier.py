"""One job to its endpoint and back: every decision, with a clock of the test's own."""

from __future__ import annotations

import json
import logging
import threading

import pytest

from octoprint_img2stl.solid3d.courier import Courier, Errand
from octoprint_img2stl.solid3d.driver import Cancel, Capabilities, Status
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.patience import deadline_s, near
from octoprint_img2stl.solid3d.refused import ErrorKind, SolidRefused
from tests.unit.solid3d.carrying import (
    BROKEN,
    DAY_S,
    DONE,
    LOST,
    OFF,
    PAID,
    PAID_ONCE,
    QUEUED,
    RUNNING,
    SECRET,
    SILENT,
    START,
    Carried,
    failing,
)

MINUTE_S = 60.0


@pytest.fixture
def carried(tmp_path):
    return Carried(tmp_path)


@pytest.fixture
def paid(tmp_path):
    return Carried(tmp_path, PAID, "https://api.example.org")


def busy(after: float | None = None, sent: bool = False):
    return failing(ErrorKind.BUSY, "solid.busy", sent, after)


# -- there and back ------------------------------------------------------------------------


def test_there_and_back(carried):
    errand = carried.carry(poll=[QUEUED, RUNNING, DONE])
    assert carried.states == ["submitting", "submitted", "fetching", "done"]
    assert errand.file == "candidate-1.glb" and errand.progress == 1.0
    assert (errand.up_axis, errand.unit_hint, errand.attempts) == ("z", "mm", 1)
    assert errand.problem is None and errand.kind == ""
    assert carried.driver.closed == 1
    (spec,) = carried.driver.specs
    assert (spec.seed, spec.deadline_s, spec.max_bytes) == (7, 1200, 300 * 2**20)


def test_what_is_known_is_on_disk_before_and_after_the_submit(carried):
    seen = []
    carried.carry(submit=[lambda: seen.append(list(carried.saved)) or "job"])
    before, noted = seen[0]
    assert before["state"] == noted["state"] == "submitting"
    assert before["ref"] is None and before["submitting_since"] == START
    assert noted["ref"]["ids"] == {"id": before["key"]}
    after = next(each for each in carried.saved if each["state"] == "submitted")
    assert after["ref"] == {
        "driver": "scripted", "endpoint": "mine", "ids": {"id": "job"},
    }  # fmt: skip


def test_an_errand_survives_the_disk(carried):
    errand = carried.carry()
    again = Errand.from_json(json.loads(json.dumps({**errand.to_json(), "newer": 1})))
    assert again == errand and again.ended
    carried.carry()  # what has ended is left alone
    assert len(carried.driver.named("submit")) == 1


def test_progress_is_told_but_not_at_every_poll(carried):
    polls = [Status("running", n / 40, f"step {n}", eta_s=40 - n) for n in range(40)]
    errand = carried.carry(poll=[*polls, DONE])
    told = [each for each in carried.saved if each["state"] == "submitted"]
    assert 10 < len(told) < 40
    assert told[-1]["stage"].startswith("step ") and told[-1]["progress"] > 0.9
    assert errand.stage == ""


def test_what_an_endpoint_says_is_made_fit_to_be_shown(carried):
    odd = Status(
        "running", progress=float("nan"), stage="a\x00b\n" + "c" * 999,
        message=f"the key {SECRET} <b>", queue_position="three", eta_s=-5,
    )  # fmt: skip
    carried.stop_when = lambda errand: bool(errand.stage)
    errand = carried.carry(poll=[odd])
    assert errand.progress is None and errand.queue_position is None
    assert errand.stage == "a b " + "c" * 75 + "…" and errand.eta_s == 0
    assert errand.message == "the key … <b>"


def test_polls_soon_and_then_seldom_in_this_network(carried):
    carried.carry(poll=[RUNNING] * 20 + [DONE])
    assert carried.clock.rests == [1.0] * 10 + [3.0] * 10


def test_polls_seldom_on_the_internet(paid):
    paid.carry(poll=[RUNNING] * 20 + [DONE])
    rests = paid.clock.rests
    assert 5 <= rests[0] < 7 and rests == sorted(rests) and rests[-1] == 30


def test_an_endpoint_says_when_it_wants_to_be_asked(carried):
    asked = [Status("running", retry_after_s=after) for after in (12.5, 10_000, 0, None)]
    carried.carry(poll=[*asked, DONE])
    assert carried.clock.rests == [12.5, 600, 0.5, 3.0]


# -- an endpoint that is off ---------------------------------------------------------------


def test_waits_for_an_endpoint_that_is_off(carried):
    errand = carried.carry(submit=[OFF] * 30 + ["job"])
    waits = carried.clock.rests[:30]
    assert all(4 <= wait <= 300 for wait in waits)
    assert waits[0] <= 5 < waits[1] <= 10 < waits[2] <= 20
    assert all(240 <= wait <= 300 for wait in waits[7:])
    assert len(set(waits)) > 20  # some of it is chance
    assert errand.state == "done" and errand.attempts == 31
    waiting = carried.saved[2]
    assert (waiting["state"], waiting["waiting_for"]) == ("waiting", "offline")
    assert waiting["notice"]["message"] == "offline so" and waiting["tries"] == 1
    assert len(set(carried.driver.named("submit"))) == 1  # with the same key
    assert errand.waiting_for == "" and errand.notice is None


def test_being_woken_it_tries_at_once(carried):
    carried.clock.wakes = [0.5, 0.5, 0.5]
    carried.carry(submit=[OFF, OFF, OFF, "job"])
    assert carried.driver.times[:4] == [0, 0.5, 1.0, 1.5]


def test_gives_up_at_the_age_limit(tmp_path):
    carried = Carried(tmp_path, age_limit_days=2)
    errand = carried.carry(submit=[OFF])
    assert (errand.state, errand.kind) == ("failed", "offline")
    assert errand.problem["code"] == "solid.waited_too_long"
    assert errand.problem["values"] == {"host": "192.168.1.20:8081", "days": 2.0}
    assert errand.notice["code"] == "solid.offline"  # what the reason was
    assert 2 * DAY_S <= carried.clock.now - START < 2 * DAY_S + 600
    assert errand.problem["message"].startswith("192.168.1.20:8081 could not be used")


def test_waits_not_at_all_where_the_owner_wants_that(tmp_path):
    carried = Carried(tmp_path, age_limit_days=0)
    assert carried.carry(submit=[OFF]).state == "failed"
    assert carried.clock.rests == []


def test_goes_on_waiting_after_a_restart(carried):
    carried.stop_when = lambda errand: errand.tries == 3
    carried.carry(submit=[OFF])
    assert carried.errand.state == "waiting"
    carried.restart()
    left = carried.errand.not_before - carried.clock.now
    carried.clock.rests.clear()
    assert carried.carry(submit=["job"]).state == "done"
    assert carried.clock.rests[0] == pytest.approx(left)


def test_a_clock_that_was_set_back_does_not_make_it_wait_for_years(carried):
    carried.stop_when = lambda errand: errand.tries == 1
    carried.carry(submit=[OFF])
    carried.restart()
    carried.clock.now = 1000.0  # no clock in a Raspberry Pi
    carried.clock.rests.clear()
    assert carried.carry(submit=["job"]).state == "done"
    assert carried.clock.rests[0] <= 1200


# -- busy ----------------------------------------------------------------------------------


def test_a_busy_endpoint_is_asked_when_it_says(carried):
    errand = carried.carry(submit=[busy(42), busy(99_999), busy(), "job"])
    assert carried.clock.rests[:2] == [42, 600] and carried.clock.rests[2] <= 20
    assert errand.state == "done"
    assert [each["waiting_for"] for each in carried.saved if each["tries"]][0] == "busy"


def test_being_woken_does_not_make_us_pester_a_busy_one(carried):
    carried.clock.wakes = [10, 10]
    carried.carry(submit=[busy(30), "job"])
    assert carried.driver.times[:2] == [0, 30]


def test_a_paid_job_that_was_not_taken_is_sent_again(paid):
    assert paid.carry(submit=[busy(5), OFF, busy(), "job"]).state == "done"
    assert len(paid.driver.named("submit")) == 4 and paid.driver.named("find") == []


# -- nobody knows whether it was taken -----------------------------------------------------


@pytest.mark.parametrize("failure", [BROKEN, SILENT])
def test_a_free_job_is_sent_again_with_the_same_key_and_seed(carried, failure):
    errand = carried.carry(submit=[failure, failure, "job"])
    assert errand.state == "done"
    keys = carried.driver.named("submit")
    assert len(keys) == 3 and len(set(keys)) == 1
    assert {spec.seed for spec in carried.driver.specs} == {7}
    assert carried.driver.named("find") == keys[:2]  # looked for before


def test_a_free_job_that_is_found_is_not_sent_again(carried):
    assert carried.carry(submit=[BROKEN], find=["orphan"]).state == "done"
    assert len(carried.driver.named("submit")) == 1
    assert set(carried.driver.named("poll")) == {"orphan"}


def test_a_free_server_is_not_flooded_with_jobs_it_does_not_acknowledge(carried):
    errand = carried.carry(submit=[SILENT])
    assert errand.problem["code"] == "solid.never_answers"
    assert len(carried.driver.named("submit")) == 11


def test_an_idempotent_paid_job_is_sent_again_with_the_same_key(tmp_path):
    carried = Carried(tmp_path, PAID_ONCE)
    assert carried.carry(submit=[SILENT] * 15 + ["job"]).state == "done"
    assert len(set(carried.driver.named("submit"))) == 1


@pytest.mark.parametrize(
    "failure",
    [
        BROKEN,
        SILENT,
        busy(sent=True),
        failing(ErrorKind.REMOTE),
        failing(ErrorKind.BAD_RESULT),
        ValueError("no such key"),
    ],
)
def test_a_paid_job_is_never_sent_twice(paid, failure):
    errand = paid.carry(submit=[failure])
    assert errand.state == "unsure" and errand.ended
    assert errand.problem["code"] == "solid.unsure"
    assert "may have been charged" in errand.problem["message"]
    assert len(paid.driver.named("submit")) == 1
    assert len(paid.driver.named("find")) == 2  # lists can be late


def test_a_paid_job_that_is_found_goes_on(paid):
    errand = paid.carry(submit=[SILENT], find=[None, "orphan"])
    assert errand.state == "done" and errand.ref["ids"] == {"id": "orphan"}


def test_a_paid_job_is_looked_for_until_the_endpoint_answers(paid):
    errand = paid.carry(submit=[SILENT], find=[OFF, OFF, busy(), "orphan"])
    assert errand.state == "done" and len(paid.driver.named("submit")) == 1


def test_a_paid_job_that_cannot_be_looked_for(tmp_path):
    paid = Carried(tmp_path, PAID, age_limit_days=1)
    assert paid.carry(submit=[SILENT], find=[OFF]).state == "unsure"
    paid = Carried(tmp_path, PAID)
    errand = paid.carry(submit=[SILENT], find=[failing(ErrorKind.AUTH)])
    assert errand.state == "unsure"


def test_the_reason_for_the_doubt_is_kept(paid):
    errand = paid.carry(submit=[failing(ErrorKind.REMOTE, "solid.remote_error")])
    assert errand.notice["code"] == "solid.remote_error"


def test_the_owner_may_send_it_again(paid):
    errand = paid.carry(submit=[SILENT])
    key = errand.key
    errand.resend()
    assert (errand.state, errand.problem, errand.ref) == ("waiting", None, None)
    assert paid.carry(submit=["job"]).state == "done"
    assert errand.key != key and errand.attempts == 2


# -- the end of OctoPrint ------------------------------------------------------------------


def test_goes_on_polling_after_a_restart(carried):
    carried.stop_when = lambda errand: errand.running_since is not None
    carried.carry(poll=[Status("running", 0.1)])
    assert carried.errand.state == "submitted"
    assert "cancel" not in dict(carried.driver.calls)
    carried.restart()
    assert carried.carry(poll=[RUNNING, DONE]).state == "done"
    assert len(carried.driver.named("submit")) == 1


def test_fetches_after_a_restart(carried):
    carried.stop_when = lambda errand: errand.state == "fetching"
    carried.carry()
    carried.restart()
    carried.driver.calls.clear()
    assert carried.carry().state == "done"
    assert [call for call, _ in carried.driver.calls] == ["fetch"]


@pytest.mark.parametrize(
    "found, submits, state", [(None, 1, "unsure"), ("orphan", 1, "done")]
)
def test_ended_while_a_paid_job_was_handed_over(paid, found, submits, state):
    def die() -> str:
        raise SystemExit

    with pytest.raises(SystemExit):
        paid.carry(submit=[die])
    paid.restart()
    assert paid.errand.state == "submitting"
    assert paid.carry(submit=["second"], find=[found]).state == state
    assert len(paid.driver.named("submit")) == submits


def test_ended_while_a_free_job_was_handed_over(carried):
    def die() -> str:
        raise SystemExit

    with pytest.raises(SystemExit):
        carried.carry(submit=[die])
    carried.restart()
    assert carried.carry(submit=["second"]).state == "done"
    first, second = carried.driver.named("submit")
    assert first == second and carried.driver.named("find") == [first]
    assert carried.clock.rests[0] <= 1  # at once


def test_stopping_breaks_off_a_request_but_no_paid_submit(tmp_path):
    for capabilities, state in ((PAID, "submitted"), (Capabilities(), "submitting")):
        carried = Carried(tmp_path, capabilities)
        aborted = threading.Event()
        carried.driver.abort = aborted.set

        def slow(carried=carried, aborted=aborted) -> str:
            carried.stopping = True
            if aborted.wait(0.6):
                raise failing(ErrorKind.CANCELLED)
            return "job"

        carried.carry(submit=[slow])
        assert (carried.errand.state, carried.saved[-1]["state"]) == (state, state)


def test_stopping_before_anything_was_sent(carried):
    def unplugged() -> str:
        carried.stopping = True
        raise failing(ErrorKind.CANCELLED, sent=False)

    carried.carry(submit=[unplugged])
    assert carried.errand.state == carried.saved[-1]["state"] == "waiting"


# -- while it works ------------------------------------------------------------------------


def test_the_deadline_counts_from_running(carried):
    errand = carried.carry(poll=[QUEUED] * 1000 + [RUNNING])
    assert (errand.state, errand.kind) == ("failed", "timeout")
    assert errand.problem["code"] == "solid.timeout"
    assert errand.problem["values"] == {"host": "192.168.1.20:8081", "minutes": 20}
    assert carried.driver.named("cancel") == ["job"]
    running_s = carried.clock.now - errand.running_since
    assert 20 * MINUTE_S < running_s < 20 * MINUTE_S + 5


def test_time_in_a_queue_does_not_count(carried):
    assert carried.carry(poll=[QUEUED] * 3000 + [RUNNING] * 9 + [DONE]).state == "done"


def test_a_deadline_counts_over_a_restart(carried):
    carried.stop_when = lambda errand: errand.running_since is not None
    carried.carry(poll=[RUNNING] * 2)
    carried.restart()
    carried.clock.now += 3 * 3600
    assert carried.carry(poll=[RUNNING]).problem["code"] == "solid.timeout"
    assert len(carried.driver.named("submit")) == 1


def test_a_job_that_was_ready_long_ago_is_fetched(carried):
    carried.stop_when = lambda errand: errand.running_since is not None
    carried.carry(poll=[RUNNING] * 2)
    carried.restart()
    carried.clock.now += 3 * 3600
    assert carried.carry(poll=[DONE]).state == "done"


@pytest.mark.parametrize(
    "url, minutes, seconds",
    [
        ("http://192.168.1.2:1", 0, 1200), ("http://gpu:8081", 0, 1200),
        ("https://10.0.0.1", 0, 1200), ("https://gpu.local", 0, 1200),
        ("https://[fd00::1]:443", 0, 1200), ("https://queue.fal.run", 0, 3600),
        ("https://1.1.1.1", 0, 3600), ("https://[2606:4700::1]", 0, 3600),
        ("https://queue.fal.run", 1.5, 90), ("http://192.168.1.2", 300, 18000),
    ],
)  # fmt: skip
def test_how_long_a_job_may_take(url, minutes, seconds):
    endpoint = Endpoint("m", "M", "q", url, deadline_min=minutes)
    assert deadline_s(endpoint) == seconds
    assert near(endpoint) == (seconds == 1200 or seconds == 18000)


def test_cancelling_a_late_job_may_fail(carried):
    errand = carried.carry(poll=[RUNNING], cancel=[OFF])
    assert errand.problem["code"] == "solid.timeout"


def test_a_server_that_is_silent_while_it_works_is_not_offline(carried):
    errand = carried.carry(poll=[RUNNING, *[SILENT] * 50, DONE])
    assert errand.state == "done"
    assert {each["waiting_for"] for each in carried.saved} == {""}
    assert max(carried.clock.rests) == 3.0  # no back-off either


def test_a_server_that_stays_silent_ends_by_the_deadline(carried):
    for polls in ([RUNNING, SILENT], [SILENT]):
        carried.errand.resend()
        errand = carried.carry(poll=polls)
        assert errand.problem["code"] == "solid.timeout"


def test_failed_polls_are_tolerated(carried):
    odd = [OFF, BROKEN, busy(7), failing(ErrorKind.REMOTE), failing(ErrorKind.BAD_RESULT)]
    errand = carried.carry(poll=[RUNNING, *odd, KeyError("status"), RUNNING, DONE])
    assert errand.state == "done" and len(carried.driver.named("submit")) == 1
    waits = {each["waiting_for"] for each in carried.saved}
    assert waits == {"", "offline", "busy"}


def test_an_endpoint_that_is_switched_off_while_it_works(tmp_path):
    carried = Carried(tmp_path, age_limit_days=1)
    errand = carried.carry(poll=[RUNNING, OFF])
    assert errand.problem["code"] == "solid.waited_too_long"
    assert carried.driver.named("cancel") == []
    carried = Carried(tmp_path)
    night = [OFF] * 100  # some eight hours
    assert carried.carry(poll=[RUNNING, *night, DONE]).state == "done"


def test_an_error_at_every_poll_ends_by_the_deadline(carried):
    errand = carried.carry(
        poll=[RUNNING, failing(ErrorKind.REMOTE, "solid.remote_error")]
    )
    assert errand.problem["code"] == "solid.remote_error"
    assert carried.clock.now - START < 30 * MINUTE_S


@pytest.mark.parametrize("kind", ["auth", "credit", "input", "policy"])
def test_what_cannot_be_helped_stops_at_once(tmp_path, kind):
    for capabilities in (Capabilities(), PAID):
        for lines in (
            {"submit": [failing(ErrorKind(kind))]},
            {"poll": [failing(ErrorKind(kind))]},
            {"poll": [Status("failed", error=ErrorKind(kind), message="so")]},
        ):
            carried = Carried(tmp_path, capabilities)
            errand = carried.carry(**lines)
            assert (errand.state, errand.kind) == ("failed", kind)
            assert "so" in errand.problem["message"]
            assert len(carried.driver.named("submit")) == 1
            assert sum(carried.clock.rests) <= 10


def test_the_servers_words_are_plain_and_show_no_key(carried):
    words = f"<b>bad\x00 key {SECRET}</b>\u202e"
    errand = carried.carry(poll=[Status("failed", error=ErrorKind.AUTH, message=words)])
    assert errand.problem["values"]["said"] == "<b>bad key …</b>"
    carried.errand.resend()
    leaky = failing(ErrorKind.INPUT)
    leaky.problem.values["said"] = words
    assert SECRET not in str(carried.carry(submit=[leaky]).to_json())


def test_nothing_has_changed_for_ten_minutes(carried):
    polls = [Status("running", 0.3, "diffusing")] * 250
    carried.carry(poll=[*polls, Status("running", 0.4, "diffusing"), DONE])
    told = [each for each in carried.saved if each["notice"]]
    assert told[0]["notice"]["code"] == "solid.nothing_changed"
    assert "nothing has changed for 10 minutes" in told[0]["message"]
    assert told[0]["state"] == "submitted"
    assert told[-1]["notice"]["values"]["minutes"] == 12
    assert len(told) <= 4
    assert carried.errand.state == "done" and carried.errand.notice is None


# -- failures over there -------------------------------------------------------------------


def test_one_failure_is_tried_again_with_another_seed(carried):
    oom = Status("failed", message="CUDA out of memory")
    errand = carried.carry(poll=[oom, RUNNING, DONE])
    assert errand.state == "done" and errand.remote == 1
    first, second = carried.driver.specs
    assert first.seed == 7 and second.seed == errand.seed != 7
    keys = carried.driver.named("submit")
    assert keys[0] != keys[1]
    assert any(
        (each["notice"] or {}).get("code") == "solid.another_seed"
        for each in carried.saved
    )


def test_two_failures_are_enough(carried):
    errand = carried.carry(poll=[Status("failed", message="CUDA out of memory")])
    assert (errand.state, errand.kind) == ("failed", "remote")
    assert "(CUDA out of memory)" in errand.problem["message"]
    assert "192.168.1.20:8081" in errand.problem["message"]
    assert len(carried.driver.named("submit")) == 2


def test_a_submit_that_fails_over_there(carried):
    errand = carried.carry(submit=[failing(ErrorKind.REMOTE), "job"])
    assert errand.state == "done" and errand.seed != 7


def test_a_paid_failure_is_not_tried_again(paid):
    errand = paid.carry(poll=[Status("failed")])
    assert errand.problem["code"] == "solid.remote_failed_silently"
    assert len(paid.driver.named("submit")) == 1
    paid.errand.resend()
    refused = failing(ErrorKind.REMOTE, sent=False)
    assert paid.carry(submit=[refused]).kind == "remote"


@pytest.mark.parametrize(
    "kind, code",
    [("cancelled", "solid.cancelled_there"), ("timeout", "solid.timeout_there")],
)
def test_jobs_that_were_ended_over_there(carried, kind, code):
    errand = carried.carry(poll=[Status("failed", error=ErrorKind(kind))])
    assert errand.problem["code"] == code
    assert len(carried.driver.named("submit")) == 1


# -- lost ----------------------------------------------------------------------------------


def test_a_lost_job_is_sent_again_twice(carried):
    errand = carried.carry(poll=[LOST])
    assert (errand.state, errand.kind) == ("failed", "lost")
    keys = carried.driver.named("submit")
    assert len(keys) == len(set(keys)) == 3
    assert {spec.seed for spec in carried.driver.specs} == {7}


def test_a_lost_job_that_is_found_again(carried):
    """Between two lists of theirs a job can be in neither."""
    assert carried.carry(poll=[RUNNING, LOST, RUNNING, LOST, DONE]).state == "done"
    assert len(carried.driver.named("submit")) == 1


def test_a_server_that_was_restarted(carried):
    lost = failing(ErrorKind.LOST)
    errand = carried.carry(poll=[RUNNING, OFF, lost, lost, RUNNING, DONE])
    assert errand.state == "done" and errand.lost == 1


def test_a_lost_paid_job_is_for_the_owner_to_decide(paid):
    errand = paid.carry(poll=[RUNNING, LOST])
    assert errand.state == "unsure"
    assert errand.problem["code"] == "solid.lost_paid"
    assert len(paid.driver.named("submit")) == 1


def test_a_mesh_that_is_gone(carried, tmp_path):
    gone = failing(ErrorKind.INPUT)  # 404
    errand = carried.carry(fetch=[gone, b"mesh"])
    assert errand.state == "done" and errand.lost == 1
    paid = Carried(tmp_path, PAID)
    assert paid.carry(fetch=[failing(ErrorKind.LOST)]).state == "unsure"


def test_a_reference_that_is_none(carried):
    carried.stop_when = lambda errand: errand.state == "submitted"
    carried.carry()
    carried.saved[-1]["ref"] = {"driver": "scripted"}
    carried.restart()
    assert carried.carry().state == "done" and carried.errand.lost == 1


# -- bringing it back ----------------------------------------------------------------------

CUT = failing(ErrorKind.BAD_RESULT, "solid.cut_short")


def test_half_a_mesh_is_fetched_again(carried):
    errand = carried.carry(fetch=[CUT, CUT, CUT, b"mesh"])
    assert errand.state == "done" and len(carried.driver.named("submit")) == 1
    assert carried.clock.rests[-3:] == [3, 10, 20]


def test_a_bad_mesh_that_stays_bad(carried):
    errand = carried.carry(fetch=[CUT])
    assert (errand.state, errand.kind) == ("failed", "bad_result")
    assert errand.problem["code"] == "solid.cut_short"
    assert len(carried.driver.named("fetch")) == 4
    assert errand.can_fetch
    errand.fetch_again()
    assert carried.carry(fetch=[b"mesh"]).state == "done"
    assert len(carried.driver.named("submit")) == 1


@pytest.mark.parametrize("code", ["solid.too_large", "solid.redirected", "solid.encoded"])
def test_what_is_no_better_next_time_is_not_fetched_again(carried, code):
    errand = carried.carry(fetch=[failing(ErrorKind.BAD_RESULT, code)])
    assert errand.state == "failed" and len(carried.driver.named("fetch")) == 1


def test_a_fetch_that_breaks_off_is_tried_again(paid):
    odd = [BROKEN, SILENT, OFF, busy(3), failing(ErrorKind.REMOTE)]
    errand = paid.carry(fetch=[*odd, b"mesh"])
    assert errand.state == "done" and len(paid.driver.named("submit")) == 1


def test_a_fetch_that_always_fails(carried):
    errand = carried.carry(fetch=[failing(ErrorKind.REMOTE, "solid.remote_error")])
    assert errand.problem["code"] == "solid.remote_error" and errand.can_fetch
    assert carried.clock.now - START < 3600


# -- cancelling ----------------------------------------------------------------------------


def test_cancelled_before_it_began(carried):
    carried.cancelled = True
    assert carried.carry().state == "cancelled"
    assert carried.driver.calls == []


def test_cancelled_while_it_waits(carried):
    carried.cancel_when = lambda errand: errand.tries == 2
    errand = carried.carry(submit=[OFF])
    assert (errand.state, errand.notice) == ("cancelled", None)
    assert carried.driver.named("cancel") == []


@pytest.mark.parametrize(
    "answer, notice",
    [
        (Cancel.STOPPED, None),
        (Cancel.REQUESTED, "solid.goes_on_there"),
        (Cancel.UNSUPPORTED, "solid.goes_on_there"),
        (OFF, "solid.goes_on_there"),
        (ZeroDivisionError(), "solid.goes_on_there"),
    ],
)
def test_cancelled_while_it_works(carried, answer, notice):
    carried.cancel_when = lambda errand: errand.running_since is not None
    errand = carried.carry(poll=[Status("running", 0.2)], cancel=[answer])
    assert errand.state == "cancelled" and errand.problem is None
    assert (errand.notice or {}).get("code") == notice
    assert carried.driver.named("cancel") == ["job"]
    assert carried.states[-1] == "cancelled" and errand.progress is None


def cut_off_by(carried: Carried):
    """A call that lasts until it is aborted, which happens because the owner cancels."""
    aborted = threading.Event()
    carried.driver.abort = aborted.set

    def call() -> None:
        carried.cancelled = True
        assert aborted.wait(20)
        raise failing(ErrorKind.CANCELLED)

    return call


@pytest.mark.parametrize("step", ["poll", "fetch"])
def test_cancelling_ends_a_request_under_way(carried, step):
    errand = carried.carry(**{step: [cut_off_by(carried)]} | {"cancel": [Cancel.STOPPED]})
    assert errand.state == "cancelled" and carried.driver.named("cancel") == ["job"]


def test_cancelling_while_a_job_is_handed_over(carried):
    errand = carried.carry(submit=[cut_off_by(carried)])
    assert errand.state == "cancelled"
    # what was noted before it started is enough to stop it
    assert carried.driver.named("cancel") == [errand.key]


@pytest.mark.parametrize("answer", [Cancel.STOPPED, Cancel.TOO_LATE])
def test_cancelling_while_a_paid_job_is_handed_over(paid, answer):
    paid.driver.submit = lambda job, key, note: paid.driver._next("submit", key)
    errand = paid.carry(submit=[cut_off_by(paid)], find=["orphan"], cancel=[answer])
    assert errand.state == "cancelled" and paid.driver.named("cancel") == ["orphan"]
    code = (errand.notice or {}).get("code")
    assert code == (None if answer is Cancel.STOPPED else "solid.maybe_charged")


def test_a_cancelled_paid_job_that_is_not_found(paid):
    paid.driver.submit = lambda job, key, note: paid.driver._next("submit", key)
    errand = paid.carry(submit=[cut_off_by(paid)])
    assert errand.notice["code"] == "solid.maybe_charged"
    assert paid.driver.named("cancel") == []


# -- mistakes ------------------------------------------------------------------------------


def test_a_driver_that_cannot_be_made(carried):
    def refuse():
        raise SolidRefused("solid.bad_workflow", "No.", field="endpoint.workflow")

    courier = Courier(
        refuse, carried.endpoint, carried.capabilities, pause=carried.clock.pause
    )
    courier.carry(
        carried.errand, carried.spec, carried.target,
        save=carried.save, cancelled=lambda: False,
    )  # fmt: skip
    assert carried.errand.state == "failed"
    assert carried.saved[-1]["problem"]["code"] == "solid.bad_workflow"


def test_a_driver_that_refuses_the_photos(carried):
    refused = SolidRefused("solid.no_front", "No %(n)s.", field="solid.roles", n="front")
    errand = carried.carry(submit=[refused])
    assert (errand.state, errand.kind) == ("failed", "input")
    assert errand.problem["message"] == "No front."
    assert errand.problem["field"] == "solid.roles"


def test_a_mistake_in_a_driver_is_logged_without_the_key(carried, caplog):
    caplog.set_level(logging.DEBUG)
    errand = carried.carry(submit=[TypeError(f"header Bearer {SECRET}")])
    assert errand.problem["code"] == "solid.driver_broke"
    assert "TypeError" in caplog.text and SECRET not in caplog.text
