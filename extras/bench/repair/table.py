"""The figures as Markdown, and the list of what ours did not do."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Any

HEAD = (
    "tool",
    "strict %",
    "strict + faithful %",
    "closed + faithful %",
    "AI strict + faithful %",
    "files losing > 1 % of the visible",
    "lost mean %",
    "moved mean, % of diagonal",
    "CPU s median / p90",
    "extra MB median / max",
    "no result",
)
SMALL = 100_000


def markdown(found: dict[str, Any]) -> str:
    """One row for each tool, then what the figures are of.

    Args:
        found: of `compare.compare`.
    """
    files = {name: facts for name, facts in found["files"].items() if not facts["flat"]}
    broken = {name for name, facts in files.items() if facts["broken"]}
    made = {name for name, facts in files.items() if facts["ai"]}
    lines = [
        f"{found['machine']}.",
        "",
        f"{len(files)} files, {len(broken)} broken (in brackets), {len(made)} AI-generated "
        f"({len(made & broken)} of them broken); {len(found['files']) - len(files)} more "
        "lie in one plane and are left out.",
        "",
        _line(HEAD),
        _line(["---", *["---:"] * (len(HEAD) - 1)]),
    ]
    by_tool: dict[str, list[dict[str, Any]]] = {}
    for row in found["rows"]:
        if row["file"] in files:
            by_tool.setdefault(row["tool"], []).append(row)
    for tool, rows in by_tool.items():
        whole = " (whole process)" if tool in found["whole"] else ""
        lines.append(_line(_cells(tool, rows, broken, made, whole)))
    for tool, rows in by_tool.items():
        lines += _more(tool, rows, files)
    lines += ["", "Compared:", ""]
    lines += [f"* {x}: {about}." for x, about in found["about"].items() if x in by_tool]
    for title, missing in (("Not run", "missing"), ("Not read", "unread")):
        if found[missing]:
            lines += ["", f"{title}:", ""]
            lines += [f"* {name}: {why}" for name, why in found[missing].items()]
    return "\n".join(lines) + "\n"


def _cells(tool: str, rows: list, broken: set, made: set, whole: str) -> list[str]:
    sick = [row for row in rows if row["file"] in broken]
    ai = [row for row in rows if row["file"] in made]
    there = [row for row in rows if "failed" not in row]
    there_sick = [row for row in there if row["file"] in broken]
    costs = sorted(row["cpu_s"] for row in rows if "cpu_s" in row)
    extra = sorted(row["extra_mb"] for row in rows if "extra_mb" in row)

    def both(test: Any) -> str:
        return f"{_share(rows, test):.1f} ({_share(sick, test):.1f})"

    def mean(key: str, digits: int) -> str:
        few = [
            statistics.fmean(r[key] for r in x) * 100 if x else 0.0
            for x in (there, there_sick)
        ]
        return f"{few[0]:.{digits}f} ({few[1]:.{digits}f})"

    lose = [sum(not row["faithful"] for row in x) for x in (there, there_sick)]
    gone = [sum("failed" in row for row in x) for x in (rows, sick)]
    return [
        tool,
        both(_strict),
        both(_good),
        both(lambda row: bool(row.get("closed") and row.get("faithful"))),
        f"{_share(ai, _good):.1f}" if ai else "-",
        f"{lose[0]} ({lose[1]})",
        mean("lost", 2),
        mean("moved", 3),
        f"{_at(costs, 0.5):.2f} / {_at(costs, 0.9):.2f}" if costs else "-",
        f"{_at(extra, 0.5):.0f} / {extra[-1]:.0f}{whole}" if extra else "-",
        f"{gone[0]} ({gone[1]})",
    ]


def _more(tool: str, rows: list, files: dict) -> list[str]:
    """What only ours says, and what PrusaSlicer says."""
    lines = []
    asked = Counter(row["slicer_manifold"] for row in rows if "slicer_manifold" in row)
    if asked:
        said = ", ".join(f"{word} {count}" for word, count in asked.most_common())
        lines += ["", f"PrusaSlicer's `--info` of {tool}: manifold = {said}."]
    staged = [row for row in rows if "stage" in row]
    if staged:
        stages = Counter(row["stage"] for row in staged)
        listed = ", ".join(f"{name} {count}" for name, count in stages.most_common())
        clean = [
            row
            for row in rows
            if not files[row["file"]]["broken"] and files[row["file"]]["bodies"] == 1
        ]
        same = sum(bool(row.get("untouched")) for row in clean)
        small = [
            row["extra_mb"]
            for row in rows
            if files[row["file"]]["faces"] <= SMALL and "extra_mb" in row
        ]
        lines += [
            "",
            f"{tool}: stages {listed}. Clean single bodies that came back with the very "
            f"same triangles: {same} of {len(clean)}. Most extra memory up to 100 000 "
            f"faces: {max(small, default=0):.0f} MB.",
        ]
    return lines


def failures(found: dict[str, Any]) -> str:
    """One line for each file that ours did not make strict and faithful, worst first."""
    files = found["files"]
    rows = [row for row in found["rows"] if row["tool"] == "ours"]
    rows = [row for row in rows if not files[row["file"]]["flat"]]
    lines = []
    for row in rows:
        facts = files[row["file"]]
        if _good(row) and _quiet(row, facts):
            continue
        lines.append(
            f"{row['file']} ({facts['faces']} faces{_kind(facts)}): {_reason(row, facts)}"
        )
    good = sum(_good(row) for row in rows)
    lines.sort(key=lambda line: "good, but" in line)
    return f"{good} of {len(rows)} strict and faithful\n" + "\n".join(lines) + "\n"


def _quiet(row: dict[str, Any], facts: dict[str, Any]) -> bool:
    clean = not facts["broken"] and facts["bodies"] == 1
    coarse = not facts["broken"] and row["stage"] == "wrapped"
    said = row.get("slicer_manifold") == "yes"
    return said and not coarse and (row["untouched"] or not clean)


def _kind(facts: dict[str, Any]) -> str:
    words = [
        facts["ai"],
        "broken" if facts["broken"] else "clean",
        f"{facts['bodies']} bodies",
    ]
    return "".join(f", {word}" for word in words if word)


def _reason(row: dict[str, Any], facts: dict[str, Any]) -> str:
    if "failed" in row:
        return f"{row['failed']} ({row.get('cpu_s', 0):.1f} CPU s)"
    said = []
    if _good(row):
        said.append("good, but")
    if not row["strict"]:
        names = ("open", "crowded", "flipped", "uneven")
        counts = zip(row["edges"], names, strict=True)
        said.append("not strict: " + " ".join(f"{n} {name}" for n, name in counts if n))
        said.append(f"volume {row['volume']:.1f},")
    if not row["faithful"]:
        said.append(f"lost {row['lost'] * 100:.2f} % (says {row['lost_percent']:.2f} %),")
    if row.get("slicer_manifold") != "yes":
        said.append(f"PrusaSlicer says manifold = {row.get('slicer_manifold')},")
    if not facts["broken"] and facts["bodies"] == 1 and not row["untouched"]:
        said.append("a clean single body was changed,")
    if not facts["broken"] and row["stage"] == "wrapped":
        said.append(f"wrapped though it came strict (moved {row['moved'] * 100:.2f} %),")
    said.append(f"stage {row['stage']}, {row['cpu_s']:.1f} CPU s")
    return " ".join(said)


def _strict(row: dict[str, Any]) -> bool:
    return bool(row.get("strict"))


def _good(row: dict[str, Any]) -> bool:
    return bool(row.get("strict") and row.get("faithful"))


def _share(rows: list, test: Any) -> float:
    return 100 * sum(test(row) for row in rows) / len(rows) if rows else 0.0


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def _line(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"
