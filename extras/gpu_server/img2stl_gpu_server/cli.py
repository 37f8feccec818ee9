"""`img2stl-gpu-server`: read the options, start, stop when asked to."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from . import NAME, __version__
from .app import App
from .backends import BACKENDS, TENCENT, Settings, make
from .keeper import Keeper, Limits
from .listener import Listener, Pace
from .maker import HereMaker
from .refused import Refused
from .store import InUse, Store

log = logging.getLogger(NAME)
TOKEN = "IMG2STL_GPU_TOKEN"
PORT = 8081  # Tencent's own
STOP_S = 10.0
WARM_S = 2.0
MIB = 2**20


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog=NAME,
        description="Makes solids of photos for the OctoPrint plugin Image to STL, on the PC "
        "with the graphics card. Speaks what Tencent's Hunyuan3D-2 api_server speaks.",
    )
    add = made.add_argument
    add("--version", action="version", version=f"{NAME} {__version__}")
    add(
        "--backend",
        choices=list(BACKENDS),
        default="silhouette",
        help="what makes the solids",
    )
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0: for the network",
    )
    add("--port", type=int, default=PORT, help=f"0: any that is free (default {PORT})")
    add("--folder", type=Path, default=default_folder(), help="where the jobs lie")
    add("--token", default="", help=f"clients must send it; better given as {TOKEN}")
    add("--token-file", type=Path, help="a file with the token in its first line")
    add(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help=argparse.SUPPRESS,
    )
    add("--waiting", type=int, default=8, help="most jobs that wait (default 8)")
    add(
        "--keep-days",
        type=float,
        default=7.0,
        help="how long results are kept (default 7)",
    )
    add("--keep", type=int, default=200, help="most results that are kept (default 200)")
    add("--max-upload-mb", type=float, default=64.0, help="of one request (default 64)")
    add("--deadline-min", type=float, default=60.0, help="of one job (default 60)")
    add("--client-s", type=float, default=20.0, help=argparse.SUPPRESS)
    add(
        "--load-now",
        action="store_true",
        help="load the model at once, not for the first job",
    )
    add(
        "--device",
        default="",
        help="of torch, such as cuda:1 (default: the first there is)",
    )
    add(
        "--model",
        default="",
        help="folder or repository of the weights (default: the usual)",
    )
    add(
        "--cutter",
        choices=("auto", "rembg", "plain"),
        default="auto",
        help="of backgrounds",
    )
    add("--low-memory", action="store_true", help="Hunyuan: keep idle parts off the card")
    add("--accept-tencent-licence", action="store_true", help=TENCENT.replace("%", "%%"))
    for name in ("--echo-file", "--echo-fail"):
        add(name, default="", help=argparse.SUPPRESS)
    add("--echo-seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    add("--verbose", action="store_true", help="log every request")
    return made


def default_folder() -> Path:
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_DATA_HOME")
    return Path(base) / NAME if base else Path.home() / ".local" / "share" / NAME


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; 0: it was stopped, 1: it could not start, 2: wrong options."""
    options = parser().parse_args(arguments)
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("PIL").setLevel(logging.INFO)
    try:
        token = _token(options)
        backend = make(options.backend, _settings(options))
        maker = HereMaker(backend)
        if backend.about.needs_acceptance:
            log.warning("%s", TENCENT)
        if options.load_now:
            log.info("loading %s …", backend.about.label)
            maker.load()
        store = Store(options.folder)
    except Refused as error:
        return _sorry(error.message)
    except InUse as error:
        return _sorry(
            f"Another server works in {error}; stop it or give another --folder."
        )
    except (ImportError, OSError) as error:
        return _sorry(str(error))
    limits = Limits(
        waiting=max(1, options.waiting),
        deadline_s=60 * options.deadline_min,
        ttl_s=86400 * options.keep_days,
        kept=max(1, options.keep),
    )
    keeper = Keeper(store, maker, limits)
    app = App(
        keeper,
        token=token,
        origins=tuple(options.allow_origin),
        most_bytes=int(options.max_upload_mb * MIB),
    )
    pace = Pace(head_s=min(15.0, options.client_s), body_s=options.client_s)
    try:
        listener = Listener((options.host, options.port), app, pace)
    except (OSError, OverflowError) as error:
        return _sorry(f"It can't listen on {options.host}:{options.port} ({error}).")
    return _serve(listener, keeper, token)


def _serve(listener: Listener, keeper: Keeper, token: str) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    warm = threading.Timer(WARM_S, _warm)
    warm.daemon = True
    warm.start()
    threading.Thread(target=listener.serve_forever, args=(0.2,), daemon=True).start()
    host, port = listener.server_address[:2]
    shown = f"[{host}]" if ":" in str(host) else host
    if not token and not str(host).startswith("127.") and host != "::1":
        log.warning("Everybody in this network can use the server; give it a --token.")
    # On stdout, for whoever started it with port 0.
    print(f"{NAME} {__version__} listens on http://{shown}:{port}", flush=True)
    keeper.start()
    log.info("back end: %s (%s)", keeper.maker.about.label, keeper.maker.about.licence)
    while not stop.wait(1.0):  # with a timeout, so that Windows sees Ctrl-C
        pass
    log.info("stopping; what is unfinished goes on at the next start")
    listener.shutdown()
    listener.server_close()
    keeper.stop(STOP_S)
    listener.wait_until_quiet(2.0)
    keeper.store.close()
    return 0


def _warm() -> None:
    """Import what the first job needs while nobody waits for it."""
    from . import finishing, results  # noqa: F401
    from .backends import cutting  # noqa: F401


def _settings(options: argparse.Namespace) -> Settings:
    return Settings.from_json(vars(options))


def _token(options: argparse.Namespace) -> str:
    if options.token_file is not None:
        lines = options.token_file.read_text(encoding="utf-8").splitlines()
        if not lines or not lines[0].strip():
            raise OSError(f"{options.token_file} has no token in its first line.")
        return lines[0].strip()
    return options.token or os.environ.get(TOKEN, "")


def _sorry(message: str) -> int:
    print(f"{NAME}: {message}", file=sys.stderr)
    return 1
