"""System calls and processor time of a refresh, for programs that cannot be told how many to take.

Each runs for so long, and for longer, at two seconds; the difference is divided by the refreshes in between. `glances` and
`bottom` also read the processes, disks, networks and sensors: their refresh shows more.
"""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import HERE, PYTHON, REFRESH_SECONDS, keep, say, scratch
from processes import end, start_in_terminal
from programs import bottom, glances, python_path
from readings import strace_total

SHORT_SECONDS, LONG_SECONDS = 10, 50


def programs(built):
    """What is compared: the words, and what they need in the environment."""
    library = {"PYTHONPATH": python_path(built["glances"])}
    return {
        "watch": ([built["console"], "watch", "--cpu", "100", "--memory", "100"], {}),
        "psutil": ([PYTHON, HERE / "article.py"], {}),
        "glances": ([PYTHON, *glances(built)], library),
        "bottom": (bottom(built["btm"]), {}),
    }


def run(built):
    """Measures them all at the same time."""
    say(f"refreshes: counting system calls for {SHORT_SECONDS} and {LONG_SECONDS} s")
    with scratch() as folder, ThreadPoolExecutor(8) as pool:
        counts = {
            (name, seconds): pool.submit(calls, *program, seconds, folder / f"{name}-{seconds}")
            for name, program in programs(built).items()
            for seconds in (SHORT_SECONDS, LONG_SECONDS)
        }
        counts = {key: done.result() for key, done in counts.items()}
    refreshes = (LONG_SECONDS - SHORT_SECONDS) / REFRESH_SECONDS
    each = {name: (counts[name, LONG_SECONDS] - counts[name, SHORT_SECONDS]) / refreshes for name in programs(built)}
    keep("refresh", {"system_calls": each})


def calls(words, environment, seconds, out):
    """How many system calls a program makes in so many seconds."""
    plain = {"PATH": os.environ["PATH"], "HOME": f"{out}.home", "LC_ALL": "C.UTF-8"}
    process = start_in_terminal(["strace", "-c", "-f", "-o", out, *words], {**plain, **environment})
    try:
        time.sleep(seconds)
        # Not strace itself, which then would not tell.
        (traced,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(traced), signal.SIGTERM)
        process.wait(20)
    finally:
        end(process)
    return strace_total(out.read_text())
