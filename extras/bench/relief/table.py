"""The figures as Markdown."""

from __future__ import annotations

from typing import Any

HEAD = (
    ("tool", "---"),
    ("eps mm", "---:"),
    ("CPU s", "---:"),
    ("wall s", "---:"),
    ("RSS MB", "---:"),
    ("triangles", "---:"),
    ("STL MB", "---:"),
    ("watertight", "---"),
    ("size", "---"),
    ("max / RMS error mm", "---:"),
)
SLICED = (
    ("slicing CPU s / RSS MB", "---:"),
    ("G-code MB", "---:"),
    ("print time", "---"),
)


def markdown(found: dict[str, Any]) -> str:
    """One table for each picture and size, then who was compared and who could not be.

    Args:
        found: of `compare.compare`.
    """
    machine = found["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, "
        f"numpy {machine['numpy']}, load at the end {machine['load']:.1f}. "
        f"Medians of {found['repeat']}; * = 1 run.",
        "",
    ]
    sliced = any("slice" in row for row in found["rows"])
    head = HEAD + (SLICED if sliced else ())
    shown = None
    for row in found["rows"]:
        if shown != (row["picture"], row["px"]):
            shown = (row["picture"], row["px"])
            unit = "" if row["px"] == "photo" else " px"
            lines += ["", f"### {row['picture']}, {row['px']}{unit}", ""]
            lines.append(_line([name for name, _ in head]))
            lines.append(_line([rule for _, rule in head]))
        lines.append(_line(_cells(row, found["repeat"], sliced)))
    lines += ["", "Compared:", ""]
    lines += [f"* {name}: {about}." for name, about in found["about"].items()]
    lines += [
        "",
        "Errors are those of the upper side at every node, against the height of the "
        "picture's pixel; for ours (not ours-mesh) against the heights after its own "
        "resampling, which takes pixels as areas.",
    ]
    if found["missing"]:
        lines += ["", "Not run:", ""]
        lines += [f"* {name}: {reason}" for name, reason in found["missing"].items()]
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any], repeat: int, sliced: bool) -> list[str]:
    eps = f"{row['eps']:g}" if row["eps"] else ""
    if "failed" in row:
        return [row["peer"], eps, f"failed: {row['failed']}"]
    star = "*" if len(row["runs"]) == 1 < repeat else ""
    cells = [
        row["peer"],
        eps,
        f"{row['cpu_s']:.2f}{star}",
        f"{row['wall_s']:.2f}{star}",
        f"{row['rss_mb']:.0f}",
        f"{row['triangles']:,}".replace(",", " "),
        f"{row['stl_mb']:.1f}",
        _closed(row),
        _size(row),
        _error(row),
    ]
    if sliced:
        cells += _slicing(row.get("slice", {"failed": "not sliced"}))
    return cells


def _closed(row: dict[str, Any]) -> str:
    merged = row["closed_merged"]
    if merged in ("", row["closed"]):
        return row["closed"]
    return f"{row['closed']} (merged to 0.1 µm: {merged})"


def _size(row: dict[str, Any]) -> str:
    if row["size_right"]:
        return "right"
    return "NO: " + " x ".join(f"{side:.2f}" for side in row["size"])


def _error(row: dict[str, Any]) -> str:
    if "max_error" not in row:
        return ""
    text = f"{row['max_error']:.4f} / {row['rms_error']:.4f}"
    if row["missing_nodes"]:
        text += f", {row['missing_nodes']} nodes missing"
    return f"{text}, {row['turned']}" if row["turned"] else text


def _slicing(facts: dict[str, Any]) -> list[str]:
    if "failed" in facts:
        return [facts["failed"], "", ""]
    cost = f"{facts['cpu_s']:.1f} / {facts['rss_mb']:.0f}"
    return [cost, f"{facts['gcode_mb']:.1f}", str(facts["print_time"])]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
