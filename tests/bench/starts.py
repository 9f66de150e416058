"""How long it takes to start, and from a threshold that is crossed to the notification on the bus."""

import json
import os
import re
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import datetime

from common import PYTHON, keep, median, percentile, say, scratch, wait_until
from processes import Desktop, end

STARTS, ALERTS, LIVE_ALERTS = 20, 200, 20
HOUR = 3600
PERCENTAGE = re.compile(r"CPU +\d+%")


class Bus:
    """What is said on a desktop's bus, as `dbus-monitor` tells it, with its times."""

    def __init__(self, desktop, *rules):
        words = ["dbus-monitor", "--session", *rules]
        self.monitor = subprocess.Popen(words, env=desktop.environment, stdout=subprocess.PIPE, text=True)
        self.lines = []
        threading.Thread(target=self.listen, daemon=True).start()
        wait_until(lambda: self.lines, 10, "dbus-monitor")

    def listen(self):
        """Notes each line, with the time of its message."""
        at = 0.0
        for line in self.monitor.stdout:
            header = re.match(r"\S.* time=([\d.]+) ", line)
            at = float(header[1]) if header else at
            self.lines.append((at, line))

    def first(self, pattern, since, begin):
        """When a line with this was first said, from line number `since` and the time `begin` on; None so far."""
        return next((at for at, line in self.lines[since:] if at >= begin and re.search(pattern, line)), None)

    def when(self, pattern, since, begin=0, seconds=20):
        """The same, waited for."""
        return wait_until(lambda: self.first(pattern, since, begin), seconds, f"'{pattern}' on the bus")

    def close(self):
        """Ends the monitor."""
        end(self.monitor)


@contextmanager
def desktop_with_bus(*rules):
    """A desktop, and what is said on its bus."""
    with ExitStack() as stack:
        desktop = Desktop(stack.enter_context(scratch()) / "desktop")
        stack.callback(desktop.close)
        bus = Bus(desktop, *rules)
        stack.callback(bus.close)
        yield desktop, bus


def run(built):
    """Measures all of it."""
    say(f"starts: {STARTS} of each")
    with desktop_with_bus() as (desktop, bus):
        tray = [tray_start(built["loadline"], desktop, bus) for _ in range(STARTS)]
        watch = [watch_start(built["loadline"], desktop.environment) for _ in range(STARTS)]
        console = [watch_start(built["console"], desktop.environment) for _ in range(STARTS)]
    figures = {"tray item": [t[0] for t in tray], "tray percentage": [t[1] for t in tray], "watch": watch, "console": console}
    keep("start", {name: summary(all_) for name, all_ in figures.items()})


def summary(values):
    """What is told of many milliseconds."""
    return {"median": median(values), "p99": percentile(values, 99), "most": max(values), "count": len(values)}


def tray_start(program, desktop, bus):
    """Milliseconds from the start to the item in the tray, and to the first percentage on the bus."""
    since, begin = len(bus.lines), time.time()
    process = subprocess.Popen([program], env=desktop.environment)
    try:
        item = bus.when("member=RegisterStatusNotifierItem", since, begin)
        percentage = bus.when(PERCENTAGE, since, begin)
    finally:
        end(process)
    return (item - begin) * 1000, (percentage - begin) * 1000


def watch_start(program, environment):
    """Milliseconds from the start to the first line with a reading."""
    begin = time.monotonic()
    process = subprocess.Popen([program, "watch"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        line, at = first_line(process)
    finally:
        end(process)
    assert re.search(r"\d+%", line), line
    return (at - begin) * 1000


def first_line(process, seconds=30):
    """The first line that a process says, and when it did."""
    said = []
    threading.Thread(target=lambda: said.append((process.stdout.readline(), time.monotonic())), daemon=True).start()
    return wait_until(lambda: said, seconds, f"the first line of {process.args}")[0]


def crossings(built):
    """From a crossing to the notification."""
    say(f"crossings: {ALERTS} alerts of the tray app, as many of `watch`, {LIVE_ALERTS} of a real load")
    with desktop_with_bus("interface='org.freedesktop.Notifications',member='Notify'") as (desktop, bus):
        tray = from_trace([built["loadline"]], desktop, bus)[0]
        watch, lines = from_trace([built["loadline"], "watch", "--quiet", "--json"], desktop, bus)
        live = [from_load(built["loadline"], desktop, bus) for _ in range(LIVE_ALERTS)]
    figures = {"tray": tray, "watch": watch, "line": lines, "live": live}
    keep("crossing", {name: summary(all_) for name, all_ in figures.items()})


def from_trace(words, desktop, bus):
    """Milliseconds from a reading to `Notify`, and to the line on stdout, of each alert.

    The readings come through a pipe. Loadline takes a row when it has the next one: so the next one is the time of it. An hour
    passes between rows, for it alerts three times in an hour at most.
    """
    folder = desktop.folder
    settings, pipe = folder / "settings.json", folder / "readings"
    alerts = {"cpu": {"above_percent": 80}, "memory": {"above_percent": "off"}, "after": "0s", "cooldown": "0s"}
    settings.write_text(json.dumps({"version": 1, "alerts": alerts}))
    os.mkfifo(pipe)
    words = [*words, "--readings", pipe, "--speed", "max", "--every", "1h", "--settings", settings]
    process = subprocess.Popen(words, env=desktop.environment, stdout=subprocess.PIPE, text=True)
    lines = []
    threading.Thread(target=lambda: lines.extend((time.time(), line) for line in process.stdout), daemon=True).start()
    told, said = [], []
    try:
        # Also to be read: so that opening it waits for nobody.
        with os.fdopen(os.open(pipe, os.O_RDWR), "w") as rows:
            rows.write(f"time,cpu,memory\n0,10,50\n{HOUR},95,50\n")
            for index in range(ALERTS + 5):
                # The row that is crossed at is in the pipe. This one, below, lets it go.
                since, heard, begin = len(bus.lines), len(lines), time.time()
                rows.write(f"{(2 * index + 2) * HOUR},10,50\n")
                rows.flush()
                told.append((bus.when('string "Above', since, begin) - begin) * 1000)
                if "--json" in words:
                    wait_until(lambda h=heard: len(lines) > h, 10, "the line of an alert")
                    said.append((lines[heard][0] - begin) * 1000)
                since = len(bus.lines)
                rows.write(f"{(2 * index + 3) * HOUR},95,50\n")
                rows.flush()
                bus.when("member=Notify", since)
    finally:
        end(process)
        pipe.unlink()
    # The first ones find the notification service, and its start is measured by itself.
    return told[5:], said[5:]


def from_load(program, desktop, bus):
    """Milliseconds from the reading that an alert fired at to `Notify`, on this machine, with the processes named.

    A look at the processes takes a second: it is over by then.
    """
    rules = ["--cpu", "1", "--memory", "off", "--after", "2s", "--every", "250ms"]
    since = len(bus.lines)
    words = [program, "watch", "--quiet", "--json", *rules]
    with ExitStack() as stack:
        # One is more than 1 % of fifty processors.
        for _ in range(os.cpu_count() // 50 + 1):
            stack.callback(end, subprocess.Popen([PYTHON, "-c", "while True: pass"]))
        process = subprocess.Popen(words, env=desktop.environment, stdout=subprocess.PIPE, text=True)
        stack.callback(end, process)
        alert = json.loads(first_line(process)[0])
        told = bus.when('string "Above', since)
    assert alert["type"] == "alert" and alert["processes"], alert
    return (told - datetime.fromisoformat(alert["at"]).timestamp()) * 1000
