"""The whole process for ten minutes at two seconds: all of them at the same time, side by side.

Loadline's processes run copies of the program: what they share with each other would make each look smaller. The window
begins half a minute after the start, of which the processor time is given apart.
"""

import os
import shutil
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import processes
import traces
from common import HERE, PYTHON, REFRESH_SECONDS, keep, median, say, wait_until
from processes import Desktop, end, look, memory, memory_by_kind, open_files, python_path, start, start_in_terminal

SETTLE_SECONDS = 30
SAMPLE_SECONDS = 5
MINUTE = 60 // SAMPLE_SECONDS
# Xfce's panel tells that its menu was opened, and Loadline counts it as open for half a minute after each sign of it.
OPEN_AGAIN_SECONDS = 20


class Subject:
    """A process that is measured, and what was seen of it."""

    def __init__(self, name, pid, refresh=REFRESH_SECONDS, desktop=None):
        self.name, self.pid, self.refresh, self.desktop = name, pid, refresh, desktop
        self.memory = []
        self.files, self.temporary = [], []
        self.first = None

    def sample(self, at):
        """Notes its memory and its files."""
        self.memory.append((at, memory(self.pid)))
        self.files.append(open_files(self.pid))
        if self.desktop:
            self.temporary.append(self.desktop.temporary_files())

    def begin(self):
        """The window begins."""
        self.first = look(self.pid)
        self.files, self.temporary = [], []

    def thread(self, named):
        """What a thread is called; the first has the name of the program, which is that of the copy."""
        name, number = named.rsplit(" ", 1)
        return "main" if int(number) == self.pid else f"{name} {number}" if name == "btm" else name

    def result(self):
        """What it took, from the beginning of the window until now."""
        first, last = self.first, look(self.pid)
        seconds = last["at"] - first["at"]
        wakes, ran = (
            {thread: (count - first[what].get(thread, 0)) / seconds for thread, count in last[what].items()}
            for what in ("wakes", "ran")
        )
        window = [(at, sizes) for at, sizes in self.memory if at >= first["at"]]
        pss, anonymous = ([sizes[kind] for _, sizes in window] for kind in ("pss", "anonymous"))
        return {
            "seconds": seconds,
            "cpu_seconds": last["cpu"] - first["cpu"],
            "cpu_percent": (last["cpu"] - first["cpu"]) / seconds * 100,
            "cpu_milliseconds_a_refresh": (last["cpu"] - first["cpu"]) / seconds * self.refresh * 1000,
            "start_cpu_seconds": first["cpu"],
            "pss": median(pss),
            "pss_peak": max(sizes["pss"] for _, sizes in self.memory),
            "private": median([sizes["private"] for _, sizes in window]),
            "resident_peak": last["most_resident"],
            "switches": sum(wakes.values()) + (last["forced"] - first["forced"]) / seconds,
            "wakes": sum(wakes.values()),
            "wakes_by_thread": {self.thread(thread): rate for thread, rate in wakes.items()},
            "cpu_percent_by_thread": {self.thread(thread): share * 100 for thread, share in ran.items()},
            "threads": len(last["wakes"]),
            "files": fewest(self.files),
            "temporary": fewest(self.temporary) if self.desktop else None,
            "written": last["written"] - first["written"],
            "anonymous": [median(anonymous[:MINUTE]), median(anonymous[-MINUTE:])],
            "growth_an_hour": growth([(at, sizes["anonymous"]) for at, sizes in window[len(window) // 2 :]]) * 3600,
            "refresh": self.refresh,
        }


def fewest(counts):
    """The least of the first half and of the second: what comes and goes (a notification that is shown) is no growth."""
    half = len(counts) // 2
    return [min(counts[:half]), min(counts[half:])]


def growth(points):
    """Bytes a second, of what is of no file: a share (PSS) also grows when somebody else ends. The median of the slopes between
    all pairs (Theil and Sen), which a single step does not bend.
    """
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(points) for b in points[i + 1 :]]
    return statistics.median(slopes) if slopes else 0.0


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

    def home(self, name, environment):
        """An environment with a home of its own."""
        home = self.folder / f"home-{name}"
        home.mkdir()
        xdg = {f"XDG_{what}_HOME": str(home / what.lower()) for what in ("CONFIG", "DATA", "STATE", "CACHE")}
        return {**environment, "HOME": str(home), **xdg}

    def copy(self, program, name):
        """A copy of a program: another file, so that no memory is shared with those who run the other."""
        return Path(shutil.copy(program, self.folder / f"{name}-{Path(program).name}"))

    def add(self, name, process, **more):
        """Measures a process that was started, and ends it with the run."""
        self.stack.callback(end, process)
        # `setsid --ctty` and python3 become what they start; a copy of Loadline is what it is.
        self.subjects.append(Subject(name, process.pid, **more))

    def console(self, desktop):
        """Those without a desktop of their own."""
        plain = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        at_home = desktop.environment
        for name, program in (("watch", "loadline"), ("console", "console")):
            words = [self.copy(self.built[program], name), "watch", "--quiet"]
            self.add(name, start(words, self.home(name, at_home)))
        self.add("psutil", start([PYTHON, HERE / "article.py"], self.home("psutil", plain)))
        glances = [PYTHON, self.built["glances"], "-t", REFRESH_SECONDS, "--disable-check-update"]
        library = {**plain, "PYTHONPATH": python_path(self.built["glances"])}
        self.add("glances", start_in_terminal(glances, self.home("glances", library)))
        self.add("glances --quiet", start([*glances, "--quiet"], self.home("quiet", library)))
        bottom = [self.built["btm"], "--basic", "--rate", REFRESH_SECONDS * 1000]
        self.add("bottom", start_in_terminal(bottom, self.home("bottom", plain)))

    def tray(self, name, trace=None):
        """The tray app on a desktop of its own, and the panel it lives in."""
        desktop = self.desktop(name)
        words = [self.copy(self.built["loadline"], name)]
        if trace:
            words += ["--readings", trace]
        record = (self.folder / f"{name}.bus").open("w")
        self.stack.callback(record.close)
        monitor = processes.subprocess.Popen(["dbus-monitor", "--session", "--profile"], env=desktop.environment, stdout=record)
        self.stack.callback(end, monitor)
        self.add(f"tray {name}", start(words, desktop.environment), desktop=desktop)
        self.monitors[name] = (Path(record.name), *desktop.tray_item())
        self.panel(f"panel {name}", desktop)
        return desktop

    def panel(self, name, desktop):
        """The process of the panel in which tray items are shown."""
        (pid,) = desktop.pids(b"libsystray.so")
        self.subjects.append(Subject(name, pid))

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
        # Short: it holds the socket of a bus.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loadline-", dir="/tmp")))
        alone = {name: memory_alone(built, name, folder) for name in ("watch", "console", "psutil")}
        say(f"whole processes: starting them, for {minutes} minutes")
        everything = Run(stack, folder, built)
        closed = everything.tray("closed")
        everything.console(closed)
        opened = everything.tray("open")
        everything.tray("varied", traces.varied(folder / "varied.csv", minutes + 2))
        everything.tray("flat", traces.flat(folder / "flat.csv", minutes + 2))
        graph = everything.desktop("graph", also="cpugraph")
        (pid,) = wait_until(lambda: graph.pids(b"libcpugraph.so"), 20, "xfce4-cpugraph-plugin")
        everything.subjects.append(Subject("cpugraph", pid, refresh=3))
        everything.panel("panel without Loadline", graph)
        figures = observe(everything, opened, minutes)
    keep("whole", {"minutes": minutes, "alone": alone, **figures})


def observe(everything, opened, minutes):
    """Looks at them for so long, and holds the menu open meanwhile."""
    menu = [processes.PROJECT / "tests/desktop/menu", opened.folder]
    processes.output(*menu)
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


def memory_alone(built, name, folder):
    """What it holds while nothing else of its kind runs, after ten seconds: nothing is shared but with the system."""
    words = {
        "watch": [built["loadline"], "watch", "--quiet"],
        "console": [built["console"], "watch", "--quiet"],
        "psutil": [PYTHON, HERE / "article.py"],
    }[name]
    process = start(words, {"PATH": os.environ["PATH"], "HOME": str(folder / "alone"), "LC_ALL": "C.UTF-8"})
    try:
        time.sleep(10)
        return memory_by_kind(process.pid)
    finally:
        end(process)
