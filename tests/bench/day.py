"""What grows: a day of real readings, played in twenty minutes, through the tray app and the panel it lives in."""

import time
from contextlib import ExitStack

import traces
from common import REFRESH_SECONDS, keep, median, say, scratch
from processes import Desktop, copy, end, memory, open_files, start

READINGS = 24 * 3600 // REFRESH_SECONDS
SPEED = 72
SAMPLE_SECONDS = 5
MINUTE = 60 // SAMPLE_SECONDS
# Of the day: until then everything was done once, an alert and its end among it.
WARM_UP = 0.1


def run(built):
    """Measures it."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        desktop = Desktop(folder / "desktop")
        stack.callback(desktop.close)
        trace = traces.day(folder / "day.csv", READINGS)
        words = [copy(built["loadline"], folder / "loadline"), "--readings", trace, "--speed", SPEED]
        app = start(words, desktop.environment)
        stack.callback(end, app)
        desktop.tray_item()
        panel = desktop.plugin_pid("libsystray.so")
        say(f"a day of readings in {READINGS * REFRESH_SECONDS / SPEED / 60:.0f} minutes")
        samples = observe(app.pid, panel, desktop)
    keep("day", {"readings": READINGS, "part_of_day": 1 - WARM_UP, "grown": grown(samples[int(len(samples) * WARM_UP) :])})


def grown(samples):
    """Memory in the first minute and in the last. Of files the fewest in the first half and in the second: what comes and goes
    is no growth, and a notification that is shown has a connection to the bus.
    """
    half = len(samples) // 2
    sizes = {
        what: [median([sample[what] for sample in part]) for part in (samples[:MINUTE], samples[-MINUTE:])]
        for what in ("app", "panel")
    }
    counts = {
        what: [min(sample[what] for sample in part) for part in (samples[:half], samples[half:])]
        for what in ("files", "temporary")
    }
    return {**sizes, **counts}


def observe(app, panel, desktop):
    """Looks at both until the day is over."""
    samples = []
    begin = time.monotonic()
    for index in range(1, int(READINGS * REFRESH_SECONDS / SPEED / SAMPLE_SECONDS)):
        time.sleep(max(0, begin + index * SAMPLE_SECONDS - time.monotonic()))
        app_holds, panel_holds = memory(app), memory(panel)
        samples.append(
            {
                "app": app_holds["anonymous"],
                "panel": panel_holds["anonymous"],
                "files": open_files(app),
                "temporary": desktop.temporary_files(),
            }
        )
    return samples
