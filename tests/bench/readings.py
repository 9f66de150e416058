"""What one reading costs, by each way of taking it.

Instructions and system calls are counted in two runs of different length, and the difference divided: what it takes to start
is out of it. What the same loop costs without a reading is taken off. Some ways run at the same time: each rests 205 ms
between two readings (in less, sysinfo does not read the CPU), so that they do not meet, and caches are as cold as in life.
"""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import DISK, HERE, PYTHON, keep, output, say, scratch

RUST = ["nothing", "floor", "sysinfo", "sampler", "engine", "tick", "kept"]
PYTHONS = ["nothing", "psutil"]
# Multiples of thirty: that many readings the history takes at a time.
FEW, MANY = 30, 90
# They rest nearly all the time. More would fill the processors when they begin, and a full processor is looked at twice.
TOGETHER = 2 * (os.cpu_count() or 1)


def environment(out):
    """A home of its own for each run, without a desktop; and no history, which is written when the disk lets it."""
    settings = Path(f"{out}.home/settings.json")
    settings.parent.mkdir()
    settings.write_text('{"version": 1, "history": false}')
    own = {"HOME": str(settings.parent), "LOADLINE_SETTINGS": str(settings), "TMPDIR": DISK}
    return {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", **own}


def instructions(command, out):
    """How many instructions a command takes, of all its threads."""
    output("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command, env=environment(out))
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M).group(1))


def system_calls(command, out):
    """How many system calls a command makes, of all its threads."""
    output("strace", "-c", "-f", "-o", out, *command, env=environment(out))
    return strace_total(out.read_text())


def strace_total(text):
    """The calls in the last line of strace's table."""
    return int(re.search(r"^100\.00 +\S+ +\d+ +(\d+).* total$", text, re.M).group(1))


def whole_program(binary, count):
    """Loadline itself, for so many readings, four a second. Never above its thresholds."""
    return [binary, "watch", "--quiet", "--every", "250ms", "--samples", count, "--cpu", "100", "--memory", "100"]


def run(bench, console):
    """Measures them all; `bench` is the built reading.rs, `console` Loadline built without the menu bar."""
    with scratch() as folder, ThreadPoolExecutor(TOGETHER) as pool:
        commands = {way: lambda n, way=way: [bench, way, n] for way in RUST}
        commands |= {f"python {way}": lambda n, way=way: [PYTHON, HERE / "psutil_reading.py", way, n] for way in PYTHONS}
        on_disk = {**os.environ, "TMPDIR": DISK}
        times = {way: pool.submit(output, *make(100), env=on_disk) for way, make in commands.items()}
        times = {way: json.loads(done.result()) for way, done in times.items()}
        say("per reading: counting instructions and system calls")
        commands["watch"] = lambda n: whole_program(console, n)
        counted = {}
        for name, count in (("instructions", instructions), ("system_calls", system_calls)):
            for way, make in commands.items():
                for n in (FEW, MANY):
                    out = folder / f"{name}.{way}.{n}".replace(" ", "-")
                    counted[name, way, n] = pool.submit(count, make(n), out)
        counted = {key: done.result() for key, done in counted.items()}
        spent = profile(*(folder / f"instructions.tick.{n}" for n in (FEW, MANY)))
    keep("reading", {"ways": {way: figures(way, times, counted) for way in commands}, "profile": spent})


def figures(way, times, counted):
    """What a reading of this way costs: the difference of two runs, less the loop without a reading."""

    def each(name, way):
        return (counted[name, way, MANY] - counted[name, way, FEW]) / (MANY - FEW)

    # The program itself has no loop to take off: its waiting is its own.
    idle = {"watch": None}.get(way, "python nothing" if way.startswith("python") else "nothing")
    of = {name: each(name, way) - (each(name, idle) if idle else 0) for name in ("instructions", "system_calls")}
    return {**of, "microseconds": times.get(way, {}).get("microseconds"), "allocations": times.get(way, {}).get("allocations")}


def profile(few, many):
    """Where a tick's instructions are spent: each function with what it calls, the start taken off."""
    few, many = inclusive(few), inclusive(many)
    each = {name: (count - few.get(name, 0)) / (MANY - FEW) for name, count in many.items()}
    return sorted(((count, name) for name, count in each.items() if count >= 100), reverse=True)


def inclusive(out):
    """The instructions of each function of ours and of sysinfo's; of one that is there in parts, the largest."""
    lines = output("callgrind_annotate", "--inclusive=yes", "--threshold=100", out).splitlines()
    counts = {}
    for line in lines:
        row = re.match(r" *([\d,]+) \( *[\d.]+%\) +\S*?:(<?(?:loadline|sysinfo)::.*?)(?: \[.*\])?$", line)
        if row:
            counts[row[2]] = max(counts.get(row[2], 0), int(row[1].replace(",", "")))
    return counts
