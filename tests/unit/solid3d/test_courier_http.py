"""One job to its endpoint and back over real connections, to a server with bad days."""

from __future__ import annotations

import struct
import tracemalloc

import pytest

from octoprint_img2stl.solid3d.driver import Capabilities
from octoprint_img2stl.solid3d.line import Line
from tests.fakes import hostile
from tests.fakes.echo import EchoDriver, EchoServer
from tests.fakes.glb import glb
from tests.fakes.hostile import Peer, replying
from tests.unit.solid3d.carrying import PAID, SECRET, Carried

JOBS = "/jobs"


class Sent(Carried):
    """An errand that really goes to the server."""

    def __init__(self, folder, server: EchoServer, *args, **endpoint) -> None:
        super().__init__(folder, *args, url=server.url, **endpoint)
        self.server = server
        self.driver = self.made()

    def made(self) -> EchoDriver:
        return EchoDriver(self.endpoint, Line(self.endpoint, connect_s=2.0))

    def carry(self):
        self.driver.lines = {}
        return super().carry()

    def restart(self) -> None:
        super().restart()
        self.driver = self.made()

    def mesh_is_there(self) -> bool:
        return (self.target.parent / "candidate-1.glb").read_bytes() == glb()

    @property
    def submits(self) -> int:
        return len([each for each in self.server.of(JOBS) if each.method == "POST"])


@pytest.fixture
def server():
    with EchoServer() as server:
        yield server


@pytest.fixture
def sent(tmp_path, server):
    return Sent(tmp_path, server)


@pytest.fixture
def paid(tmp_path, server):
    return Sent(tmp_path, server, PAID)


def on_mesh(sent: Sent, *behaviours) -> None:
    """What the next requests for the mesh meet."""

    def usual(peer: Peer) -> None:
        if peer.path.endswith("/mesh") and waiting:
            waiting.pop(0)(peer)
        else:
            sent.server._job(peer)

    waiting = list(behaviours)
    sent.server.on("/jobs/", usual)


def always(sent: Sent, behaviour) -> None:
    on_mesh(sent, *[behaviour] * 20)


def test_there_and_back(sent):
    errand = sent.carry()
    assert errand.state == "done" and sent.mesh_is_there()
    assert sent.server.seeds == [7]
    assert all(
        each.headers["authorization"] == f"Bearer {SECRET}" for each in sent.server.asked
    )
    assert list(sent.target.parent.iterdir()) == [sent.target.parent / "candidate-1.glb"]


def test_a_restart_goes_on_polling(sent):
    sent.stop_when = lambda errand: errand.running_since is not None
    sent.carry()
    assert sent.errand.state == "submitted"
    sent.restart()
    assert sent.carry().state == "done" and sent.mesh_is_there()
    assert sent.submits == 1 and sent.server.cancelled == []


def test_a_server_that_is_switched_on_later(sent):
    sent.server.stop()
    pause, rests = sent.clock.pause, sent.clock.rests

    def switch_on(seconds: float) -> None:
        pause(seconds)
        if len(rests) == 4:
            sent.server.start()

    sent.clock.pause = switch_on
    errand = sent.carry()
    assert errand.state == "done" and sent.mesh_is_there() and errand.attempts == 5
    waiting = [each for each in sent.saved if each["waiting_for"] == "offline"]
    assert waiting and waiting[0]["notice"]["code"] == "solid.offline"


def test_a_server_that_is_restarted_and_knows_the_job(sent):
    pause = sent.clock.pause

    def restart(seconds: float) -> None:
        if sent.errand.state == "submitted" and not sent.errand.tries:
            sent.server.stop()
        elif sent.errand.tries == 2:
            sent.server.start()
        pause(seconds)

    sent.clock.pause = restart
    assert sent.carry().state == "done" and sent.submits == 1


def test_a_server_that_forgot_the_job(sent):
    def forget(peer: Peer) -> None:
        sent.server.jobs.clear()
        sent.server.keys.clear()
        sent.server.on("/jobs/", sent.server._job)
        sent.server._job(peer)

    sent.server.on("/jobs/", forget)
    errand = sent.carry()
    assert errand.state == "done" and errand.lost == 1 and sent.server.seeds == [7, 7]


def test_a_busy_server_is_asked_when_it_says(sent):
    sent.server.script(
        JOBS,
        replying({"message": "queue full"}, 503, Retry_After="17"),
        replying({"message": "slow down"}, 429, Retry_After="3600"),
    )
    assert sent.carry().state == "done"
    assert sent.clock.rests[:2] == [17, 600]
    told = [
        each["notice"]["message"] for each in sent.saved if each["waiting_for"] == "busy"
    ]
    assert "(queue full)" in told[0] and sent.endpoint.host in told[0]


@pytest.mark.parametrize("how", [hostile.hang_up, hostile.reset, hostile.silent])
def test_a_paid_job_that_was_not_acknowledged_is_not_sent_twice(paid, how):
    paid.server.script(JOBS, how)
    paid.driver.patience_s = 0.5
    assert paid.carry().state == "unsure"
    assert paid.submits == 1 and paid.server.seeds == []


def test_a_paid_job_whose_acknowledgement_was_lost_is_found(paid):
    def take_and_hang_up(peer: Peer) -> None:
        paid.server.take(peer)

    paid.server.script(JOBS, take_and_hang_up)
    assert paid.carry().state == "done" and paid.mesh_is_there()
    assert paid.submits == 1 and paid.server.seeds == [7]


def test_a_free_job_whose_acknowledgement_was_lost(sent):
    sent.server.script(JOBS, hostile.hang_up)
    errand = sent.carry()
    assert errand.state == "done" and sent.submits == 2
    first, _, second = sent.server.of(JOBS)
    assert first.json["key"] == second.json["key"] == errand.key


def test_a_gateway_that_does_not_know_whether(paid, sent):
    paid.server.script(JOBS, replying(b"<html>504</html>", 504))
    assert paid.carry().state == "unsure"
    sent.server.script(JOBS, replying(b"<html>502</html>", 502))
    assert sent.carry().state == "done"


@pytest.mark.parametrize("status, kind", [(401, "auth"), (402, "credit"), (422, "input")])
def test_the_servers_own_words(paid, status, kind):
    words = {"detail": f"no: <i>{SECRET}</i>\x07"}
    paid.server.script(JOBS, replying(words, status))
    errand = paid.carry()
    assert (errand.state, errand.kind) == ("failed", kind)
    assert "(no: …)" in errand.problem["message"] and paid.submits == 1


def test_a_web_page_instead_of_data(sent):
    sent.server.script(JOBS, hostile.html)
    errand = sent.carry()
    assert errand.problem["code"] == "solid.not_json"


def test_half_a_mesh_is_fetched_again(sent):
    whole = sent.server.mesh
    on_mesh(sent, replying(whole[:-9]), replying(whole[:50]), replying(b""))
    errand = sent.carry()
    assert errand.state == "done" and sent.mesh_is_there()
    assert errand.bad_fetches == 3 and sent.submits == 1


def test_a_connection_that_breaks_while_the_mesh_comes(sent):
    whole = sent.server.mesh
    breaks = replying(whole[:90], length=len(whole))
    on_mesh(sent, breaks, hostile.hang_up, hostile.drip_body)
    sent.driver.patience_s = 0.5
    assert sent.carry().state == "done" and sent.mesh_is_there()


CLAIMS_4_GB = b"glTF\x02\x00\x00\x00" + struct.pack("<I", 2**32 - 4) + glb()[12:]


@pytest.mark.parametrize(
    "behaviour, code, tries",
    [
        (hostile.html, "solid.no_mesh", 4),
        (replying({"status": "processing"}), "solid.no_mesh", 4),
        (replying(glb()[:-1]), "solid.cut_short", 4),
        (hostile.zip_bomb, "solid.encoded", 1),
        (replying(CLAIMS_4_GB), "solid.mesh_too_large", 1),
        (hostile.claims_much, "solid.too_large", 1),
        (replying(b"", 302, Location="https://example.org/x.glb"), "solid.redirected", 1),
        (replying(b"", 302, Location="http://127.0.0.1:9/x.glb"), "solid.redirected", 1),
    ],
)
def test_what_is_no_mesh_fails_clearly(sent, behaviour, code, tries):
    always(sent, behaviour)
    errand = sent.carry()
    assert (errand.state, errand.problem["code"]) == ("failed", code)
    meshes = [each for each in sent.server.asked if each.path.endswith("/mesh")]
    assert len(meshes) == tries and sent.submits == 1
    assert list(sent.target.parent.iterdir()) == []
    assert errand.can_fetch


@pytest.mark.parametrize("behaviour", [hostile.endless_body, hostile.endless_chunks])
def test_a_mesh_without_end(tmp_path, server, behaviour):
    sent = Sent(tmp_path, server, max_mb=40)
    always(sent, behaviour)
    tracemalloc.start()
    try:
        errand = sent.carry()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert errand.problem["code"] == "solid.too_large" and peak < 5 * 2**20
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_drips_ends_by_the_deadline(tmp_path, server):
    sent = Sent(tmp_path, server, deadline_min=0.05)
    sent.server.on("/jobs/", hostile.drip_head)
    sent.driver.patience_s = 0.2
    errand = sent.carry()
    assert errand.problem["code"] == "solid.timeout"
    assert {each["waiting_for"] for each in sent.saved} == {""}


def test_cancelling_reaches_the_server(sent):
    sent.cancel_when = lambda errand: errand.running_since is not None
    assert sent.carry().state == "cancelled"
    assert sent.server.cancelled == list(sent.server.jobs)


def test_cancelling_ends_a_request_that_hangs(tmp_path, server):
    """The submit has to break off, and the job that was taken all the same is stopped."""
    sent = Sent(tmp_path, server, Capabilities(costs_money=True))

    def take_and_hang(peer: Peer) -> None:
        sent.server.take(peer)
        sent.cancelled = True
        hostile.silent(peer)

    sent.server.script(JOBS, take_and_hang)
    errand = sent.carry()
    assert errand.state == "cancelled" and errand.notice is None
    assert sent.server.cancelled == list(sent.server.jobs) and sent.server.jobs


def test_nothing_that_is_kept_has_the_key_in_it(sent):
    sent.server.script(
        JOBS, replying({"message": SECRET}, 503), replying(SECRET.encode(), 500)
    )
    sent.carry()
    assert SECRET not in str(sent.saved)
