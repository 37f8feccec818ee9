"""Marks by folder, and a line that says which OctoPrint the server and browser tests run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def pytest_report_header(config: pytest.Config) -> str:
    python = os.environ.get("IMG2STL_TEST_PYTHON", sys.executable)
    code = "import importlib.metadata as m; print(m.version('OctoPrint'))"
    asked = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return f"OctoPrint under test: {asked.stdout.strip() or 'none'} ({python})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = (
            item.path.relative_to(TESTS).parts[0] if TESTS in item.path.parents else ""
        )
        if folder in ("server", "browser"):
            item.add_marker(folder)
