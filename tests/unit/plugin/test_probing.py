"""*Test connection*: every end a test can come to, none of them with a key in it."""

import threading

import pytest

from octoprint_img2stl.plugin import probing
from octoprint_img2stl.problems import N_
from octoprint_img2stl.solid3d import registry
from octoprint_img2stl.solid3d.driver import Capabilities, Driver
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind, SolidRefused
from tests.fakes import gpu

SECRET = "s3cret-key-of-the-owner"
FOUND = Capabilities(version="Server 1.2", model="Model 3")


def endpoint(url="http://127.0.0.1:9", **more):
    data = {"id": "pc", "name": "PC", "driver": "hunyuan", "url": url, **more}
    return Endpoint.from_json(data).with_secret(SECRET)


class Asked(Driver):
    """A driver whose answer the test says."""

    name, label, description = "asked", "Asked", "For tests."

    def __init__(self, answer):
        self.answer = answer
        self.aborted = threading.Event()
        self.closed = False

    def probe(self):
        return self.answer(self)

    def abort(self):
        self.aborted.set()

    def close(self):
        self.closed = True

    submit = poll = fetch = None


def probed(answer, limit_s=5.0):
    driver = Asked(answer)
    outcome = probing.probe(endpoint(), lambda given: driver, limit_s)
    assert driver.closed and SECRET not in outcome.problem.message
    return outcome, driver


def test_it_answers():
    outcome, _ = probed(lambda driver: FOUND)
    assert (outcome.kind, outcome.capabilities) == ("", FOUND)
    assert outcome.problem.severity == "info"
    assert "Server 1.2, Model 3" in outcome.problem.message
    nameless, _ = probed(lambda driver: Capabilities())
    assert "Asked answers at 127.0.0.1:9" in nameless.problem.message


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_failures_keep_their_kind_and_words(kind):
    def fail(driver):
        raise DriverFailed(kind, "solid.x", N_("It says %(what)s."), what="no")

    outcome, _ = probed(fail)
    assert (outcome.kind, outcome.capabilities) == (kind.value, None)
    assert outcome.problem.message == "It says no."


def test_one_that_never_answers_is_ended():
    def hang(driver):
        driver.aborted.wait(60)
        raise DriverFailed(ErrorKind.CANCELLED, "solid.cancelled", N_("Cancelled."))

    outcome, driver = probed(hang, limit_s=0.05)
    assert outcome.kind == "timeout" and driver.aborted.is_set()
    assert outcome.problem.code == "solid.test_too_slow"


def test_one_that_cannot_even_be_ended_holds_up_nobody(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(probing, "GRACE_S", 0.05)
    outcome, _ = probed(lambda driver: over.wait(60), limit_s=0.05)
    over.set()
    assert outcome.kind == "timeout"


def test_a_driver_that_breaks_tells_no_key_in_the_log(caplog):
    def broken(driver):
        raise ValueError(f"Invalid header value b'Bearer {SECRET}'")

    outcome, _ = probed(broken)
    assert (outcome.kind, outcome.problem.code) == ("bad_result", "solid.test_broke")
    assert "ValueError" in caplog.text and "broken" in caplog.text
    assert SECRET not in caplog.text


def test_settings_that_do_not_fit():
    def refuse(given):
        raise SolidRefused(
            "solid.unknown_driver", N_("Unknown."), field="endpoint.driver"
        )

    outcome = probing.probe(endpoint(), refuse)
    assert (outcome.kind, outcome.problem.code) == ("input", "solid.unknown_driver")


def test_a_real_one():
    with gpu.listening() as found:
        found.key = SECRET
        there = endpoint(found.url, auth="bearer")
        outcome = probing.probe(there, registry.make)
        assert outcome.kind == "" and outcome.capabilities.views_max == 4
        refused = probing.probe(there.with_secret("wrong"), registry.make)
        assert refused.kind == "auth" and "wrong" not in refused.problem.message.split()
    outcome = probing.probe(there, registry.make)
    assert outcome.kind == "offline"


@pytest.mark.parametrize(
    "url, auth, secret, codes",
    [
        ("http://192.168.1.20:8081", "none", "", ["solid.readable_on_the_way"]),
        ("http://gpu.local", "bearer", SECRET, ["solid.readable_on_the_way"]),
        ("http://127.0.0.1:8081", "none", "", []),
        ("http://localhost:8081", "none", "", []),
        ("http://[::1]:8081", "none", "", []),
        ("https://example.org", "bearer", SECRET, []),
        ("https://example.org", "bearer", "", ["solid.key_missing"]),
    ],
)
def test_what_the_owner_should_know(url, auth, secret, codes):
    found = probing.notices(endpoint(url, auth=auth).with_secret(secret))
    assert [notice.code for notice in found] == codes
