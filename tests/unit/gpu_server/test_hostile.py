"""Requests nobody would send in good faith, and clients that are slow, huge or many."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
import time
import zlib

import pytest
from PIL import Image

from tests.unit.gpu_server.serving import (
    Running,
    disc,
    encoded,
    head_of,
    picture,
    running,
)

MIB = 2**20


def post(body: bytes, *headers: str, path: str = "/send") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: here", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def in_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def jpeg() -> bytes:
    return base64.b64decode(encoded(disc(400, alpha=False), "JPEG"))


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims to be large and holds nearly nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + crc

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


# -- bad input --------------------------------------------------------------------------------

NOT_JSON = {
    "nothing": b"",
    "half": b'{"image": "AAAA',
    "no object": b"[1, 2]",
    "a text": b'"image"',
    "not utf-8": b'{"image": "\xff\xfe"}',
    "NaN": b'{"image": "AAAA", "seed": NaN}',
    "deep": b'{"image": ' + b"[" * 9000 + b"]" * 9000 + b"}",
    "many": b'{"image": [' + b"[]," * 50_000 + b"[]]}",
    "a number of 9000 digits": b'{"seed": ' + b"9" * 9000 + b"}",
}


@pytest.mark.parametrize("what", NOT_JSON)
def test_what_is_no_json_object(echo: Running, what):
    status, headers, body = head_of(echo.raw(post(NOT_JSON[what])))
    told = json.loads(body)
    assert status == 400 and headers["content-type"] == "application/json"
    assert told["status"] == "error" and told["error_code"] == 1
    assert told["message"] == told["text"] and told["error_kind"] == "input"


GOOD = picture()
BAD = {
    "no picture": {},
    "an empty picture": {"image": ""},
    "no text": {"image": 5},
    "a list": {"image": [1]},
    "not base64": {"image": "%%%%"},
    "wrong padding": {"image": "AAAAA"},
    "no images": {"images": {}},
    "images as list": {"images": [GOOD]},
    "empty list of images": {"images": {"front": []}},
    "an unknown role": {"images": {"../../etc/passwd": GOOD}},
    "two of a role": {"images": {"front": [GOOD, GOOD]}},
    "seven": {"images": {"front": GOOD, "other": [GOOD] * 6}},
    "a web page": {"image": in_base64(b"<!doctype html><h1>404</h1>")},
    "a PDF": {"image": in_base64(b"%PDF-1.7 ...")},
    "an SVG": {"image": in_base64(b"<svg xmlns='http://www.w3.org/2000/svg'/>")},
    "half a JPEG": {"image": in_base64(jpeg()[:2000])},
    "a bomb": {"image": in_base64(png_of(30_000, 30_000))},
    "a ribbon": {"image": in_base64(png_of(9000, 20))},
    "a dot": {"image": encoded(disc(8))},
    "a negative seed": {"image": GOOD, "seed": -1},
    "a broken seed": {"image": GOOD, "seed": 1.5},
    "a seed in words": {"image": GOOD, "seed": "one"},
    "a true seed": {"image": GOOD, "seed": True},
    "an endless number": {"image": GOOD, "guidance_scale": 10**400},
    "too many steps": {"image": GOOD, "num_inference_steps": 100_000},
    "too fine": {"image": GOOD, "octree_resolution": 100_000},
    "too few faces": {"image": GOOD, "max_faces": 3},
    "an unknown type": {"image": GOOD, "type": "exe"},
    "a type as list": {"image": GOOD, "type": ["glb"]},
    "an unknown detail": {"image": GOOD, "detail": "best"},
    "a long key": {"image": GOOD, "idempotency_key": "k" * 1000},
    "a key with a line break": {"image": GOOD, "idempotency_key": "a\nb"},
    "a key as number": {"image": GOOD, "idempotency_key": 5},
    "no switch": {"image": GOOD, "remove_background": "yes"},
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input(echo: Running, what):
    answer = echo.post("/send", {"api": 1, **BAD[what]})
    assert answer.status_code in (400, 422), answer.text
    told = answer.json()
    assert told["error_kind"] == "input" and told["message"] == told["text"]
    assert len(told["message"]) < 300
    assert str(echo.folder) not in told["message"]


def test_bad_input_leaves_nothing_behind(echo: Running):
    jobs = echo.folder / "jobs" / "jobs"
    before = set(jobs.iterdir())
    for what in ("a web page", "a bomb", "half a JPEG", "two of a role"):
        echo.post("/send", BAD[what])
    assert set(jobs.iterdir()) == before
    assert "Traceback" not in (echo.folder / "log").read_text()


def test_one_bad_picture_of_several_is_named(echo: Running):
    answer = echo.post(
        "/send", {"images": {"front": GOOD, "back": in_base64(b"GIF89a...")}}
    )
    assert answer.status_code == 422 and answer.json()["message"].startswith("back: ")


@pytest.mark.parametrize(
    "uid",
    [
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/lock",
        "....//....//lock",
        "lock",
        "",
        "/",
        "\\..\\lock",
        "00000000-0000-4000-8000-000000000000/../../lock",
        "00000000-0000-4000-8000-000000000000%00",
        "0" * 250,
    ],
)
def test_no_path_leads_out_of_the_folder(echo: Running, uid):
    for line in (f"GET /status/{uid}", f"GET /result/{uid}", f"DELETE /jobs/{uid}"):
        sent = f"{line} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
        status, _, body = head_of(echo.raw(sent.encode()))
        assert status == 404 and json.loads(body)["status"] == "error"


@pytest.mark.parametrize(
    "sent, status",
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n", 431),
        (b"PUT /send HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        (b"GET /send HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        (b"GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        (b"GET http://[/ HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"POST /send HTTP/1.1\r\n\r\n", 411),
        (b"POST /send HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 411),
        (b"POST /send HTTP/1.1\r\nContent-Length: 5_0\r\n\r\n", 411),
        (b"POST /send HTTP/1.1\r\nContent-Length: 4, 4\r\n\r\nabcd", 411),
        (
            b"POST /send HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            400,
        ),
        (b"POST /send HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /send HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ],
)
def test_odd_requests_get_an_answer(echo: Running, sent, status):
    found, headers, body = head_of(echo.raw(sent))
    assert found == status
    assert len(body) == int(headers["content-length"])
    assert json.loads(body)


def test_a_body_is_not_taken_for_the_next_request(echo: Running):
    inner = b"GET /health HTTP/1.1\r\n\r\n"
    sent = b"GET / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(inner)
    assert echo.raw(sent + inner).count(b"HTTP/1.1 200") == 1


def test_two_requests_on_one_connection(echo: Running):
    ask = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"
    assert echo.raw(ask + ask).count(b"HTTP/1.1 200") == 2


# -- slow, huge, many -------------------------------------------------------------------------


def test_an_upload_that_ends_early_makes_no_job(echo: Running):
    body = json.dumps({"api": 1, "image": GOOD}).encode()
    whole = post(body)
    before = echo.get("/health").json()["queue"]
    jobs = set((echo.folder / "jobs" / "jobs").iterdir())
    assert echo.raw(whole[:-100]) == b""  # it waits for the rest, and we hang up
    assert echo.get("/health").json()["queue"] == before
    assert set((echo.folder / "jobs" / "jobs").iterdir()) == jobs


def test_a_dripping_client_is_let_go_and_holds_up_nobody(tmp_path):
    options = ("--backend", "echo", "--client-s", "1.5")
    with running(tmp_path, *options) as server:
        lines = [socket.create_connection(server.address, 30) for _ in range(8)]
        over = threading.Event()

        def drip(line: socket.socket) -> None:
            try:
                line.sendall(b"POST /send HTTP/1.1\r\nContent-Length: 5000\r\n\r\n")
                while not over.wait(0.1):
                    line.sendall(b" ")
            except OSError:
                pass

        threads = [threading.Thread(target=drip, args=(line,)) for line in lines]
        for thread in threads:
            thread.start()
        # Others are served all the while.
        assert server.ended(server.send())["status"] == "completed"
        for line in lines:
            found = line.recv(65536)
            assert b" 408 " in found.splitlines()[0]
        over.set()
        for thread in threads:
            thread.join()


def test_dripping_headers_end_as_well(tmp_path):
    with running(tmp_path, "--backend", "echo", "--client-s", "0.5") as server:
        line = socket.create_connection(server.address, 30)
        line.sendall(b"GET /health HTTP/1.1\r\n")
        ended = False
        for _ in range(300):
            try:
                line.sendall(b"x")
            except OSError:
                ended = True
                break
            time.sleep(0.05)
        assert ended


def test_who_never_reads_the_answer_holds_up_nobody(tmp_path):
    with running(tmp_path, "--backend", "echo") as server:
        uid = server.send()
        server.ended(uid)
        lines = [socket.create_connection(server.address, 30) for _ in range(10)]
        for line in lines:
            line.sendall(f"GET /result/{uid} HTTP/1.1\r\n\r\n".encode() * 50)
        assert server.get("/health").status_code == 200
        for line in lines:
            line.close()


def test_huge_bodies_cost_no_memory(tmp_path):
    options = ("--backend", "echo", "--max-upload-mb", "24")
    with running(tmp_path, *options) as server:
        server.ended(server.send())  # all is imported now
        before = server.memory_mib()
        # Too large: refused before it is read, and yet the client hears why.
        body = b" " * (100 * MIB)
        status, _, told = head_of(server.raw(post(body)[: 40 * MIB]))
        assert status == 413 and "24 MB" in json.loads(told)["message"]
        # Not too large, but eight of them at once, none of which is what it should be.
        body = b'{"image": "' + b"A" * (16 * MIB) + b'"}'
        answers: list[int] = []

        def send() -> None:
            answers.append(head_of(server.raw(post(body)))[0])

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [422] * 8
        # All eight in memory, as text and as bytes, would be 8 · (16 + 16 + 12) and more.
        assert server.memory_mib() - before < 250


def test_an_expectant_client_need_not_send_what_is_refused(echo: Running):
    sent = b"POST /send HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: "
    with socket.create_connection(echo.address, 30) as line:
        line.sendall(sent + b"99999999999\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")
    body = json.dumps({"image": GOOD}).encode()
    with socket.create_connection(echo.address, 30) as line:
        line.sendall(sent + b"%d\r\nConnection: close\r\n\r\n" % len(body))
        assert line.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(body)
        assert line.recv(100).startswith(b"HTTP/1.1 200")


def test_ten_clients_at_once(tmp_path):
    options = ("--backend", "echo", "--waiting", "20", "--echo-seconds", "0.05")
    with running(tmp_path, *options) as server:
        found: list[str] = []

        def client(number: int) -> None:
            uid = server.send(idempotency_key=str(number % 5), seed=number)
            server.ended(uid)
            assert server.get(f"/result/{uid}").content[:4] == b"glTF"
            found.append(uid)

        threads = [threading.Thread(target=client, args=(each,)) for each in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 10
        assert len(set(found)) == 5  # two each with one key, and yet one job
        assert len(list((server.folder / "jobs" / "jobs").iterdir())) == 5


def test_a_large_photo_becomes_a_small_one(echo: Running, tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (6000, 3000), (90, 120, 200)).save(buffer, "JPEG")
    with running(tmp_path, "--backend", "echo", "--echo-seconds", "40") as server:
        uid = server.send(image=in_base64(buffer.getvalue()))
        with Image.open(tmp_path / "jobs" / "jobs" / uid / "view-1.png") as image:
            assert image.size == (2048, 1024)
