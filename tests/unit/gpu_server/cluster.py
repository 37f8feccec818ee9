"""A Ray cluster on this machine with the shipped deployment file, in a process of its own.

    python cluster.py FOLDER PORT [OPTION=VALUE …]

It says READY on stdout once it answers, and ends when its stdin is closed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "IMG2STL_RAY_TEST"  # in the environment of all that belongs to one cluster
DEPLOYMENT = (
    Path(__file__).parents[3] / "extras" / "gpu_server" / "ray" / "serve_config.yaml"
)
OBJECTS_BYTES = 80 * 2**20
START_S = 300.0  # never that long, but a test must not wait for ever


def adapted(folder: Path, port: int, options: dict[str, str]) -> Path:
    """The shipped file, but for this folder and port, and with two replicas at once."""
    import yaml

    config = yaml.safe_load(DEPLOYMENT.read_text(encoding="utf-8"))
    config["http_options"]["port"] = port
    (application,) = config["applications"]
    application["args"] |= {"folder": str(folder / "jobs"), **options}
    pool = next(each for each in application["deployments"] if each["name"] == "Pool")
    pool["autoscaling_config"] |= {"min_replicas": 2, "max_replicas": 2}
    path = folder / "serve.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def serve(folder: Path, port: int, options: dict[str, str]) -> None:
    import ray
    from ray.serve.scripts import cli

    ray.init(
        num_cpus=2,
        object_store_memory=OBJECTS_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        namespace="serve",
        _node_ip_address="127.0.0.1",
        _temp_dir=str(folder),
    )
    config = adapted(folder, port, options)
    cli.main(["run", "--non-blocking", str(config)], standalone_mode=False)
    print("READY", flush=True)
    sys.stdin.read()
    ray.shutdown()


def belonging(mark: str) -> list[int]:
    """Every process with this mark, whoever is its parent by now."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(
                    b"\0"
                ):
                    found.append(int(folder.name))
    return found


def end_all(mark: str) -> None:
    for number in belonging(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def left_over(mark: str, patience_s: float = 20.0) -> list[int]:
    """Who is still there after a while."""
    until = time.monotonic() + patience_s
    while (left := belonging(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


@contextlib.contextmanager
def cluster(folder: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Nothing of it is left afterwards, whatever happens."""
    mark = f"{os.getpid()}-{port}"
    root = Path(__file__).parents[3]
    environment = {
        **os.environ,
        MARK: mark,
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "extras" / "gpu_server")]),
        "RAY_AUTH_TOKEN": os.urandom(
            32
        ).hex(),  # else one is written into the home folder
        "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_memory_monitor_refresh_ms": "0",
    }
    command = [sys.executable, __file__, str(folder), str(port), *options]
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    too_long = threading.Timer(START_S, end_all, (mark,))
    too_long.start()
    try:
        for line in process.stdout:
            if line == "READY\n":
                break
        else:
            raise AssertionError((folder / "log").read_text()[-4000:])
        too_long.cancel()
        yield process
    finally:
        too_long.cancel()
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        left = left_over(mark)
        end_all(mark)
        process.wait()
        process.stdout.close()
    assert not left, f"these had to be ended: {left}"


if __name__ == "__main__":
    serve(
        Path(sys.argv[1]),
        int(sys.argv[2]),
        dict(each.split("=", 1) for each in sys.argv[3:]),
    )
