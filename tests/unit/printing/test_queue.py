import dataclasses
import threading

import pytest

from octoprint_img2stl.machine import Machine, MachineRefused
from octoprint_img2stl.printing import QueueRefused
from octoprint_img2stl.printing.transitions import MAX_ITEMS
from tests.unit.printing.fakes import (
    BOX,
    FINISHING,
    IDLE,
    OFFLINE,
    Bench,
    printing,
)

OTHER = "other.gcode"


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def refused(call, *arguments, **options) -> str:
    with pytest.raises(QueueRefused) as caught:
        call(*arguments, **options)
    problem = caught.value.problem
    assert problem.message and "%(" not in problem.message
    return problem.code


# ---- the whole way


def test_two_prints_the_whole_way(bench):
    queue, printer = bench.queue, bench.printer
    one, two = bench.add("one.gcode"), bench.add("two.gcode")
    assert bench.states() == ["queued", "queued"] and bench.reason == "queue.restarted"
    queue.tick()
    assert bench.states() == ["queued", "queued"]  # paused: nothing is offered
    queue.resume()
    queue.tick()
    assert bench.states() == ["awaiting_bed_clear", "queued"]
    assert printer.started == []  # and nothing starts by itself

    token = bench.confirm(one)
    assert bench.item(one)["confirmed_by"] == "bob"
    queue.start(one, token, "bob")
    assert printer.started == [("one.gcode", "bob")]
    assert bench.states() == ["starting", "queued"]
    before = bench.generation
    printer.now = printing("one.gcode")
    queue.print_started("one.gcode", "bob")
    assert bench.states() == ["printing", "queued"]
    assert bench.generation == before + 1
    queue.tick()

    printer.now = FINISHING
    queue.print_done("one.gcode")
    assert bench.item(one)["state"] == "done" and bench.generation == before + 2
    queue.tick()
    assert bench.states() == ["queued"]  # the printer is not ready yet
    printer.now = IDLE
    queue.tick()
    assert bench.item(two)["state"] == "awaiting_bed_clear"
    assert printer.started == [("one.gcode", "bob")]
    done = bench.item(one)
    assert (done["started_by"], done["reason"]) == ("bob", None)
    assert done["started_at"] == done["ended_at"] == bench.wall


def test_an_idle_tick_changes_nothing(bench):
    bench.add()
    bench.queue.resume()
    bench.queue.tick()
    before = bench.changes
    for _ in range(5):
        bench.time += 5
        bench.queue.tick()
    assert bench.changes == before


def test_the_browser_sees_no_secret(bench):
    item = bench.add("folder/secret.gcode", name="cat")
    token = bench.confirm(item)
    text = str(bench.queue.to_json())
    assert token not in text and "folder/secret" not in text and "good" not in text


def test_copies_are_items(bench):
    bench.add(copies=3)
    items = bench.queue.to_json()["items"]
    assert [(item["copy"], item["copies"]) for item in items] == [(1, 3), (2, 3), (3, 3)]
    assert len({item["id"] for item in items}) == 3
    assert bench.queue.to_json()["print_time_s"] == 3 * 3600


@pytest.mark.parametrize("copies", [0, -1, 51, 1.0, True, "2", None])
def test_bad_copies(bench, copies):
    assert refused(bench.add, copies=copies) == "queue.bad_copies"
    assert bench.states() == []


@pytest.mark.parametrize("bounds", [(0, 0, 0, 1, 1), (0, 0, 0, 1, 1, float("nan"))])
def test_bad_bounds(bench, bounds):
    with pytest.raises(ValueError):
        bench.add(bounds=bounds)
    assert bench.states() == []


def test_full(bench):
    for _ in range(MAX_ITEMS // 50):
        bench.add(copies=50)
    assert refused(bench.add) == "queue.full"
    assert len(bench.states()) == MAX_ITEMS


def test_unknown_print_time(bench):
    bench.add(print_time_s=None)
    bench.add(print_time_s=float("inf"))
    assert bench.queue.to_json()["print_time_s"] == 0


# ---- the word on the bed


def test_the_word_is_bound_to_what_was_seen(bench):
    item = bench.add()
    seen = bench.generation
    bench.queue.print_started(OTHER, "someone")
    assert refused(bench.queue.confirm, item, seen, "bob") == "queue.busy"
    bench.queue.print_done(OTHER)
    assert refused(bench.queue.confirm, item, seen, "bob") == "queue.bed_changed"
    assert refused(bench.queue.confirm, item, seen + 1, "bob") == "queue.bed_changed"
    bench.confirm(item)


def test_the_word_is_bound_to_item_user_and_token(bench):
    one, two = bench.add("one.gcode"), bench.add("two.gcode")
    token = bench.confirm(one)
    start = bench.queue.start
    for wrong in ((two, token, "bob"), (one, token, "ann"), (one, token[:-1], "bob")):
        assert refused(start, *wrong) == "queue.not_confirmed"
    assert refused(start, one, "\udc80é", "bob") == "queue.not_confirmed"
    assert refused(start, one, "", "bob") == "queue.not_confirmed"
    assert refused(start, "gone", token, "bob") == "queue.unknown_item"
    assert bench.printer.started == []
    start(one, token, "bob")  # the wrong attempts have not spoiled it
    assert bench.printer.started == [("one.gcode", "bob")]


def test_the_word_is_good_once(bench):
    item = bench.add()
    token = bench.confirm(item)
    bench.queue.start(item, token, "bob")
    assert refused(bench.queue.start, item, token, "bob") == "queue.not_confirmed"
    bench.time += 11
    bench.queue.tick()  # undone: still not good a second time
    assert refused(bench.queue.start, item, token, "bob") == "queue.not_confirmed"
    assert len(bench.printer.started) == 1


def test_the_word_expires(bench):
    item = bench.add()
    token = bench.confirm(item)
    bench.time += 599
    assert bench.item(item)["confirmed_for_s"] == 1
    bench.time += 1
    start = bench.queue.start
    assert refused(start, item, token, "bob") == "queue.confirmation_expired"
    assert bench.item(item)["confirmed_by"] is None
    bench.queue.tick()
    assert refused(start, item, token, "bob") == "queue.not_confirmed"
    assert bench.item(item)["state"] == "awaiting_bed_clear"


def test_there_is_one_bed_and_one_word(bench):
    one, two = bench.add("one.gcode"), bench.add("two.gcode")
    first = bench.confirm(one)
    second = bench.confirm(two, "cid")
    assert bench.states() == ["queued", "awaiting_bed_clear"]
    assert refused(bench.queue.start, one, first, "bob") == "queue.not_confirmed"
    bench.queue.start(two, second, "cid")
    assert [item["id"] for item in bench.queue.to_json()["items"]] == [two, one]
    assert bench.states() == ["starting", "queued"]


def test_a_word_makes_a_paused_queue_ready(bench):
    item = bench.add()
    assert bench.queue.to_json()["paused"]
    bench.confirm(item)
    data = bench.queue.to_json()
    assert not data["paused"] and data["reason"] is None


WITHDRAWING = {
    "pause": lambda bench, item: bench.queue.pause("ann"),
    "foreign start": lambda bench, item: bench.queue.print_started(OTHER),
    "foreign end": lambda bench, item: bench.queue.print_done(OTHER),
    "foreign failure": lambda bench, item: bench.queue.print_failed(OTHER, "error"),
    "disconnected": lambda bench, item: bench.queue.disconnected(),
    "same file from elsewhere": lambda bench, item: bench.queue.print_started("x.gcode"),
    "printing unseen": lambda bench, item: (
        setattr(bench.printer, "now", printing(OTHER)),
        bench.queue.tick(),
    ),
}


@pytest.mark.parametrize("what", WITHDRAWING)
@pytest.mark.parametrize("when", ["before the start", "during the checks"])
def test_the_word_is_withdrawn(bench, what, when):
    item = bench.add("x.gcode")
    token = bench.confirm(item)
    if when == "before the start":
        WITHDRAWING[what](bench, item)
        bench.printer.now = IDLE
    else:
        bench.on_hash = lambda: WITHDRAWING[what](bench, item)
    assert refused(bench.queue.start, item, token, "bob") == "queue.not_confirmed"
    assert bench.printer.started == []
    assert bench.item(item)["state"] == "queued"


def test_removed_during_the_checks(bench):
    item = bench.add()
    bench.on_hash = lambda: bench.queue.remove(item)
    assert refused(bench.start, item) == "queue.not_confirmed"
    assert bench.printer.started == [] and bench.states() == []


def test_nothing_else_can_be_confirmed_during_the_checks(bench):
    one, two = bench.add("one.gcode"), bench.add("two.gcode")
    codes = []

    def meanwhile():
        assert not any(item["can_confirm"] for item in bench.queue.to_json()["items"])
        assert bench.item(one)["checking"]
        codes.extend((refused(bench.confirm, one), refused(bench.confirm, two)))

    bench.on_hash = meanwhile
    bench.start(one)
    assert codes == ["queue.busy", "queue.busy"]
    assert bench.printer.started == [("one.gcode", "bob")]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (OFFLINE, "queue.printer_not_ready"),
        (FINISHING, "queue.printer_not_ready"),
        (printing(OTHER), "queue.busy"),
    ],
)
def test_no_word_while_the_printer_is_not_ready(bench, state, code):
    item = bench.add()
    bench.printer.now = state
    assert refused(bench.confirm, item) == code
    assert bench.states() == ["queued"] and bench.queue.to_json()["paused"]


# ---- the checks before the start


def other_machine(bench):
    bench.machine = dataclasses.replace(bench.machine, nozzle=0.6)


def broken_machine(bench):
    def refuse():
        raise MachineRefused("machine.invalid", "The printer profile is broken.")

    bench.queue._machine = refuse


def unreadable_file(bench):
    def fail():
        raise PermissionError(13, "Permission denied")

    bench.on_hash = fail


CHECKS = {
    "file gone": (lambda b: b.hashes.update({"x.gcode": None}), "queue.file_missing"),
    "file changed": (lambda b: b.hashes.update({"x.gcode": "bad"}), "queue.file_changed"),
    "file unreadable": (unreadable_file, "queue.start_failed"),
    "other machine": (other_machine, "queue.machine_changed"),
    "no machine": (broken_machine, "machine.invalid"),
    "offline": (lambda b: setattr(b.printer, "now", OFFLINE), "queue.printer_not_ready"),
    "busy": (lambda b: setattr(b.printer, "now", printing(OTHER)), "queue.busy"),
}


@pytest.mark.parametrize("what", CHECKS)
def test_what_changed_since_is_not_printed(bench, what):
    spoil, code = CHECKS[what]
    item = bench.add("x.gcode")
    token = bench.confirm(item)
    spoil(bench)
    assert refused(bench.queue.start, item, token, "bob") == code
    assert bench.printer.started == []
    assert bench.item(item)["state"] == "queued"
    assert bench.item(item)["reason"]["code"] == code
    assert bench.queue.to_json()["paused"] and bench.reason == code
    assert bench.queue.state.confirmation is None


@pytest.mark.parametrize("axis", range(6))
def test_outside_the_bed(bench, axis):
    outside = list(BOX)
    outside[axis] = (-1.0, -1.0, -1.0, 221.0, 221.0, 251.0)[axis]
    item = bench.add(bounds=outside)
    assert refused(bench.start, item) == "queue.out_of_bounds"
    assert bench.printer.started == []


def test_the_bounds_may_be_the_bed_itself(bench):
    item = bench.add(bounds=(0, 0, 0, 220.04, 220, 250))
    bench.start(item)
    assert bench.printer.started


def test_a_round_bed(bench):
    bench.machine = Machine(x_min=-50, y_min=-50, x_max=50, y_max=50, form="circular")
    mark = bench.machine.fingerprint()
    fits = bench.add("fits.gcode", machine=mark, bounds=(-50, -50, 0, 50, 50, 9))
    over = bench.add("over.gcode", machine=mark, bounds=(-51, -50, 0, 50, 50, 9))
    assert refused(bench.start, over) == "queue.out_of_bounds"
    bench.start(fits)
    assert bench.printer.started == [("fits.gcode", "bob")]


def test_the_item_can_be_tried_again(bench):
    item = bench.add()
    bench.machine = dataclasses.replace(bench.machine, nozzle=0.6)
    assert refused(bench.start, item) == "queue.machine_changed"
    bench.machine = dataclasses.replace(bench.machine, nozzle=0.4)
    bench.print(item)
    assert bench.item(item)["state"] == "printing" and bench.item(item)["reason"] is None


# ---- the start itself


def test_a_start_that_is_never_seen_is_undone(bench):
    item = bench.add()
    bench.start(item)
    bench.time += 9.9
    bench.queue.tick()
    assert bench.states() == ["starting"]
    bench.time += 0.1
    bench.queue.tick()
    assert bench.states() == ["queued"] and bench.reason == "queue.start_not_confirmed"
    assert bench.item(item)["started_by"] is None
    bench.print(item)
    assert bench.states() == ["printing"]


def test_a_start_that_fails(bench):
    item = bench.add()

    def fail():
        raise RuntimeError("no such file")

    bench.printer.on_start = fail
    assert refused(bench.start, item) == "queue.start_failed"
    assert bench.states() == ["queued"] and bench.reason == "queue.start_failed"


def test_the_event_may_come_before_start_returns(bench):
    item = bench.add("x.gcode")
    bench.printer.on_start = lambda: bench.queue.print_started("x.gcode", "bob")
    bench.start(item)
    assert bench.states() == ["printing"]
    bench.printer.now = printing("x.gcode")
    bench.time += 100
    bench.queue.tick()
    assert bench.states() == ["printing"]


def test_a_start_whose_event_was_missed_is_seen_by_the_watchdog(bench):
    item = bench.add("x.gcode")
    bench.start(item)
    bench.printer.now = printing("x.gcode")
    bench.queue.tick()
    assert bench.states() == ["printing"]
    before = bench.item(item)
    bench.wall += 3
    bench.queue.print_started("x.gcode", "bob")  # late
    assert bench.item(item) == before


def test_somebody_else_was_faster(bench):
    item = bench.add("x.gcode")
    bench.start(item)
    bench.queue.print_started(OTHER, "someone")
    assert bench.states() == ["queued"] and bench.reason == "queue.foreign_print"
    assert bench.queue.to_json()["foreign_print"]
    assert refused(bench.confirm, item) == "queue.busy"


def test_an_event_that_comes_too_late_does_not_make_it_ours(bench):
    item = bench.add("x.gcode")
    bench.start(item)
    bench.time += 10
    bench.queue.tick()
    bench.queue.print_started("x.gcode", "bob")
    assert bench.states() == ["queued"] and bench.queue.to_json()["foreign_print"]
    bench.queue.print_done("x.gcode")
    assert bench.item(item)["state"] == "queued"


# ---- the end


ENDS = {
    "done": (lambda q, p: q.print_done(p), "done", None),
    "failed": (lambda q, p: q.print_failed(p, "error"), "failed", "queue.print_failed"),
    "failed without a word": (
        lambda q, p: q.print_failed(p),
        "failed",
        "queue.print_failed",
    ),
    "failed for being cancelled": (
        lambda q, p: q.print_failed(p, "cancelled"),
        "cancelled",
        "queue.print_cancelled",
    ),
    "cancelled": (
        lambda q, p: q.print_cancelled(p),
        "cancelled",
        "queue.print_cancelled",
    ),
    "disconnected": (
        lambda q, p: q.disconnected(),
        "failed",
        "queue.disconnected",
    ),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("seen", [True, False], ids=["started seen", "started unseen"])
def test_ends(bench, end, seen):
    event, state, reason = ENDS[end]
    item, after = bench.add("x.gcode"), bench.add("y.gcode")
    bench.start(item)
    if seen:
        bench.queue.print_started("x.gcode", "bob")
    before = bench.generation
    event(bench.queue, "x.gcode")
    assert bench.item(item)["state"] == state
    assert bench.generation == before + 1
    assert bench.queue.to_json()["paused"] is (reason is not None)
    assert bench.reason == reason
    ended = bench.item(item)["reason"]
    assert (ended and ended["code"]) == reason
    bench.queue.tick()
    offered = "queued" if reason else "awaiting_bed_clear"
    assert bench.item(after)["state"] == offered


def test_a_cancelled_print_is_told_twice(bench):
    path = bench.print(bench.add())
    bench.queue.print_cancelled(path)
    bench.queue.print_failed(path, "error")
    assert bench.reason == "queue.print_cancelled"
    assert [i["state"] for i in bench.queue.to_json()["history"]] == ["cancelled"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (lambda q: q.print_done(OTHER), None),
        (lambda q: q.print_failed(OTHER, "error"), "queue.print_failed"),
        (lambda q: q.print_cancelled(OTHER), "queue.print_cancelled"),
    ],
)
@pytest.mark.parametrize("started_seen", [True, False])
def test_foreign_prints(bench, event, reason, started_seen):
    item = bench.add()
    bench.queue.resume()
    bench.queue.tick()
    if started_seen:
        bench.queue.print_started(OTHER)
        assert bench.states() == ["queued"]
    before = bench.generation
    event(bench.queue)
    assert bench.generation == before + 1 and bench.reason == reason
    assert bench.item(item)["state"] == "queued"
    assert not bench.queue.to_json()["foreign_print"]
    bench.queue.tick()
    assert bench.states() == (["queued"] if reason else ["awaiting_bed_clear"])


def test_pause_during_a_print(bench):
    one = bench.add("x.gcode")
    two = bench.add("y.gcode")
    path = bench.print(one)
    bench.queue.pause("ann")
    assert bench.item(one)["state"] == "printing"
    bench.queue.print_done(path)
    bench.printer.now = IDLE
    bench.queue.tick()
    assert bench.item(two)["state"] == "queued" and bench.reason == "queue.paused"


# ---- missed events


def ticks(bench, *, apart: float, times: int) -> None:
    for _ in range(times):
        bench.queue.tick()
        bench.time += apart


@pytest.mark.parametrize(
    ("now", "reason"), [(IDLE, "queue.lost_track"), (OFFLINE, "queue.disconnected")]
)
def test_an_end_that_was_missed(bench, now, reason):
    item = bench.add()
    bench.print(item)
    bench.printer.now = now
    ticks(bench, apart=4.9, times=3)
    assert bench.states() == ["printing"]  # the event may still come
    bench.time += 0.5
    bench.queue.tick()
    assert bench.item(item)["state"] == "failed" and bench.reason == reason


def test_an_event_that_is_only_late_is_believed(bench):
    item = bench.add("x.gcode")
    bench.print(item)
    bench.printer.now = IDLE
    ticks(bench, apart=4, times=2)
    bench.queue.print_done("x.gcode")
    ticks(bench, apart=20, times=2)
    assert bench.item(item)["state"] == "done" and bench.reason is None


def test_a_short_silence_does_not_add_up(bench):
    bench.print(bench.add("x.gcode"))
    for _ in range(5):
        bench.printer.now = IDLE
        ticks(bench, apart=5, times=1)
        bench.printer.now = printing("x.gcode")
        ticks(bench, apart=5, times=1)
    assert bench.states() == ["printing"]


def test_a_foreign_print_whose_events_are_missed(bench):
    item = bench.add()
    bench.queue.resume()
    bench.queue.tick()
    seen = bench.generation
    bench.printer.now = printing(None)
    bench.queue.tick()
    assert bench.states() == ["queued"] and bench.generation > seen
    ticks(bench, apart=5, times=4)
    assert bench.queue.to_json()["foreign_print"]
    seen = bench.generation
    bench.printer.now = IDLE
    ticks(bench, apart=5, times=4)
    assert not bench.queue.to_json()["foreign_print"] and bench.generation > seen
    assert bench.item(item)["state"] == "awaiting_bed_clear" and bench.reason is None


def test_another_print_in_place_of_ours(bench):
    item = bench.add("x.gcode")
    bench.print(item)
    bench.printer.now = printing(OTHER)
    ticks(bench, apart=5, times=4)
    assert bench.item(item)["state"] == "failed" and bench.reason == "queue.lost_track"
    assert bench.queue.to_json()["foreign_print"]


def test_another_print_is_told_in_place_of_ours(bench):
    item = bench.add("x.gcode")
    bench.print(item)
    bench.queue.print_started(OTHER)
    assert bench.item(item)["state"] == "failed" and bench.reason == "queue.lost_track"


def test_the_last_moments_after_a_print_are_no_foreign_print(bench):
    path = bench.print(bench.add())
    bench.queue.print_done(path)  # the printer still says that it prints
    ticks(bench, apart=4, times=2)
    assert not bench.queue.to_json()["foreign_print"]


def test_an_end_that_takes_long(bench):
    """Scripts at the end of a print may run for minutes, before or after its event."""
    item = bench.add("x.gcode")
    bench.print(item)
    bench.printer.now = FINISHING
    ticks(bench, apart=5, times=20)
    assert bench.states() == ["printing"]
    bench.queue.print_cancelled("x.gcode")
    generation = bench.generation
    ticks(bench, apart=5, times=20)
    assert bench.reason == "queue.print_cancelled" and bench.generation == generation
    assert not bench.queue.to_json()["foreign_print"]


def test_a_look_older_than_an_event_is_not_believed(bench):
    """While the printer answers that it prints, that print ends and ours is started."""
    item = bench.add("x.gcode")
    bench.queue.print_started(OTHER)

    def slow_state():
        del bench.printer.state
        bench.queue.print_done(OTHER)
        bench.start(item)
        return printing(OTHER)

    bench.printer.state = slow_state
    bench.queue.tick()
    assert bench.states() == ["starting"] and bench.reason is None


# ---- order and removal


def test_move(bench):
    ids = [bench.add(f"{n}.gcode") for n in range(4)]

    def order():
        return [ids.index(item["id"]) for item in bench.queue.to_json()["items"]]

    for item, position, expected in (
        (3, 0, [3, 0, 1, 2]),
        (3, 99, [0, 1, 2, 3]),
        (0, 1, [1, 0, 2, 3]),
        (2, -5, [2, 1, 0, 3]),
        (1, 1, [2, 1, 0, 3]),
    ):
        bench.queue.move(ids[item], position)
        assert order() == expected
    bench.print(ids[3])
    bench.queue.move(ids[0], 0)
    assert order() == [3, 0, 2, 1]
    assert refused(bench.queue.move, ids[3], 1) == "queue.item_busy"
    assert refused(bench.queue.move, "gone", 1) == "queue.unknown_item"


def test_moving_decides_anew_who_is_next(bench):
    one, two = bench.add("1.gcode"), bench.add("2.gcode")
    bench.queue.resume()
    bench.queue.tick()
    bench.queue.move(two, 0)
    bench.queue.tick()
    assert bench.item(two)["state"] == "awaiting_bed_clear"
    assert bench.item(one)["state"] == "queued"
    token = bench.confirm(one)  # but a person's choice stays
    bench.queue.move(two, 5)
    bench.queue.start(one, token, "bob")
    assert bench.item(one)["state"] == "starting"


def test_remove(bench):
    one, two = bench.add("1.gcode"), bench.add("2.gcode")
    token = bench.confirm(one)
    bench.queue.remove(one)
    assert refused(bench.queue.start, one, token, "bob") == "queue.unknown_item"
    assert refused(bench.queue.remove, one) == "queue.unknown_item"
    assert bench.queue.state.confirmation is None
    bench.start(two)
    assert refused(bench.queue.remove, two) == "queue.item_busy"
    bench.queue.print_started("2.gcode")
    assert refused(bench.queue.remove, two) == "queue.item_busy"
    assert not bench.item(two)["can_remove"] and not bench.item(two)["can_confirm"]


def test_removing_another_leaves_the_word_alone(bench):
    one, two = bench.add("1.gcode"), bench.add("2.gcode")
    token = bench.confirm(one)
    bench.queue.remove(two)
    bench.queue.start(one, token, "bob")
    assert bench.states() == ["starting"]


def test_history(bench):
    for number in range(55):
        path = bench.print(bench.add(f"{number}.gcode"))
        bench.queue.print_done(path)
        bench.printer.now = IDLE
    history = bench.queue.to_json()["history"]
    assert [item["name"] for item in history] == [f"{n}.gcode" for n in range(54, 4, -1)]
    assert bench.queue.to_json()["can_clear_finished"]
    bench.queue.clear_finished()
    assert bench.queue.to_json()["history"] == []
    assert not bench.queue.to_json()["can_clear_finished"]


# ---- restart


def test_restart(bench):
    one, two = bench.add("1.gcode"), bench.add("2.gcode")
    token = bench.confirm(one)
    before = bench.generation
    bench.open()
    assert bench.states() == ["queued", "queued"]
    assert bench.reason == "queue.restarted" and bench.generation > before
    assert refused(bench.queue.start, one, token, "bob") == "queue.not_confirmed"
    assert refused(bench.queue.confirm, one, before, "bob") == "queue.bed_changed"
    assert [item["id"] for item in bench.queue.to_json()["items"]] == [one, two]


@pytest.mark.parametrize("seen", [True, False])
def test_restart_during_a_print(bench, seen):
    item = bench.add("x.gcode")
    bench.start(item)
    if seen:
        bench.queue.print_started("x.gcode")
    bench.printer.now = IDLE
    bench.open()
    assert bench.item(item)["state"] == "failed"
    assert bench.item(item)["reason"]["code"] == bench.reason == "queue.interrupted"
    bench.open()
    assert bench.reason == "queue.interrupted"  # until somebody has read it
    bench.queue.resume()
    bench.open()
    assert bench.reason == "queue.restarted"


# ---- threads and listeners


def test_only_one_of_many_starts_wins(bench):
    item = bench.add("x.gcode")
    token = bench.confirm(item)
    gate = threading.Barrier(8)
    codes = []

    def attempt():
        gate.wait()
        try:
            bench.queue.start(item, token, "bob")
        except QueueRefused as refusal:
            codes.append(refusal.code)

    run(*[attempt] * 8)
    assert bench.printer.started == [("x.gcode", "bob")]
    assert codes == ["queue.not_confirmed"] * 7
    assert bench.states() == ["starting"]


def test_only_one_of_many_words_holds(bench):
    items = [bench.add(f"{n}.gcode") for n in range(8)]
    generation = bench.generation
    gate = threading.Barrier(8)
    codes = []

    def attempt(item):
        gate.wait()
        try:
            bench.queue.start(item, bench.queue.confirm(item, generation, "bob"), "bob")
        except QueueRefused as refusal:
            codes.append(refusal.code)

    run(*[lambda item=item: attempt(item) for item in items])
    assert len(bench.printer.started) == 1 and len(codes) == 7
    assert set(codes) <= {"queue.not_confirmed", "queue.busy"}
    assert bench.states().count("starting") == 1


def run(*calls) -> None:
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a deadlock"


def test_a_listener_that_fails_does_no_harm(bench):
    bench.queue._changed = lambda: 1 / 0
    item = bench.add()
    bench.confirm(item)
    assert bench.states() == ["awaiting_bed_clear"]
