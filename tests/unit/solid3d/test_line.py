"""The one way to the network, against a server that really listens and behaves badly."""

from __future__ import annotations

import logging
import socket
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from octoprint_img2stl.solid3d import addresses
from octoprint_img2stl.solid3d.answer import Answer, starts_nothing
from octoprint_img2stl.solid3d.background import Background
from octoprint_img2stl.solid3d.endpoint import Endpoint
from octoprint_img2stl.solid3d.line import Line, failed_by_status, said
from octoprint_img2stl.solid3d.refused import DriverFailed, ErrorKind
from octoprint_img2stl.solid3d.words import plain_words, words_in
from tests.fakes import certificate
from tests.fakes.hostile import DRIP_S, Hostile, replying

SECRET = "key-0f8fad5bd9cb469fa165"
ENDLESS_S = 0.4  # for what would never end


def line(url: str, auth: str = "none", **how: Any) -> Line:
    secret = "" if auth == "none" else SECRET
    endpoint = Endpoint("mine", "Mine", "queue", url, auth=auth, secret=secret, **how)
    return Line(endpoint, connect_s=2.0)


@pytest.fixture
def server():
    with Hostile() as server:
        yield server


def failure(call: Any, *args: Any, **how: Any) -> DriverFailed:
    with pytest.raises(DriverFailed) as caught:
        call(*args, **how)
    assert SECRET not in repr(caught.value) and SECRET not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


# -- good answers --------------------------------------------------------------------------


def test_asks_below_the_base_url(server):
    found = line(server.url + "/a/b").get("/status/x", params={"model": 0})
    assert found.status == 404 and server.asked[0].path == "/a/b/status/x"
    assert server.asked[0].query == {"model": "0"}
    assert found.headers["content-TYPE"] == "application/json"
    assert found.json() == {"error": "there is nothing here"}


def test_an_absolute_url_of_the_origin_is_our_own(server):
    told = line(server.url, "bearer").get(server.url + "/echo").json()
    assert told["headers"]["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "auth, name, text",
    [
        ("bearer", "authorization", f"Bearer {SECRET}"),
        ("key", "authorization", f"Key {SECRET}"),
        ("basic", "authorization", "Basic bWU6a2V5LTBmOGZhZDViZDljYjQ2OWZhMTY1"),
        ("header", "me", SECRET),
    ],
)
def test_the_key_is_given_as_the_owner_says(server, auth, name, text):
    mine = line(server.url, auth, user="me")
    assert mine.get("/echo").json()["headers"][name] == text
    assert {key.lower(): each for key, each in mine.headers_for_socket().items()} == {
        name: text
    }
    assert mine.socket_url("/ws?x=1") == server.url.replace("http", "ws") + "/ws?x=1"
    assert SECRET not in repr(mine)


def test_login_leaves_the_key_to_the_driver(server):
    assert "authorization" not in line(server.url, "login").get("/echo").json()["headers"]


def test_sends_json_forms_and_files_in_full(server):
    mine = line(server.url)
    assert mine.post("/echo", json={"a": [1, "ü"]}).json()["method"] == "POST"
    assert server.asked[-1].json == {"a": [1, "ü"]}
    mine.put("/echo", data=b"raw", headers={"Content-Type": "image/png"})
    assert server.asked[-1].body == b"raw"
    assert server.asked[-1].headers["content-type"] == "image/png"
    picture = bytes(range(256)) * 4096 * 10
    mine.post("/echo", files={"image": ("a.png", picture, "image/png")}, data={"b": "c"})
    got = server.asked[-1]
    assert picture in got.body and b'name="b"' in got.body
    assert got.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert mine.delete("/echo").json()["method"] == "DELETE"


def test_nothing_of_the_environment_is_used(server, monkeypatch, tmp_path):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(netrc))
    headers = line(server.url).get("/echo").json()["headers"]
    assert "authorization" not in headers
    assert headers["accept-encoding"] == "identity"
    assert headers["host"] == server.url.removeprefix("http://")


def test_events_come_as_they_are_sent(server):
    with line(server.url).stream("GET", "/events", total_s=20) as stream:
        assert stream.ok and stream.length is None
        assert list(stream.lines()) == ["event: a", "data: 1", "", "data: ü", "", "end"]


def test_a_line_without_end_is_cut(server):
    with line(server.url).stream("GET", "/endless-line") as stream:
        first, second = stream.lines()
    assert len(first) == 2**20 and second == "data: end"


def test_downloads_to_a_file(server, tmp_path):
    body = bytes(range(256)) * 1000
    server.on("/mesh", replying(body))
    told: list[float] = []
    path = tmp_path / "mesh.part"
    taken = line(server.url).download(
        "/mesh", path, most_bytes=300_000, progress=told.append
    )
    assert taken == len(body) and path.read_bytes() == body
    assert told[-1] == 1.0 and told == sorted(told)


def test_a_download_that_is_refused_says_why_and_leaves_nothing(server, tmp_path):
    server.on("/mesh", replying({"message": "gone <b>for</b> ever"}, 410))
    path = tmp_path / "mesh.part"
    found = failure(line(server.url).download, "/mesh", path, most_bytes=100)
    assert found.kind is ErrorKind.INPUT and "(gone for ever)" in str(found)
    found = failure(line(server.url).download, "/cut-short", path, most_bytes=2000)
    assert (found.kind, found.code) == (ErrorKind.OFFLINE, "solid.connection_lost")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said(server, tmp_path):
    server.on("/mesh", replying(b"12345678", length=2**50))
    path = tmp_path / "mesh.part"
    found = failure(line(server.url).download, "/mesh", path, most_bytes=2**51)
    assert found.code == "solid.disk_full" and found.kind is ErrorKind.BAD_RESULT
    server.on("/mesh", replying(b"12345678"))
    gone = tmp_path / "no" / "folder"
    found = failure(line(server.url).download, "/mesh", gone, most_bytes=100)
    assert found.code == "solid.disk_full"


# -- nobody there --------------------------------------------------------------------------


def test_nothing_listens():
    with Hostile() as server:
        url = server.url
    found = failure(line(url).get, "/")
    assert (found.kind, found.code) == (ErrorKind.OFFLINE, "solid.offline")
    assert not found.sent and url.removeprefix("http://") in str(found)


def test_a_name_that_nobody_knows():
    found = failure(line("http://no-such-machine.invalid").get, "/")
    assert (found.kind, found.code) == (ErrorKind.OFFLINE, "solid.offline")
    assert not found.sent and "no-such-machine.invalid" in str(found)


def test_a_connection_that_breaks_before_the_answer(server):
    for path in ("/hang-up", "/reset"):
        found = failure(line(server.url).post, path, json={})
        assert (found.kind, found.code) == (ErrorKind.OFFLINE, "solid.connection_lost")
        assert found.sent


@pytest.mark.parametrize("path", ["/cut-short", "/cut-chunk", "/bad-chunk"])
def test_an_answer_that_ends_too_soon(server, path):
    found = failure(line(server.url).get, path)
    assert (found.code, found.sent) == ("solid.connection_lost", True)


def test_what_starts_nothing_was_not_sent(server):
    with pytest.raises(DriverFailed) as caught, starts_nothing():
        line(server.url).post("/hang-up", json={})
    assert not caught.value.sent


# -- what never ends -----------------------------------------------------------------------

NEVER = [
    "/silent", "/drip-head", "/drip-body", "/drip-chunk-size", "/endless-status",
]  # fmt: skip


@pytest.mark.parametrize("path", NEVER)
def test_ends_in_time(server, path):
    found = failure(line(server.url).get, path, total_s=ENDLESS_S, read_s=30)
    assert (found.kind, found.code) == (ErrorKind.TIMEOUT, "solid.no_answer")
    assert found.sent or not server.asked  # a slow machine may not get so far


def test_silence_ends_sooner_than_a_drip(server):
    """`read_s` is without a byte, `total_s` all in all."""
    for path, total_s in (("/silent", 600), ("/drip-head", ENDLESS_S)):
        found = failure(line(server.url).get, path, read_s=5 * DRIP_S, total_s=total_s)
        assert found.code == "solid.no_answer"


def test_a_server_that_takes_nothing(server):
    found = failure(
        line(server.url).post, "/never-reads", data=bytes(30 * 2**20), total_s=ENDLESS_S
    )
    assert found.code == "solid.no_answer"
    assert found.sent or not server.asked


def test_an_early_answer_is_heard(server):
    found = line(server.url).post("/refuses-early", data=bytes(20 * 2**20))
    assert found.status == 413 and said(found) == "too big"


@pytest.mark.parametrize(
    "path, code",
    [
        ("/endless-body", "solid.too_large"),
        ("/endless-chunks", "solid.too_large"),
        ("/endless-headers", "solid.not_http"),
        ("/endless-header", "solid.not_http"),
        ("/endless-trailer", "solid.connection_lost"),
        ("/claims-much", "solid.too_large"),
        ("/garbage", "solid.not_http"),
    ],
)
def test_too_much_is_not_taken(server, path, code):
    assert failure(line(server.url).get, path, most_bytes=2**20).code == code


def test_memory_does_not_grow_with_what_is_sent(server, tmp_path):
    mine, path = line(server.url), tmp_path / "part"
    tracemalloc.start()
    try:
        for target in ("/endless-body", "/endless-chunks"):
            found = failure(mine.download, target, path, most_bytes=50 * 2**20)
            assert found.code == "solid.too_large"
        for target in ("/endless-trailer", "/endless-header", "/endless-status"):
            failure(mine.get, target, total_s=ENDLESS_S)
        with mine.stream("GET", "/endless-body", most_bytes=30 * 2**20) as stream:
            failure(lambda: [None for _ in stream.lines()])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * 2**20
    assert not path.exists()


@pytest.mark.parametrize("path", [*NEVER, "/endless-body", "/never-reads"])
def test_another_thread_can_end_it(server, path):
    mine = line(server.url)

    def ask() -> Answer:
        return mine.post(path, data=bytes(10 * 2**20), total_s=600, most_bytes=2**50)

    asked = Background(ask)
    while not server.asked:
        assert not asked.wait(0.01)
    mine.abort()
    found = failure(asked.result)
    assert (found.kind, found.code) == (ErrorKind.CANCELLED, "solid.cancelled")
    assert mine.get("/echo").ok  # only what was under way has ended


# -- redirects -----------------------------------------------------------------------------


def test_redirects_stay_at_home(server):
    mine = line(server.url, "bearer")
    told = mine.get("/away", params={"to": "/echo?a=b"}).json()
    assert told["query"] == {"a": "b"}
    assert told["headers"]["authorization"] == f"Bearer {SECRET}"
    found = failure(mine.get, "/round")
    assert found.code == "solid.redirected" and len(server.of("/round")) == 4


@pytest.mark.parametrize(
    "to",
    [
        "https://example.org/mesh.glb?signature=abc",
        "//example.org/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_redirects_to_another_host_are_not_followed(server, to):
    found = failure(line(server.url, "bearer").get, "/away", params={"to": to})
    assert (found.kind, found.code) == (ErrorKind.BAD_RESULT, "solid.redirected")
    assert "signature" not in str(found) and len(server.asked) == 1


def test_a_job_is_not_sent_after_a_redirect(server):
    mine = line(server.url)
    found = failure(mine.post, "/away", params={"to": "/echo", "status": 307}, json={})
    assert found.code == "solid.redirected" and not found.sent
    found = failure(mine.post, "/away", params={"to": "/echo", "status": 303}, json={})
    assert found.sent
    assert server.of("/echo") == []


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://a/b", "http://u@a", "http://a:b"]
)
def test_redirects_to_nowhere(server, to):
    found = failure(line(server.url).get, "/away", params={"to": to})
    assert found.code in ("solid.bad_target", "solid.redirected")


# -- other origins -------------------------------------------------------------------------


def test_another_origin_gets_no_key_no_cookie_and_no_headers(server):
    mine = line(server.url, "bearer")
    mine.get("/cookie")
    assert mine.get("/echo").json()["headers"]["cookie"] == "session=yes"
    assert mine.headers_for_socket()["Cookie"] == "session=yes"
    with Hostile() as other:
        mine.put(
            other.url + "/echo",
            data=b"x",
            headers={"X-API-Key": SECRET, "Content-Type": "image/png"},
        )
        mine.get(other.url + "/cookie")
        headers = other.asked[0].headers
    assert SECRET not in str(headers) and "cookie" not in headers
    assert headers["content-type"] == "image/png"
    assert mine.headers_for_socket()["Cookie"] == "session=yes"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:80/x",  # another machine of this network
        "https://localhost/x",  # a name for one
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://169.254.169.254/latest",
        "http://8.8.8.8/x",
        "https://0.0.0.0/x",
    ],
)
def test_an_endpoint_sends_us_nowhere_in_this_network(server, target):
    found = failure(line(server.url).get, target)
    assert (found.kind, found.code) == (ErrorKind.BAD_RESULT, "solid.foreign_refused")
    assert not found.sent


@pytest.mark.parametrize(
    "target", ["ftp://a/b", "https://user:pw@a/b", "http://:80/", "https://a:99999/"]
)
def test_targets_that_are_none(server, target):
    found = failure(line(server.url).get, target)
    assert found.code == "solid.bad_target"


def resolving(monkeypatch, **names: str) -> None:
    """Let names stand for addresses that are nobody's here."""
    real = socket.getaddrinfo

    def fake(host: str, port: int, *args: Any, **how: Any) -> list:
        return real(names.get(host.replace(".", "_"), host), port, *args, **how)

    monkeypatch.setattr(socket, "getaddrinfo", fake)


def test_plain_http_to_the_internet_is_refused_whatever_the_name(monkeypatch):
    resolving(monkeypatch, gpu_lan="93.184.215.14")
    for url in ("http://gpu.lan", "http://93.184.215.14", "http://[2606:2800:21f::1]"):
        found = failure(line(url, "bearer").get, "/")
        assert found.code == "solid.plain_http" and not found.sent


def test_a_public_name_that_stands_for_a_private_address(server, monkeypatch):
    resolving(monkeypatch, cdn_example_org="127.0.0.1")
    found = failure(line(server.url).get, "https://cdn.example.org/mesh.glb")
    assert found.code == "solid.foreign_refused"


def test_which_addresses_are_near_and_far():
    near = "127.0.0.1 10.1.2.3 192.168.0.9 172.16.0.1 169.254.0.1 100.64.0.7 ::1 fe80::1%eth0"
    far = "8.8.8.8 172.32.0.1 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::8.8.8.8"
    neither = "0.0.0.0 :: 224.0.0.1 ff02::1 example.org"
    for address in near.split() + ["fd00::1", "::ffff:10.0.0.1"]:
        assert addresses.is_near(address) and not addresses.is_far(address), address
    for address in far.split():
        assert addresses.is_far(address) and not addresses.is_near(address), address
    for address in neither.split():
        assert not addresses.is_far(address) and not addresses.is_near(address), address


# -- https ---------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path):
    with Hostile(certificate.for_servers(tmp_path / "server.pem")) as server:
        yield server


def test_a_certificate_that_nobody_knows(secure):
    found = failure(line(secure.url, "bearer").post, "/echo", json={})
    assert (found.kind, found.code) == (ErrorKind.OFFLINE, "solid.bad_certificate")
    assert not found.sent and secure.asked == []


def test_a_certificate_the_owner_trusts(secure, tmp_path):
    authority = str(certificate.write(tmp_path / "ca.pem"))
    assert line(secure.url, ca_file=authority).get("/echo").ok
    assert line(secure.url, verify_tls=False).get("/echo").ok
    found = line(secure.url, verify_tls=False).post("/echo", data=bytes(5 * 2**20))
    assert found.json()["bytes"] == 5 * 2**20
    assert line(secure.url).socket_url("/ws").startswith("wss://127.0.0.1:")


def test_strangers_are_verified_whatever_the_owner_says(secure, server, monkeypatch):
    """Another name for the same server: neither the file nor the switch is for that one."""
    from octoprint_img2stl.solid3d import targets

    monkeypatch.setattr(targets, "is_far", lambda address: True)
    stranger = secure.url.replace("127.0.0.1", "localhost")
    found = failure(line(server.url, verify_tls=False).get, stranger + "/echo")
    assert found.code == "solid.bad_certificate"


def test_a_certificate_file_that_is_none(secure, tmp_path):
    (tmp_path / "x.pem").write_text("no certificate")
    for path in (tmp_path / "x.pem", tmp_path / "missing.pem"):
        found = failure(line(secure.url, ca_file=str(path)).get, "/")
        assert found.code == "solid.bad_ca_file" and not found.sent


def test_https_to_a_server_without(server):
    found = failure(line(server.url.replace("http:", "https:")).get, "/")
    assert (found.code, found.sent) == ("solid.no_https", False)


def test_a_handshake_that_never_ends():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        mine = Line(Endpoint("mine", "Mine", "queue", url), connect_s=ENDLESS_S)
        found = failure(mine.get, "/")
        assert (found.kind, found.code) == (ErrorKind.OFFLINE, "solid.offline")


def test_drips_and_aborts_under_tls(secure):
    mine = line(secure.url, verify_tls=False)
    assert failure(mine.get, "/drip-body", total_s=ENDLESS_S).code == "solid.no_answer"
    asked = Background(lambda: mine.get("/silent", total_s=600))
    while not secure.of("/silent"):
        assert not asked.wait(0.01)
    mine.abort()
    assert failure(asked.result).kind is ErrorKind.CANCELLED


# -- what is in an answer ------------------------------------------------------------------


def test_a_packed_answer_is_not_unpacked(server, tmp_path):
    found = failure(line(server.url).get, "/zip-bomb")
    assert (found.kind, found.code) == (ErrorKind.BAD_RESULT, "solid.encoded")
    found = failure(
        line(server.url).download, "/zip-bomb", tmp_path / "part", most_bytes=2**30
    )
    assert found.code == "solid.encoded"
    server.on("/zip-bomb", replying(b"\x1f\x8b", 502, Content_Encoding="gzip"))
    assert line(server.url).get("/zip-bomb").status == 502


def test_a_web_page_is_no_json(server):
    found = line(server.url).get("/html")
    problem = failure(found.json)
    assert problem.code == "solid.not_json" and "web page" in str(problem)
    assert said(found) == ""
    for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        assert failure(Answer(200, {}, "gpu", body=body).json).code == "solid.not_json"


@pytest.mark.parametrize(
    "status, kind",
    [
        (400, "input"), (401, "auth"), (402, "credit"), (403, "auth"), (404, "input"),
        (408, "busy"), (413, "input"), (422, "input"), (429, "busy"), (500, "remote"),
        (502, "timeout"), (503, "busy"), (504, "timeout"), (520, "timeout"), (302, "remote"),
    ],
)  # fmt: skip
def test_what_a_status_means(server, status, kind):
    server.on("/x", replying({"detail": "because"}, status, Retry_After="7"))
    found = failed_by_status(line(server.url).get("/x"))
    assert found.kind.value == kind and found.retry_after_s == 7 and not found.sent
    assert "because" in str(found) and server.url.removeprefix("http://") in str(found)
    assert "Meshy" in str(failed_by_status(line(server.url).get("/x"), "Meshy"))
    server.on("/x", replying({}, status))
    assert failed_by_status(line(server.url).get("/x")).sent == (status >= 500)


@pytest.mark.parametrize(
    "header, seconds",
    [
        ("0", 0), ("12", 12), ("1.5", 1.5), ("99999999", 600), ("nonsense", None),
        ("", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2215 07:28:00 GMT", 600), ("-5", None), ("1e999", 600),
    ],
)  # fmt: skip
def test_retry_after(header, seconds):
    assert Answer(503, {"Retry-After": header}).retry_after_s == seconds
    assert Answer(503, {}).retry_after_s is None


@pytest.mark.parametrize(
    "body, words",
    [
        ({"detail": "no image"}, "no image"),
        (
            {"detail": [{"loc": ["body", "image"], "msg": "missing"}]},
            "body.image: missing",
        ),
        ({"error": {"type": "x", "message": "bad graph"}}, "bad graph"),
        ({"text": "HIGH TRAFFIC", "error_code": 1}, "HIGH TRAFFIC"),
        ({"errors": ["a", {"message": "b"}]}, "a; b"),
        ({"data": {"x": 1}}, ""),
        ({"error": None, "message": "m"}, "m"),
        ("just text", "just text"),
        ([], ""),
        ({"message": "x" * 999}, "x" * 299 + "…"),
        ({"message": "<script>alert(1)</script>hello"}, "alert(1) hello"),
        ({"message": "a\x00\x1b[31m\u202eb\nc"}, "a [31m b c"),
    ],
)
def test_the_servers_own_words(body, words):
    assert words_in(body) == words


def test_words_that_are_no_json():
    assert said(Answer(500, {}, body=b"CUDA out of memory\n")) == "CUDA out of memory"
    assert said(Answer(500, {}, body=b"<html><h1>502</h1>")) == ""
    assert said(Answer(500, {}, body=b"\xff\xd8\xff")) == ""
    assert "HTTP 500, Internal Server Error" in str(
        failed_by_status(Answer(500, {}, "gpu"))
    )
    assert plain_words("  a \t b\r\nc\u200b ") == "a b c"
    assert len(Answer(200, {}, body=b"y" * 99_999).text) == 4000


def test_a_key_that_the_server_quotes_is_not_shown(server):
    words = f"wrong key {SECRET} given"
    server.on("/x", replying({"message": words}, 401))
    found = line(server.url, "bearer").get("/x")
    assert said(found) == "wrong key … given" and SECRET not in found.text
    assert SECRET not in str(failed_by_status(found))


def test_a_key_that_cannot_be_sent(server):
    for secret in ("two\nlines", "ключ", "nul\0l", "a\r\nX-Evil: 1"):
        for auth, user in (("bearer", ""), ("header", "X-Key")):
            endpoint = Endpoint(
                "m", "M", "q", server.url, auth=auth, user=user, secret=secret
            )
            found = failure(Line(endpoint).get, "/echo")
            assert (found.kind, found.code) == (ErrorKind.AUTH, "solid.bad_key")
            assert secret not in str(found) and not found.sent
    assert server.asked == []


def test_no_key_in_the_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    mine = line(server.url, "bearer")
    mine.post("/echo", json={})
    failure(mine.get, "/hang-up")
    assert SECRET not in caplog.text


# -- in the background ---------------------------------------------------------------------


def test_background_hands_on_what_happened():
    gate = threading.Event()
    slow = Background(lambda: gate.wait(20) and "ready")
    assert not slow.done and not slow.wait(0.01)
    gate.set()
    assert slow.result() == "ready" and slow.done
    with pytest.raises(ZeroDivisionError):
        Background(lambda: 1 / 0).result()


def test_two_requests_at_once(server):
    """A long one in the background does not hold up the others."""
    mine = line(server.url)
    slow = Background(lambda: mine.get("/silent", total_s=600))
    while not server.of("/silent"):
        assert not slow.wait(0.01)
    assert mine.get("/echo").ok and not slow.done
    mine.close()
    assert failure(slow.result).kind is ErrorKind.CANCELLED


def test_the_line_is_quiet_about_where_it_stores(server, tmp_path: Path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    server.on("/mesh", replying(b"new"))
    assert line(server.url).download("/mesh", path, most_bytes=10) == 3
    assert path.read_bytes() == b"new"
