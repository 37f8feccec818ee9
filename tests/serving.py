"""A real OctoPrint with the plugin and the virtual printer, for the server and browser tests."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
import yaml
from PIL import Image

# the interpreter whose environment holds OctoPrint and the plugin
PYTHON = os.environ.get("IMG2STL_TEST_PYTHON", sys.executable)
PASSWORD = "test-1234"
START_TIMEOUT_S = 120
PREFIX = "/plugin/img2stl"

CONFIG = {
    "plugins": {
        "virtual_printer": {"enabled": True},
        "tracking": {"enabled": False},
        "softwareupdate": {"checks": {"octoprint": {"disabled": True}}},
        "_disabled": ["announcements", "discovery", "errortracking"],
        "img2stl": {},
    },
    "serial": {"autoconnect": True, "port": "VIRTUAL", "baudrate": 115200},
    "printerConnection": {
        "autoconnect": True,
        "preferred": {
            "connector": "serial",
            "parameters": {"port": "VIRTUAL", "baudrate": 115200},
            "profile": "_default",
        },
    },
    "server": {
        "firstRun": False,
        "onlineCheck": {"enabled": False},
        "pluginBlacklist": {"enabled": False},
        "pluginBlocklist": {"enabled": False},
        "seenWizards": {
            "backup": None,
            "corewizard": 5,
            "file_check": 2,
            "tracking": None,
        },
    },
    "webcam": {"timelapse": {"type": "off"}},
    # many logins from one address are what tests do
    "devel": {"enableRateLimiter": False},
}


def wait_for(check, timeout_s=60.0, what="it", every_s=0.1):
    """The first true value that `check` returns; fails the test when it never does."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(every_s)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def picture(width=120, height=90, format="PNG"):
    """A small photo-like gradient with a disc, as file bytes."""
    image = Image.new("L", (width, height))
    radius = min(width, height) / 3
    image.putdata(
        [
            230
            if (x - width / 2) ** 2 + (y - height / 2) ** 2 < radius**2
            else int(150 * x / width)
            for y in range(height)
            for x in range(width)
        ]
    )
    out = io.BytesIO()
    image.convert("RGB").save(out, format)
    return out.getvalue()


@functools.cache
def users():
    """The file of the people who may log in, as OctoPrint itself writes it."""
    with tempfile.TemporaryDirectory() as base:
        for name, group in (
            ("admin", "admins"),
            ("bob", "users"),
            ("carol", "users"),
            ("eve", "readonly"),
        ):
            add = ["user", "add", name, "--password", PASSWORD, "-g", group]
            subprocess.run(
                [PYTHON, "-m", "octoprint", "-b", base, *add],
                check=True,
                capture_output=True,
                cwd=base,
            )
        return Path(base, "users.yaml").read_text()


class Server:
    """One OctoPrint with its own base folder; may be killed and started again."""

    def __init__(self, folder: Path, **settings):
        self.folder = folder
        self.base = folder / "base"
        self.base.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        config = json.loads(json.dumps(CONFIG))
        config["plugins"]["img2stl"].update(settings)
        (self.base / "config.yaml").write_text(yaml.safe_dump(config))
        (self.base / "users.yaml").write_text(users())

    @property
    def jobs_folder(self):
        return self.base / "data" / "img2stl" / "jobs"

    def start(self):
        log = open(self.folder / "octoprint.out", "ab")
        root = ["--iknowwhatimdoing"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            [
                PYTHON,
                "-m",
                "octoprint",
                "serve",
                "-b",
                str(self.base),
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                *root,
            ],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            # not the checkout, whose package would stand in for the installed one
            cwd=self.folder,
            start_new_session=True,
        )
        log.close()

        def online():
            assert self.process.poll() is None, self.log()
            with contextlib.suppress(requests.RequestException):
                return requests.get(f"{self.url}/online.txt", timeout=2).ok

        wait_for(online, START_TIMEOUT_S, "OctoPrint to come up")
        admin = self.login("admin")
        wait_for(
            lambda: (
                admin.get("/api/connection").json()["current"]["state"] == "Operational"
            ),
            60,
            "the virtual printer",
        )
        return self

    def kill(self):
        """As by the power plug, for OctoPrint alone: its children find out by themselves."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self):
        path = self.base / "logs" / "octoprint.log"
        return path.read_text(errors="replace")[-6000:] if path.exists() else ""

    def login(self, user):
        return Client(self, user)


class Client:
    """A logged-in browser session: cookies, and the CSRF token on whatever changes something."""

    def __init__(self, server: Server, user: str | None):
        self.server = server
        self.session = requests.Session()
        self.get("/")  # brings the CSRF cookie
        if user:
            answer = self.post("/api/login", json={"user": user, "pass": PASSWORD})
            assert answer.status_code == 200, answer.text

    @property
    def csrf(self):
        cookies = self.session.cookies.items()
        token = next(
            (value for name, value in cookies if name.startswith("csrf_token")), ""
        )
        return {"X-CSRF-Token": token}

    def request(self, method, path, csrf=True, **kwargs):
        if csrf and method != "GET":
            kwargs["headers"] = {**self.csrf, **kwargs.get("headers", {})}
        return self.session.request(method, self.server.url + path, timeout=120, **kwargs)

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def post(self, path, **kwargs):
        return self.request("POST", path, **kwargs)

    # -- the plugin -------------------------------------------------------------------------

    def api(self, method, path, expect=200, **kwargs):
        """Call the plugin and return the JSON of an answer with the expected status."""
        answer = self.request(method, PREFIX + path, **kwargs)
        assert answer.status_code == expect, f"{answer.status_code}: {answer.text[:500]}"
        return answer.json()

    def upload(self, data, name="photo.png", expect=201):
        return self.api("POST", "/uploads", expect, files={"file": (name, data)})

    def job(self, job_id):
        return self.api("GET", f"/jobs/{job_id}")["job"]

    def wait_state(self, job_id, *states, timeout_s=120):
        def arrived():
            job = self.job(job_id)
            return job if job["state"] in states else None

        return wait_for(arrived, timeout_s, f"job {job_id} to be {' or '.join(states)}")

    def wait_step(self, job_id, step, timeout_s=120):
        return wait_for(
            lambda: self.job(job_id)["step"] == step,
            timeout_s,
            f"step {step}",
            every_s=0.02,
        )

    def draft(self, data=None):
        """Upload a photo and wait until it can be shaped."""
        job = self.upload(data or picture())["job"]
        return self.wait_state(job["id"], "draft", "failed")

    def make(self, job, expect=202, **relief):
        """Make a small relief of a draft."""
        params = {
            "route": "relief",
            "photo": {"turn_deg": 0, "crop": None},
            "relief": {"width": 30, "base": 0.8, "relief_height": 1.2, **relief},
            "slicing": {"quality": "draft", "infill": 10},
        }
        # json.dumps by hand: requests refuses to send NaN, a hostile client does not
        return self.api(
            "POST",
            f"/jobs/{job['id']}/make",
            expect,
            data=json.dumps({"params": params}),
            headers={"Content-Type": "application/json"},
        )

    def made(self, **relief):
        """A finished small relief with its G-code."""
        job = self.draft()
        self.make(job, **relief)
        job = self.wait_state(job["id"], "done", "failed")
        assert job["state"] == "done", job["problem"]
        return job

    def queue(self):
        return self.api("GET", "/queue")["queue"]
