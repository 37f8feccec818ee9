"""Lower a process before it becomes something else: ``python -I -S confine.py OPTIONS -- ARGV``.

This little program sets its own limits and then turns into ARGV by exec. It stands between
us and every worker and slicer because the alternative, `preexec_fn`, may deadlock in a process
with threads (OctoPrint has dozens). It imports only what it needs, to start in milliseconds.
"""

import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
IOPRIO_WHO_PROCESS, IOPRIO_CLASS_IDLE, IOPRIO_CLASS_SHIFT = 1, 3, 13
# There is no libc wrapper for ioprio_set; the numbers are from the kernel's syscall tables.
IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "armv7l": 314, "armv6l": 314, "i686": 289}
NOT_STARTED = 127  # what a shell says when a command cannot be executed


def lower_priority(nice: int) -> None:
    """Give way to everything else: CPU, disk, and first to go when memory runs out."""
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    number = IOPRIO_SET.get(os.uname().machine)
    if number is not None:
        _libc().syscall(
            number, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT
        )
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("900")
    except OSError:
        pass


def limit_memory(size: int) -> None:
    """Bound the private writable memory, in bytes.

    RLIMIT_DATA and not RLIMIT_AS: the address space also counts the slicer's shared libraries
    and reserved but untouched thread arenas, several hundred megabytes of nothing.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def spare_core() -> None:
    """Keep off one processor core, where there are several, for whoever needs it now."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {min(cores)})


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` is gone."""
    _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the line above took effect
        os._exit(NOT_STARTED)


def _libc():
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def main(arguments: list) -> None:
    split = arguments.index("--")
    options = dict(zip(arguments[:split:2], arguments[1:split:2], strict=True))
    argv = arguments[split + 1 :]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if "--parent" in options:
        die_with(int(options["--parent"]))
    lower_priority(int(options.get("--nice", 19)))
    if options.get("--spare-core") == "1":
        spare_core()
    if "--memory" in options:
        limit_memory(int(options["--memory"]))
    try:
        os.execv(argv[0], argv)
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
        os._exit(NOT_STARTED)


if __name__ == "__main__":
    main(sys.argv[1:])
