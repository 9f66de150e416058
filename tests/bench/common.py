"""Where things are, and how a measurement is kept: one JSON file for each part, from which RESULTS.md is made."""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
HERE = PROJECT / "tests/bench"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
KEPT = TARGET / "bench"
PYTHON = "/usr/bin/python3"  # the system's, which has the system's psutil
REFRESH_SECONDS = 2
# The parts without which there are no results.
NEEDED = ["machine", "reading", "refresh", "start", "crossing", "size", "day", "whole"]
# On the disk: where /tmp is in memory, what is written there costs nothing.
DISK = "/var/tmp"


def say(text):
    """On stderr, with how late it is: a whole run takes long."""
    print(f"tests/bench: {datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def keep(part, figures):
    """Writes what a part measured, with its date."""
    KEPT.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"date": f"{datetime.now():%Y-%m-%d %H:%M}", **figures}, indent=1)
    (KEPT / f"{part}.json").write_text(text + "\n")


def kept(part):
    """What a part measured last; None if it never ran here."""
    path = KEPT / f"{part}.json"
    return json.loads(path.read_text()) if path.exists() else None


@contextmanager
def scratch():
    """A folder on the disk, for homes and histories; short, for it holds the socket of a bus."""
    with tempfile.TemporaryDirectory(prefix="loadline-", dir=DISK) as folder:
        yield Path(folder)


def is_on_disk():
    """Whether that folder really is on a disk; in memory, nothing is written."""
    return output("stat", "--file-system", "--format=%T", DISK).strip() not in ("tmpfs", "ramfs")


def output(*command, **options):
    """What a command prints; raises with its last words where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}): {done.stderr[-600:]}")
    return done.stdout


def wait_until(condition, seconds, what):
    """Waits for a condition, looking often; raises when it never holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError(f"waited {seconds} s for {what}")


def median(values):
    """The middle one."""
    return sorted(values)[len(values) // 2]


def percentile(values, percent):
    """The smallest that so many percent are not above (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]
