"""How much memory it takes to read a file, whatever is in it."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIMIT_MB = 60  # of a process of its own, Python itself and all modules included
# Not ru_maxrss: that has the parent's peak in it, too.
READ = """
import re, sys
from octoprint_img2stl.slicing.gcode import read_gcode
facts = read_gcode(sys.argv[1])
peak = re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]
print(facts.size_bytes, len(facts.layers), int(peak) // 1024)
"""
MEGABYTES = 4  # enough that whatever grows with the file would be seen


def layers(count):
    yield "M104 S200\nG28\nM83\n"
    for number in range(count):
        yield f";LAYER_CHANGE\nG1 X10 Y10 Z{0.2 * (number + 1):.2f}\n;TYPE:Perimeter\n"
        yield "".join(f"G1 X{n}.123 Y{n % 7}.456 E.01234\n" for n in range(1500))


def many_layers():
    yield "M104 S200\nG28\nM83\nG1 X0 Y0 Z.2\n"
    for number in range(1_000_000):
        yield f";LAYER:\nG1 X{number % 9} E1\n"


def many_names():
    for number in range(500_000):
        yield f";TYPE:{number}\n;MESH:{number}\n@pause {number}\nM600\n"


FILES = {
    "a print": lambda: layers(1000),
    "a layer every line": many_layers,
    "new types, objects, pauses": many_names,
    "no line feed": lambda: ("x" * 100_000 for _ in range(1000)),
    "line feeds only": lambda: ("\n" * 100_000 for _ in range(1000)),
    "two letters a line": lambda: ("ab\n" * 30_000 for _ in range(1000)),
    "long comments": lambda: ("; " + "y" * 200_000 + "\n" for _ in range(1000)),
}


@pytest.mark.parametrize("name", FILES)
def test_the_peak_does_not_grow_with_the_file(name, tmp_path):
    path = tmp_path / "x.gcode"
    with open(path, "w") as file:
        for part in FILES[name]():
            file.write(part)
            if file.tell() > MEGABYTES << 20:
                break
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    size, count, peak = map(int, done.stdout.split())
    assert size == path.stat().st_size
    assert count == {"a print": count, "a layer every line": 100_000}.get(name, 0)
    assert 5 < peak < LIMIT_MB
