"""The state machine as a table: situation, what happens, what becomes of it."""

import subprocess
import sys
from dataclasses import replace

import pytest

from octoprint_img2stl.printing import reasons, transitions
from octoprint_img2stl.printing.model import Confirmation, Item, ItemState, QueueState
from octoprint_img2stl.printing.refused import QueueRefused
from tests.unit.printing.fakes import BOX, FINISHING, IDLE, OFFLINE, printing

OURS, OTHER = "ours.gcode", "other.gcode"
ITEM = Item(
    id="one",
    job_id="job",
    name="cat",
    path=OURS,
    sha256="0",
    bounds=BOX,
    machine="m",
    print_time_s=60.0,
    owner="ann",
    copy=1,
    copies=1,
    added_at=1.0,
)
NEXT = replace(ITEM, id="two", path="next.gcode")
WORD = Confirmation("one", "bob", "token", expires_at=100.0)
AT = 5.0


def situation(state: ItemState, **changes) -> QueueState:
    return QueueState(
        7, (replace(ITEM, state=state), NEXT), **{"paused": False, **changes}
    )


SITUATIONS = {
    "queued": situation(ItemState.QUEUED),
    "paused": situation(ItemState.QUEUED, paused=True, reason=reasons.paused_by("ann")),
    "awaiting": situation(ItemState.AWAITING),
    "confirmed": situation(ItemState.AWAITING, confirmation=WORD),
    "checking": situation(ItemState.AWAITING, confirmation=replace(WORD, used=True)),
    "starting": situation(ItemState.STARTING, start_deadline=20.0),
    "printing": situation(ItemState.PRINTING),
    "foreign": situation(ItemState.QUEUED, foreign=OTHER),
}

DONE, FAILED, CANCELLED = ItemState.DONE, ItemState.FAILED, ItemState.CANCELLED
ACTIONS = {
    "start ours": lambda s: transitions.print_started(s, OURS, AT),
    "start other": lambda s: transitions.print_started(s, OTHER, AT),
    "done ours": lambda s: transitions.print_ended(s, OURS, DONE, "", AT),
    "failed ours": lambda s: transitions.print_ended(s, OURS, FAILED, "error", AT),
    "cancelled ours": lambda s: transitions.print_ended(s, OURS, CANCELLED, "", AT),
    "done other": lambda s: transitions.print_ended(s, OTHER, DONE, "", AT),
    "failed other": lambda s: transitions.print_ended(s, OTHER, FAILED, "", AT),
    "disconnected": lambda s: transitions.disconnected(s, AT),
    "pause": lambda s: transitions.pause(s, reasons.paused_by("cid")),
    "resume": transitions.resume,
    "remove": lambda s: transitions.remove(s, "one"),
    "confirm": lambda s: transitions.confirm(s, replace(WORD, token="new"), 7),
    "confirm stale": lambda s: transitions.confirm(s, WORD, 6),
    "use": lambda s: transitions.use(s, "one", "token", "bob", 10.0),
    "use late": lambda s: transitions.use(s, "one", "token", "bob", 100.0),
    "begin": lambda s: transitions.begin(s, "token", 10.0),
    "give up": lambda s: transitions.give_up(s, "token", reasons.file_missing("cat")),
    "undo": lambda s: transitions.undo_start(s, "one", reasons.start_failed("cat", "")),
    "idle tick": lambda s: transitions.reconcile(s, IDLE, 10.0, AT),
    "idle tick late": lambda s: transitions.reconcile(s, IDLE, 20.0, AT),
    "finishing tick": lambda s: transitions.reconcile(s, FINISHING, 10.0, AT),
    "offline tick": lambda s: transitions.reconcile(s, OFFLINE, 10.0, AT),
    "ours tick": lambda s: transitions.reconcile(s, printing(OURS), 10.0, AT),
    "other tick": lambda s: transitions.reconcile(s, printing(OTHER), 10.0, AT),
    "restart": lambda s: transitions.restarted(s, AT),
}

# In the order of SITUATIONS. A word is the item's state afterwards, "-" gone; then
# "+" the bed generation grew, "p:code" the queue is paused for this reason,
# "f" a foreign print is under way, "w" a confirmation holds; "!code" refused.
Q, A, S, P = "queued", "awaiting_bed_clear", "starting", "printing"
TABLE = {
    "start ours": (
        f"{Q}+f",
        f"{Q}+fp:paused",
        f"{Q}+f",
        f"{Q}+f",
        f"{Q}+f",
        f"{P}+",
        f"{P}+",
        f"{Q}+f",
    ),
    "start other": (
        f"{Q}+f",
        f"{Q}+fp:paused",
        f"{Q}+f",
        f"{Q}+f",
        f"{Q}+f",
        f"{Q}+fp:foreign_print",
        "failed+fp:lost_track",
        f"{Q}+f",
    ),
    "done ours": (
        f"{Q}+",
        f"{Q}+p:paused",
        f"{Q}+",
        f"{Q}+",
        f"{Q}+",
        "done+",
        "done+",
        f"{Q}+",
    ),
    "failed ours": (
        f"{Q}+p:print_failed",
        f"{Q}+p:paused",
        f"{Q}+p:print_failed",
        f"{Q}+p:print_failed",
        f"{Q}+p:print_failed",
        "failed+p:print_failed",
        "failed+p:print_failed",
        f"{Q}+p:print_failed",
    ),
    "cancelled ours": (
        f"{Q}+p:print_cancelled",
        f"{Q}+p:paused",
        f"{Q}+p:print_cancelled",
        f"{Q}+p:print_cancelled",
        f"{Q}+p:print_cancelled",
        "cancelled+p:print_cancelled",
        "cancelled+p:print_cancelled",
        f"{Q}+p:print_cancelled",
    ),
    "done other": (
        f"{Q}+",
        f"{Q}+p:paused",
        f"{Q}+",
        f"{Q}+",
        f"{Q}+",
        f"{S}+",
        f"{P}+",
        f"{Q}+",
    ),
    "failed other": (
        f"{Q}+p:print_failed",
        f"{Q}+p:paused",
        f"{Q}+p:print_failed",
        f"{Q}+p:print_failed",
        f"{Q}+p:print_failed",
        f"{S}+p:print_failed",
        f"{P}+p:print_failed",
        f"{Q}+p:print_failed",
    ),
    "disconnected": (
        f"{Q}+p:disconnected",
        f"{Q}+p:paused",
        f"{Q}+p:disconnected",
        f"{Q}+p:disconnected",
        f"{Q}+p:disconnected",
        "failed+p:disconnected",
        "failed+p:disconnected",
        f"{Q}+p:disconnected",
    ),
    "pause": (
        f"{Q}p:paused",
        f"{Q}p:paused",
        f"{Q}p:paused",
        f"{Q}p:paused",
        f"{Q}p:paused",
        f"{S}p:paused",
        f"{P}p:paused",
        f"{Q}fp:paused",
    ),
    "resume": (Q, Q, A, f"{A}w", f"{A}w", S, P, f"{Q}f"),
    "remove": ("-", "-p:paused", "-", "-", "-", "!item_busy", "!item_busy", "-f"),
    "confirm": (f"{A}w",) * 4 + ("!busy",) * 4,
    "confirm stale": ("!bed_changed",) * 4 + ("!busy",) * 4,
    "use": ("!not_confirmed",) * 3 + (f"{A}w",) + ("!not_confirmed",) * 4,
    "use late": ("!not_confirmed",) * 3
    + ("!confirmation_expired",)
    + ("!not_confirmed",) * 4,
    "begin": ("!not_confirmed",) * 3 + (S, S) + ("!not_confirmed",) * 3,
    "give up": (
        Q,
        f"{Q}p:paused",
        A,
        f"{Q}p:file_missing",
        f"{Q}p:file_missing",
        S,
        P,
        f"{Q}f",
    ),
    "undo": (
        Q,
        f"{Q}p:paused",
        A,
        f"{A}w",
        f"{A}w",
        f"{Q}p:start_failed",
        P,
        f"{Q}f",
    ),
    "idle tick": (A, f"{Q}p:paused", A, f"{A}w", f"{A}w", S, P, f"{Q}f"),
    "idle tick late": (
        A,
        f"{Q}p:paused",
        A,
        f"{A}w",
        f"{A}w",
        f"{Q}p:start_not_confirmed",
        P,
        f"{Q}f",
    ),
    "finishing tick": (Q, f"{Q}p:paused", A, f"{A}w", f"{A}w", S, P, f"{Q}f"),
    "offline tick": (Q, f"{Q}p:paused", A, f"{A}w", f"{A}w", S, P, f"{Q}f"),
    "ours tick": (
        f"{Q}+",
        f"{Q}+p:paused",
        f"{Q}+",
        f"{Q}+",
        f"{Q}+",
        f"{P}+",
        P,
        f"{Q}f",
    ),
    "other tick": (
        f"{Q}+",
        f"{Q}+p:paused",
        f"{Q}+",
        f"{Q}+",
        f"{Q}+",
        f"{Q}+fp:foreign_print",
        P,
        f"{Q}f",
    ),
    "restart": (
        f"{Q}+p:restarted",
        f"{Q}+p:paused",
        f"{Q}+p:restarted",
        f"{Q}+p:restarted",
        f"{Q}+p:restarted",
        "failed+p:interrupted",
        "failed+p:interrupted",
        f"{Q}+fp:restarted",
    ),
}


def described(before: QueueState, action) -> str:
    try:
        after = action(before)
    except QueueRefused as refusal:
        return refusal.code.replace("queue.", "!")
    found = [item for item in (*after.items, *after.history) if item.id == "one"]
    text = found[0].state.value if found else "-"
    text += "+" * (after.bed_generation > before.bed_generation)
    text += "f" * (after.foreign is not None)
    text += "w" * (after.confirmation is not None)
    assert after.paused == (after.reason is not None)
    if after.reason:
        text += "p:" + after.reason.code.removeprefix("queue.")
    return text


def test_the_table_is_complete():
    assert set(TABLE) == set(ACTIONS)
    assert all(len(row) == len(SITUATIONS) for row in TABLE.values())


@pytest.mark.parametrize("action", ACTIONS)
def test_table(action):
    row = [described(before, ACTIONS[action]) for before in SITUATIONS.values()]
    assert dict(zip(SITUATIONS, row, strict=True)) == dict(
        zip(SITUATIONS, TABLE[action], strict=True)
    )


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("name", SITUATIONS)
def test_the_next_item_is_left_alone(name, action):
    try:
        after = ACTIONS[action](SITUATIONS[name])
    except QueueRefused:
        return
    assert after.find("two") == NEXT


def test_every_sentence_is_one_sentence_and_complete():
    made = [
        reasons.restarted(),
        reasons.paused_by("ann"),
        reasons.corrupt("x"),
        reasons.interrupted("x"),
        reasons.failed("x", ""),
        reasons.failed("x", "100% <b>broken</b>"),
        reasons.cancelled("x"),
        reasons.disconnected(),
        reasons.lost_track("x"),
        reasons.start_not_seen("x", 10.0),
        reasons.start_failed("x", "y"),
        reasons.foreign_print(),
        reasons.busy(),
        reasons.printer_not_ready(),
        reasons.file_missing("x"),
        reasons.file_changed("x"),
        reasons.machine_changed("x"),
        reasons.out_of_bounds("x"),
        reasons.unknown_item().problem,
        reasons.item_busy("x").problem,
        reasons.bed_changed().problem,
        reasons.not_confirmed().problem,
        reasons.confirmation_expired().problem,
        reasons.bad_copies(5).problem,
        reasons.full(5).problem,
        reasons.not_saved("x").problem,
        reasons.unreadable("x").problem,
    ]
    for problem in made:
        assert problem.message.endswith("."), problem
        assert problem.code.startswith("queue.")
    refusal = QueueRefused.of(reasons.file_missing("100% cat"))
    assert (
        refusal.problem.message
        == str(refusal)
        == reasons.file_missing("100% cat").message
    )


def test_the_room_is_light_and_knows_no_octoprint():
    code = (
        "import sys, octoprint_img2stl.printing; "
        "heavy = {'numpy', 'PIL', 'trimesh', 'octoprint', 'flask', 'tornado'}; "
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
