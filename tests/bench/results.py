"""RESULTS.md, from what the parts found last: its head, the goals and what README.md takes over."""

import re
from datetime import datetime

from common import HERE, NEEDED, PROJECT, kept, say
from goals import Goals, megabytes
from sections import SECTIONS, SUBJECTS, table

PATH = HERE / "RESULTS.md"
# All parts take less.
ONE_RUN_SECONDS = 2 * 3600


def write(path):
    """Writes it; says what is missing where a part never ran."""
    parts = {part: kept(part) for part in [*NEEDED, "build"]}
    missing = [part for part in NEEDED if parts[part] is None]
    if missing:
        say(f"no results yet: not measured here so far: {', '.join(missing)}")
        return
    told = [section(parts) for section in (head, goals, in_short, *SECTIONS)]
    path.write_text("\n".join(told))
    say(f"wrote {path}")
    if path == PATH:
        tell_readme(short_table(parts))


def tell_readme(rows):
    """Puts the table into README.md, in the place of the one that is there."""
    readme = PROJECT / "README.md"
    text = readme.read_text()
    section = re.search(r"(?ms)^## What it costs$.*?(?=^## |\Z)", text)
    if section:
        told = re.sub(r"(?m)(^\|.*\n)+", lambda _: rows, section[0], count=1)
        readme.write_text(text[: section.start()] + told + text[section.end() :])


def head(parts):
    """When, on what, of what."""
    versions = ", ".join(f"{name} {version}" for name, version in parts["machine"]["versions"].items())
    share = parts["machine"]["busy"]
    busy = f" It was **busy with other things** ({share * 100:.0f} %)." if share > 0.1 else ""
    return f"""# What Loadline costs

Written by [`tests/bench/run`](run), not edited by hand. A MB is 1 048 576 bytes.

- Measured: {dates(parts)}.
- Machine: {parts["machine"]["machine"]}.{busy}
- Versions: {versions}.
"""


def dates(parts):
    """From when to when; and each part's where that was not one run."""
    ended = {part: parts[part]["date"] for part in NEEDED}
    first, last = min(ended.values()), max(ended.values())
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    of_each = ", ".join(f"{part} {date}" for part, date in ended.items())
    is_one_run = first[:10] == last[:10] and span.total_seconds() <= ONE_RUN_SECONDS
    return f"from {first} to {last}" + ("" if is_one_run else f" ({of_each})")


def goals(parts):
    """Each goal with its verdict."""
    judged = list(Goals(parts).all())
    rows = [[goal, figure, "met" if is_met else "**missed**"] for goal, figure, is_met, _ in judged]
    reasons = [f"- {goal}: {why}\n" for goal, _, is_met, why in judged if not is_met]
    why = "\nWhere a goal is missed:\n\n" + "".join(reasons) if reasons else ""
    return "## Goals\n\n" + table(["goal", "measured", ""], *rows) + why


def in_short(parts):
    """What README.md takes over."""
    return "## In short\n\n" + short_table(parts)


def short_table(parts):
    """The table of it."""
    subjects, alone = parts["whole"]["subjects"], parts["whole"]["alone"]
    rows = [
        [label, f"{subjects[name]['cpu_percent']:.3f} %", megabytes(alone[name]["pss"])]
        for name, label in SUBJECTS.items()
        if name in alone
    ]
    return table(["every 2 s", "CPU, of a core", "memory"], *rows)


