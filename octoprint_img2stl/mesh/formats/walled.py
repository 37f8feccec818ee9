"""A wall around a program that reads foreign files: bubblewrap, where it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

from ... import process

SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/fonts",
    "/etc/ld.so.cache",
)


def walled(folder: Path) -> list[str]:
    """What to put before a command so that it sees this folder and nothing else; may be
    nothing, where there is no bubblewrap or the kernel does not let it work."""
    program = shutil.which("bwrap")
    if program is None:
        return []
    argv = [program, "--unshare-all", "--die-with-parent"]
    for place in SYSTEM:
        argv += ["--ro-bind-try", place, place]
    argv += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    argv += ["--bind", str(folder), str(folder), "--chdir", str(folder)]
    trial = process.run(
        [*argv, shutil.which("true") or "/bin/true"],
        cwd=folder,
        limits=process.Limits(time_s=10.0),
    )
    return argv if trial.returncode == 0 else []
