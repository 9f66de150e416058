"""How fast a trace is run through the rules, how large the program is, and how long it takes to build from nothing."""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import traces
from common import KEPT, PROJECT, keep, median, output, say, scratch

ROWS = 1_000_000


def run(built):
    """Replay and sizes."""
    say(f"replay: {ROWS} readings, three times")
    with scratch() as folder:
        trace = traces.long(folder / "long.csv", ROWS)
        rates = [replay(built["loadline"], trace) for _ in range(3)]
    sizes = {name: os.path.getsize(built[name]) for name in ("loadline", "console")}
    keep("size", {"readings_a_second": median(rates), "bytes": sizes, "sections": sections(built["loadline"])})


def sections(program):
    """The bytes of each section of a program that is in its file."""
    rows = re.findall(r"^(\.\S+) +(\d+) ", output("size", "-A", program, env={**os.environ, "LC_ALL": "C"}), re.M)
    return {name: int(size) for name, size in rows if not name.endswith("bss")}


def replay(program, trace):
    """Readings a second."""
    begin = time.monotonic()
    subprocess.run([program, "replay", trace], capture_output=True, check=True)
    return ROWS / (time.monotonic() - begin)


def build(cargo):
    """Builds what is released into an empty folder: what was fetched is there, nothing is compiled."""
    seconds = {}
    for name, options in (("loadline", []), ("console", ["--no-default-features"])):
        say(f"build: {name} from nothing")
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            words = [cargo, "build", "--release", "--locked", "--bin", "loadline", "--target-dir", folder, *options]
            # Its own compiler first, as everywhere.
            environment = {**os.environ, "PATH": f"{Path(cargo).parent}:{os.environ['PATH']}"}
            begin = time.monotonic()
            subprocess.run(words, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds[name] = time.monotonic() - begin
    keep("build", {"seconds": seconds})
