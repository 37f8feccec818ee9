"""The demo of `extras/dev run`: its configuration, its port, and the line that says where it is.

    demo.py prepare BASEDIR
    demo.py port HOST FIRST
    demo.py announce BASEDIR HOST PORT PID

Runs with the interpreter whose environment holds OctoPrint.
"""

from __future__ import annotations

import errno
import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

CONFIG = """\
plugins:
  virtual_printer:
    enabled: true
  tracking:
    enabled: false
  softwareupdate:
    checks:
      octoprint:
        disabled: true
  _disabled: [announcements, discovery, errortracking]
serial:
  autoconnect: true
  port: VIRTUAL
  baudrate: 115200
server:
  firstRun: false
  onlineCheck:
    enabled: false
  pluginBlacklist:
    enabled: false
  seenWizards:
    backup: null
    corewizard: 5
    file_check: 2
    tracking: null
webcam:
  timelapse:
    type: "off"
"""

USER = "demo"
CONSOLE = "console.log"
START_TIME_S = 180


def prepare(basedir: Path) -> None:
    """Write configuration and login, unless a demo is there already.

    It is made beside its place and moved there whole, so that one that was broken off
    half-way is made again.
    """
    if (basedir / "config.yaml").exists():
        return
    making = basedir.with_name(basedir.name + ".new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    # The demo may be opened to the network (HOST), so its password is no constant.
    password = "demo-" + secrets.token_hex(4)
    (making / "login.txt").write_text(password + "\n")
    (making / "login.txt").chmod(0o600)
    (making / "config.yaml").write_text(CONFIG)
    user_add = ["user", "add", USER, "--password", password, "--admin"]
    done = subprocess.run(
        [sys.executable, "-m", "octoprint", "--basedir", str(making), *user_add],
        cwd=making,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"OctoPrint did not make the demo's user:\n{done.stdout}")
    if basedir.exists():
        shutil.rmtree(basedir)
    making.rename(basedir)


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that a server can listen on at `host`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, min(first + 200, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError:
                continue
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    sys.exit(f"Can't listen on {host}: {error.strerror}")
                continue
        return port
    sys.exit(f"No free port from {first} on.")


def announce(basedir: Path, host: str, port: int, pid: int) -> None:
    """Wait until the server of process `pid` answers, then say where it is."""
    everywhere = host in ("0.0.0.0", "::")
    near = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
    far = socket.gethostname() if everywhere else near
    # A proxy of the environment has no business with a server on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    give_up = time.monotonic() + START_TIME_S
    while time.monotonic() < give_up:
        try:
            os.kill(pid, 0)
        except OSError:
            return console_end(
                basedir, "OctoPrint ended before it answered; its last words:"
            )
        try:
            opener.open(f"http://{near}:{port}/online.txt", timeout=5).close()
        except (OSError, http.client.HTTPException):
            # The latter is OctoPrint's stand-in while it starts: it answers without a status.
            time.sleep(0.5)
            continue
        password = (basedir / "login.txt").read_text().strip()
        print(
            f"\n    OctoPrint:  http://{far}:{port}/"
            f"\n    Login:      {USER}"
            f"\n    Password:   {password}\n",
            flush=True,
        )
        return
    console_end(
        basedir, f"OctoPrint did not answer within {START_TIME_S} s; its last words:"
    )


def console_end(basedir: Path, why: str) -> None:
    """Say what went wrong and what the server said last."""
    console = basedir / CONSOLE
    said = console.read_text(errors="replace").splitlines() if console.exists() else []
    print("\n".join([why, *said[-15:]]), file=sys.stderr, flush=True)


def main(command: str, *arguments: str) -> None:
    if command == "prepare":
        prepare(Path(arguments[0]))
    elif command == "port":
        print(free_port(arguments[0], int(arguments[1])))
    elif command == "announce":
        basedir, host, port, pid = arguments
        announce(Path(basedir), host, int(port), int(pid))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
