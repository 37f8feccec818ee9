"""An environment of its own for every peer, below `.cache`, so that none can break another.

Nothing is installed into the machine: Python packages go into virtual environments, Debian
packages are downloaded and unpacked. Delete `.cache` to start afresh.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).resolve().parent / ".cache"
INSTALL_LIMIT_S = 1800
REASON_LENGTH = 160


class NotInstalled(Exception):
    """A peer cannot be had here; the message says why."""


def venv(
    name: str,
    *requirements: str,
    then: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
) -> Path:
    """The interpreter of a virtual environment that holds `requirements`.

    Args:
        requirements: as for pip.
        then: what to install afterwards, with pip's `options`.

    Raises:
        NotInstalled: with the line of pip that tells the reason.
    """
    home = CACHE / "environments" / name
    python = home / "bin" / "python"
    done = home / "installed.txt"
    wanted = " ".join((*requirements, *then, *options))
    if done.is_file() and done.read_text() == wanted:
        return python
    if not python.is_file():
        call([sys.executable, "-m", "venv", str(home)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    call([*pip, *requirements])
    if then:
        call([*pip, *options, *then])
    done.write_text(wanted)
    return python


def debian(name: str, *packages: str, dependencies: bool = False) -> Path:
    """The root below which Debian packages lie unpacked.

    Args:
        dependencies: unpack also what `packages` need and the machine lacks.

    Raises:
        NotInstalled: no apt, no network, no such package.
    """
    root = CACHE / "debian" / name
    done = root / "installed.txt"
    wanted = " ".join(packages)
    if done.is_file() and done.read_text() == wanted:
        return root
    root.mkdir(parents=True, exist_ok=True)
    names = set(packages)
    if dependencies:
        plan = call(["apt-get", "install", "-s", "--no-install-recommends", *packages])
        names |= {line.split()[1] for line in plan.splitlines() if line[:5] == "Inst "}
    call(["apt-get", "download", *sorted(names)], cwd=root)
    for archive in root.glob("*.deb"):
        call(["dpkg-deb", "-x", str(archive), str(root)])
        archive.unlink()
    done.write_text(wanted)
    return root


def libraries(root: Path) -> dict[str, str]:
    """The environment variables that let a program below `root` find its libraries."""
    folders = {path.parent for path in root.glob("usr/lib/**/*.so*")}
    near = [str(root / "usr/lib"), *sorted(map(str, folders))]
    return {"LD_LIBRARY_PATH": os.pathsep.join(near)}


def call(command: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=INSTALL_LIMIT_S,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError:
        raise NotInstalled(f"this machine has no {command[0]}") from None
    except subprocess.TimeoutExpired:
        raise NotInstalled("the installation did not end") from None
    if done.returncode:
        raise NotInstalled(_reason(done.stderr + done.stdout))
    return done.stdout


def _reason(output: str) -> str:
    """The line of an installer's output that names the cause."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"\w+Error: ", line)]
    compiler = [line for line in lines if re.search(r":(\d+:)? (fatal )?error: ", line)]
    others = [line for line in lines if line.startswith(("ERROR", "E: ", "error:"))]
    reason = (raised[-1:] or compiler or others[-1:] or lines[-1:] or ["?"])[0]
    return reason[:REASON_LENGTH]
