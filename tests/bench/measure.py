"""Measures what Loadline costs, part by part, and writes RESULTS.md. Started by tests/bench/run, which builds what it takes."""

import argparse
import os
import signal
import sys
from pathlib import Path

import day
import machine
import readings
import refreshes
import results
import sizes
import starts
import whole
from common import KEPT, say

# In this order, the longest last.
PARTS = {
    "reading": lambda built, options: readings.run(built["reading"], built["console"]),
    "refresh": lambda built, options: refreshes.run(built),
    "start": lambda built, options: starts.run(built),
    "crossing": lambda built, options: starts.crossings(built),
    "size": lambda built, options: sizes.run(built),
    "day": lambda built, options: day.run(built),
    "whole": lambda built, options: whole.run(built, options.minutes),
    "build": lambda built, options: sizes.build(os.environ["CARGO"]),
}


def main():
    """Does the parts that are asked for: all but the build where none are named."""
    parser = argparse.ArgumentParser(prog="tests/bench/run", description="Measure what Loadline costs; write RESULTS.md.")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}, results [all but build]", metavar="PART")
    parser.add_argument("--minutes", type=float, default=10, help="how long the whole processes are watched [10]")
    parser.add_argument("--quick", action="store_true", help="the same as --minutes 1, to try")
    parser.add_argument("--build", action="store_true", help="also build from nothing, which takes long")
    parser.add_argument("--out", type=Path, help="where the results are written")
    options = parser.parse_args()
    if options.quick:
        options.minutes = 1
    wanted = options.parts or [part for part in PARTS if part != "build"]
    if options.build and "build" not in wanted:
        wanted.append("build")
    for part in wanted:
        if part not in {*PARTS, "results"}:
            parser.error(f"there is no part '{part}'")
    # What was started is ended also when this is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    built = {name[6:].lower(): Path(path) for name, path in os.environ.items() if name.startswith("BENCH_")}
    if set(wanted) & set(PARTS):
        machine.run(built)
    for part in wanted:
        if part in PARTS:
            say(f"part {part}")
            PARTS[part](built, options)
    is_trial = options.quick or (options.parts and "results" not in options.parts)
    results.write(options.out or (KEPT / "RESULTS.md" if is_trial else results.PATH))


if __name__ == "__main__":
    main()
