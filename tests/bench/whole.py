"""The whole process for ten minutes at two seconds: all of them at the same time, side by side.

Each runs a copy of its program: what several share would make each look smaller. The window begins half a minute after the
start, of which the processor time is given apart.
"""

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import alone
import traces
from common import PROJECT, REFRESH_SECONDS, is_on_disk, keep, median, output, say, scratch
from processes import Desktop, copy, end, look, memory, start
from programs import environment, without_desktop

SETTLE_SECONDS = 30
SAMPLE_SECONDS = 5
MINUTE = 60 // SAMPLE_SECONDS
# Xfce's panel tells that its menu was opened, and Loadline counts it as open for half a minute after each sign of it.
OPEN_AGAIN_SECONDS = 20


class Subject:
    """A process that is measured, and what was seen of it."""

    def __init__(self, name, pid):
        self.name, self.pid = name, pid
        self.memory = []
        self.first = None

    def sample(self, at):
        """Notes its memory."""
        self.memory.append((at, memory(self.pid)))

    def begin(self):
        """The window begins."""
        self.first = look(self.pid)

    def rates(self, last, what):
        """What its threads did a second since the beginning of the window, by their names: several may have one name."""
        before, rates = self.first["threads"], {}
        for number, thread in last["threads"].items():
            begun = before[number][what] if number in before else 0
            rate = (thread[what] - begun) / (last["at"] - self.first["at"])
            rates[thread["name"]] = rates.get(thread["name"], 0) + rate
        return rates

    def result(self):
        """What it took, from the beginning of the window until now."""
        first, last = self.first, look(self.pid)
        seconds, cpu = last["at"] - first["at"], last["cpu"] - first["cpu"]
        wakes, forced, ran = (self.rates(last, what) for what in ("wakes", "forced", "ran"))
        return {
            "cpu_seconds": cpu,
            "cpu_percent": cpu / seconds * 100,
            "start_cpu_seconds": first["cpu"],
            "switches": sum(wakes.values()) + sum(forced.values()),
            "wakes_by_thread": wakes,
            "cpu_percent_by_thread": {thread: share * 100 for thread, share in ran.items()},
            "threads": len(last["threads"]),
            "written": last["written"] - first["written"] if is_on_disk() else None,
            **self.held(first["at"]),
        }

    def held(self, begin):
        """Its memory since then; of what is of no file, in the first minute and in the last."""
        window = [sizes for at, sizes in self.memory if at >= begin]
        parts = window[:MINUTE], window[-MINUTE:]
        return {
            "pss": median([sizes["pss"] for sizes in window]),
            "pss_peak": max(sizes["pss"] for _, sizes in self.memory),
            "private": median([sizes["private"] for sizes in window]),
            "anonymous": [median([sizes["anonymous"] for sizes in part]) for part in parts],
        }


class Run:
    """Everything that runs side by side."""

    def __init__(self, stack, folder, built):
        self.stack, self.folder, self.built = stack, folder, built
        self.subjects = []
        self.monitors = {}

    def desktop(self, name, also=""):
        """A desktop that ends with the run, with a record of what is said on its bus."""
        desktop = Desktop(self.folder / name, also)
        self.stack.callback(desktop.close)
        return desktop

    def add(self, name, process):
        """Measures a process that was started, and ends it with the run."""
        self.stack.callback(end, process)
        # `setsid --ctty` becomes what it starts.
        self.subjects.append(Subject(name, process.pid))

    def console(self, desktop):
        """Those without a desktop of their own; Loadline's tell their alerts on this one."""
        for name, program in without_desktop(self.built, self.folder).items():
            of = desktop.environment if name in ("console", "watch") else None
            own = environment(self.folder / f"home-{name.replace(' ', '')}", of)
            self.add(name, program.start(program.words, {**own, **program.environment}))

    def tray(self, name, trace=None):
        """The tray app on a desktop of its own, and the panel it lives in."""
        desktop = self.desktop(name)
        words = [copy(self.built["loadline"], self.folder / f"{name}-loadline")]
        if trace:
            words += ["--readings", trace]
        record = (self.folder / f"{name}.bus").open("w")
        self.stack.callback(record.close)
        monitor = subprocess.Popen(["dbus-monitor", "--session", "--profile"], env=desktop.environment, stdout=record)
        self.stack.callback(end, monitor)
        self.add(f"tray {name}", start(words, desktop.environment))
        self.monitors[name] = (Path(record.name), *desktop.tray_item())
        self.panel(f"panel {name}", desktop)
        return desktop

    def panel(self, name, desktop):
        """The process of the panel in which tray items are shown."""
        self.subjects.append(Subject(name, desktop.plugin_pid("libsystray.so")))

    def sample(self):
        """Notes the memory of all."""
        at = time.monotonic()
        for subject in self.subjects:
            subject.sample(at)

    def signals(self, name, begin, seconds):
        """The signals the tray app sent within the window, by name."""
        record, sender, _ = self.monitors[name]
        counts = {}
        for line in record.read_text().splitlines():
            part = line.split("\t")
            if part[0] == "sig" and part[3] == sender and begin <= float(part[1]) < begin + seconds:
                counts[part[7]] = counts.get(part[7], 0) + 1
        return counts


def run(built, minutes):
    """Measures them all, for so many minutes."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        held_alone = alone.run(built, folder / "alone")
        say(f"whole processes: starting them, for {minutes} minutes")
        everything = Run(stack, folder, built)
        closed = everything.tray("closed")
        everything.console(closed)
        opened = everything.tray("open")
        everything.tray("varied", traces.varied(folder / "varied.csv", minutes + 2))
        everything.tray("flat", traces.flat(folder / "flat.csv", minutes + 2))
        graph = everything.desktop("graph", also="cpugraph")
        everything.subjects.append(Subject("cpugraph", graph.plugin_pid("libcpugraph.so")))
        everything.panel("panel without Loadline", graph)
        figures = observe(everything, opened, minutes)
    keep("whole", {"minutes": minutes, "alone": held_alone, **figures})


def observe(everything, opened, minutes):
    """Looks at them for so long, and holds the menu open meanwhile."""
    output(PROJECT / "tests/desktop/menu", opened.folder)
    _, sender, path = everything.monitors["open"]
    everything.sample()
    time.sleep(SETTLE_SECONDS)
    for subject in everything.subjects:
        subject.begin()
    begin, wall = time.monotonic(), time.time()
    said = begin - OPEN_AGAIN_SECONDS
    for index in range(1, int(minutes * 60 / SAMPLE_SECONDS) + 1):
        if time.monotonic() - said >= OPEN_AGAIN_SECONDS:
            said = time.monotonic()
            opened.bus(sender, f"{path}/Menu", "com.canonical.dbusmenu.AboutToShow", "0")
        time.sleep(max(0, begin + index * SAMPLE_SECONDS - time.monotonic()))
        everything.sample()
    seconds = time.monotonic() - begin
    return {
        "subjects": {subject.name: subject.result() for subject in everything.subjects},
        "signals": {name: everything.signals(name, wall, seconds) for name in everything.monitors},
        "refreshes": seconds / REFRESH_SECONDS,
    }
