"""Measures what Loadline costs beside other monitors. Started by tests/bench/run, which builds the programs to measure.

Both figures of a ratio come from one run. Counts are the difference of two runs of different length, which leaves the start out.
CPU time is the kernel's clock of a process, memory is PSS, times are medians. Processes that run side by side run copies of
their programs: a shared file would make each look smaller.

Each part returns its tables, with their heads as keys. In RESULTS.md and in the manual, the rows below the same head are
replaced, and all other text stays.
"""

import argparse
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[2]
RESULTS, MANUAL = PROJECT / "tests/bench/RESULTS.md", PROJECT / "resources/manual/costs.md"
FOLDER = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target")) / "bench"
PYTHON = "/usr/bin/python3"  # the system's, which has the system's psutil
DISK = "/var/tmp"  # where /tmp is in memory, writing to it costs nothing
REFRESH_SECONDS, SAMPLE_SECONDS = 2, 5
# The history is written for the first times meanwhile, and everything that a program does has been done.
WARM_UP_SECONDS = 240
MINUTE = 60 // SAMPLE_SECONDS  # in samples
GOALS, COSTS = "| goal | measured |  |", "| every 2 s | CPU, of a core | memory |"
SUBJECTS = {
    "console": "`watch --quiet`, built without the menu bar",
    "watch": "`watch --quiet`",
    "tray flat": "tray app, nothing changes (without sampling)",
    "tray closed": "tray app, this machine",
    "tray open": "tray app, this machine, its menu held open",
    "tray varied": "tray app, a real varied trace (without sampling)",
    "tray numbers": "tray app, its icon as numbers that change at every reading (without sampling)",
    "psutil": "psutil script",
    "bottom": "bottom (`btm --basic`)",
    "glances --quiet": "glances, showing nothing",
    "glances": "glances",
    "cpugraph": "xfce4-cpugraph-plugin, every 3 s",
}
# The script that articles show for this.
ARTICLE = """
import time, psutil
psutil.cpu_percent()
while True:
    time.sleep(2)
    for name, percent in ("CPU", psutil.cpu_percent()), ("memory", psutil.virtual_memory().percent):
        if percent > 80:
            print(f"{name} is at {percent}%", flush=True)
"""
# The counterpart of reading.rs, with the same pause and arguments.
PSUTIL_READING = """
import json, sys, time, psutil
def psutil_reading():
    cpu, memory = psutil.cpu_percent(), psutil.virtual_memory().percent
    if cpu > 100 or memory > 100:
        print("above", cpu, memory)
way, count, micros = {"nothing": lambda: None, "psutil": psutil_reading}[sys.argv[1]], int(sys.argv[2]), []
way()
for _ in range(count):
    time.sleep(0.205)
    begin = time.perf_counter()
    way()
    micros.append((time.perf_counter() - begin) * 1e6)
print(json.dumps({"microseconds": sorted(micros)[count // 2]}))
"""
# The counterpart of a look at the applications: the same facts of every process.
PSUTIL_LOOK = """
import sys, time, psutil
facts = ["pid", "ppid", "name", "create_time", "cpu_times", "memory_info"]
for _ in range(1 + int(sys.argv[1])):
    time.sleep(0.205)
    found = [process.info for process in psutil.process_iter(facts)]
"""
PS_LOOK = ["ps", "-eo", "pid,ppid,comm,lstart,cputimes,rss"]


def say(text):
    """Prints progress with the time of day: a whole run takes long."""
    print(f"tests/bench: {datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def output(*words, **options):
    """Returns what a command prints; raises with the end of its errors when it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} failed ({done.returncode}): {done.stderr[-600:]}")
    return done.stdout


def wait_until(condition, what, seconds=20):
    """Returns the first true value of `condition`; raises when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise RuntimeError(f"waited {seconds} s for {what}")


def megabytes(size, digits=1):
    """A size in MiB."""
    return f"{size / 2**20:.{digits}f} MB"


def goal(text, figure, is_met):
    """A row of the goals."""
    return [text, figure, "met" if is_met else "**missed**"]


def numbers(path):
    """The numbers of a file of `name: number` lines."""
    return {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+)", Path(path).read_text(), re.M)}


def memory(pid):
    """Bytes of a process: its share of all memory (PSS), what it alone has, and what is of no file (heap, stacks)."""
    sizes = {name: kilobytes * 1024 for name, kilobytes in numbers(f"/proc/{pid}/smaps_rollup").items()}
    return {"pss": sizes["Pss"], "private": sizes["Private_Clean"] + sizes["Private_Dirty"], "anonymous": sizes["Anonymous"]}


def memory_by_kind(pid):
    """PSS in bytes: of all, of the program's own file, of libraries and other files, and of no file."""
    program, kind, sizes = os.readlink(f"/proc/{pid}/exe"), "", {"pss": 0, "program": 0, "libraries": 0, "anonymous": 0}
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if mapping := re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)", line):
            kind = "program" if mapping[1] == program else "libraries" if mapping[1].startswith("/") else "anonymous"
        elif line.startswith("Pss:"):
            for name in ("pss", kind):
                sizes[name] += int(line.split()[1]) * 1024
    return sizes


def look(pid):
    """The counters of a process now; of its threads by name, which several may share."""
    wakes, switches, ran = Counter(), Counter(), Counter()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # A thread may have just ended.
            name = "main" if task.name == str(pid) else (task / "comm").read_text().strip()
            status, schedule = numbers(task / "status"), (task / "schedstat").read_text().split()
            wakes[name] += status["voluntary_ctxt_switches"]
            switches[name] += status["voluntary_ctxt_switches"] + status["nonvoluntary_ctxt_switches"]
            ran[name] += int(schedule[0]) / 1e7  # in hundredths of a second: a second of them is a percentage
    # The clock of a process with all its threads, ended ones included: CPUCLOCK_SCHED of the kernel's posix-timers_types.h.
    cpu, written = time.clock_gettime((~pid << 3) | 2), numbers(f"/proc/{pid}/io")["write_bytes"]
    return {"at": time.monotonic(), "cpu": cpu, "written": written, "wakes": wakes, "switches": switches, "percents": ran}


def took(before, after, samples):
    """What a process took between two looks at it, a second; the first of the `samples` of its memory is from before."""
    seconds = after["at"] - before["at"]
    one = {what: after[what] - before[what] for what in ("cpu", "written")}
    for what in ("wakes", "switches", "percents"):
        one[what] = Counter({name: count / seconds for name, count in (after[what] - before[what]).items()})
    sizes = {what: median(sample[what] for sample in samples[1:]) for what in ("pss", "private")}
    peak = max(sample["pss"] for sample in samples)
    return {**one, **sizes, "peak": peak, "percent": one["cpu"] / seconds * 100, "start": before["cpu"], "seconds": seconds}


def collect(stream, lines):
    """Adds each line that comes, with its time, to `lines`, in the background."""
    threading.Thread(target=lambda: lines.extend((time.time(), line) for line in stream), daemon=True).start()


class Session(ExitStack):
    """A scratch folder on the disk, and the processes that are started here: all end with the `with`."""

    def __enter__(self):
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="loadline-", dir=DISK)))
        return super().__enter__()

    def new_folder(self):
        """A new folder, of a short path: it may hold the socket of a bus."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def trace(self, rows):
        """Writes a trace of rows `CPU,memory`."""
        path = self.new_folder() / "trace.csv"
        path.write_text("time,cpu,memory\n" + "".join(f"{index * REFRESH_SECONDS},{row}\n" for index, row in enumerate(rows)))
        return path

    def environment(self, of=None):
        """Variables with a home of its own; beside that those of `of`, or hardly any."""
        home = self.new_folder()
        xdg = {f"XDG_{what}_HOME": str(home / what.lower()) for what in ("CONFIG", "DATA", "STATE", "CACHE")}
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **(of or {}), "HOME": str(home), **xdg}

    def start(self, words, environment, **streams):
        """Starts a process; its streams are closed where they are not given."""
        streams = {**dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL), **streams}
        process = subprocess.Popen([str(word) for word in words], env=environment, text=True, **streams)

        def end():
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()

        self.callback(end)
        return process

    def start_copy(self, words, environment, has_terminal=False):
        """Starts a copy of a program; in a terminal of 120 by 40, its output is read and thrown away."""
        words = [shutil.copy(words[0], self.new_folder()), *words[1:]]
        if not has_terminal:
            return self.start(words, environment)
        ours, theirs = pty.openpty()
        subprocess.run(["stty", "columns", "120", "rows", "40"], stdin=theirs, check=True)
        # `setsid --ctty` makes this the terminal of a new session, and becomes the program.
        words, environment = ["setsid", "--ctty", *words], {**environment, "TERM": "xterm-256color"}
        process = self.start(words, environment, stdin=theirs, stdout=theirs, stderr=theirs)
        self.start(["cat"], os.environ, stdin=ours)
        os.close(theirs)
        os.close(ours)
        return process

    def start_program(self, built, name, of=None):
        """Starts one of the compared programs that need no desktop, with the variables of `of`: returns its process."""
        # Python that is started apart from its surroundings (-I) is told in its program where else to look.
        modules = str(built["glances"].parents[1] / "lib/python3/dist-packages")
        path, script = f"import runpy, sys; sys.path.insert(0, {modules!r})", str(built["glances"])
        begin = f"{path}; runpy.run_path({script!r}, run_name='__main__')"
        glances = [PYTHON, "-I", "-c", begin, "-t", REFRESH_SECONDS, "--disable-check-update"]
        words, own, has_terminal = {
            "console": ([built["console"], "watch", "--quiet"], {}, False),
            "watch": ([built["loadline"], "watch", "--quiet"], {}, False),
            "psutil": ([PYTHON, "-I", "-c", ARTICLE], {}, False),
            "bottom": ([built["btm"], "--basic", "--rate", REFRESH_SECONDS * 1000], {}, True),
            "glances": (glances, {}, True),
            "glances --quiet": ([*glances, "--quiet"], {}, False),
        }[name]
        return self.start_copy(words, {**self.environment(of), **own}, has_terminal).pid


class Desktop:
    """A headless desktop of its own, by tests/desktop/start: an X server, a session bus, Xfce's panel, dunst."""

    def __init__(self, session, also=""):
        self.session, self.folder, self.lines = session, session.new_folder(), []
        log = self.folder.with_suffix(".log")
        with log.open("w") as said:  # Its processes keep this open: it cannot be a pipe.
            options = {"env": {**os.environ, "PANEL": "xfce4", "ALSO": also}, "stdout": said, "stderr": said}
            if subprocess.run([PROJECT / "tests/desktop/start", self.folder], check=False, **options).returncode != 0:
                raise RuntimeError(f"no desktop: {log.read_text()[-600:]}")
        session.callback(output, PROJECT / "tests/desktop/stop", self.folder)
        lines = output("bash", "-c", '. "$1/env"; env -0', "_", self.folder).split("\0")
        self.environment = dict(line.split("=", 1) for line in lines if line)

    def record(self, *rules):
        """Records the messages on its bus from now on."""
        words = ["dbus-monitor", "--session", *rules]
        collect(self.session.start(words, self.environment, stdout=subprocess.PIPE).stdout, self.lines)
        wait_until(lambda: self.lines, "dbus-monitor")

    def when(self, pattern, since, begin=0.0):
        """The time of the first message with this pattern, from line `since` and time `begin` on. Waits for it."""

        def find():
            at = 0.0
            for _, line in self.lines[since:]:
                header = re.match(r"\S.* time=([\d.]+) ", line)
                at = float(header[1]) if header else at
                if at > begin and re.search(pattern, line):
                    return at
            return None

        return wait_until(find, f"'{pattern}' on the bus")

    def call(self, service, path, method, *arguments):
        """What a method on its bus returns."""
        where = ["--dest", service, "--object-path", path, "--method", method]
        return output("gdbus", "call", "--session", *where, *arguments, env=self.environment)

    def start_tray(self, program, *words):
        """Starts Loadline, and waits for its tray item: returns its process, name on the bus, and path."""
        process = self.session.start_copy([program, *words], self.environment)

        def find():
            watcher, of = "org.kde.StatusNotifierWatcher", "org.freedesktop.DBus.Properties.Get"
            items = self.call(watcher, "/StatusNotifierWatcher", of, watcher, "RegisteredStatusNotifierItems")
            return re.search(r"'(:[\d.]+)(/[^']+)'", items)

        return process.pid, *wait_until(find, "a tray item").groups()

    def plugin_pid(self, library):
        """The process of the panel that runs this plugin. Waits for it."""

        def find():
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):  # It may have just ended.
                    is_here = f"LOADLINE_DESKTOP={self.folder}".encode() in (process / "environ").read_bytes()
                    if is_here and library in (process / "cmdline").read_text():
                        return int(process.name)
            return None

        return wait_until(find, f"the panel's {library}")


def real_rows(count, begin=0):
    """So many readings of a real day, again and again."""
    rows = [line.split(",", 1)[1] for line in (PROJECT / "tests/traces/a-varied-day.csv").read_text().splitlines()[1:]]
    return [rows[(begin + index) % len(rows)] for index in range(count)]


def changing_rows(count):
    """So many readings of which each shows other numbers than the one before, below both thresholds."""
    return [f"{20 + index % 50},{30 + index * 7 % 40}" for index in range(count)]


FEW, MANY = 30, 90  # readings: multiples of thirty, for the history is written once in thirty
COUNTERS = {
    "instructions": (["valgrind", "--tool=callgrind", "--callgrind-out-file={}"], r"^(?:summary|totals): (\d+)"),
    "calls": (["strace", "-c", "-f", "-o", "{}"], r"^100\.00 +\S+ +\d+ +(\d+).* total$"),
}
WAYS = {
    "floor": "the limit: two files kept open, read by hand",
    "sysinfo": "sysinfo alone",
    "sampler": "Loadline's sampler",
    "engine": "Loadline's engine, and the view of what it shows",
    "tick": "a whole tick: sampled, decided, compared with what is shown",
    "kept": "the same with the history, written once in thirty readings",
    "watch": "the program `loadline watch --quiet` without the history, threads and wake-ups included",
    "psutil": "the psutil script",
}


def reading(built, _):
    """One reading, each way of taking it. What the same loop takes without a reading is taken off.

    Some run at the same time: each rests 205 ms between two readings (sysinfo reads the CPU no sooner), so that they do not
    meet, and caches are as cold as in life.
    """
    ways = {way: [built["reading"], way] for way in ("nothing", *WAYS) if way not in ("watch", "psutil")}
    ways |= {"psutil": [PYTHON, "-I", "-c", PSUTIL_READING, "psutil"], "python": [PYTHON, "-I", "-c", PSUTIL_READING, "nothing"]}
    counts, runs = {}, {}
    with Session() as session, ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        disk = {**os.environ, "TMPDIR": DISK}
        times, begun = ({way: pool.submit(output, *words, n, env=disk) for way, words in ways.items()} for n in (100, FEW))
        times, begun = ({way: json.loads(run.result()) for way, run in runs.items()} for runs in (times, begun))
        for way in (way for way in times if "allocations" in times[way]):  # of the difference: the start may allocate
            more = 100 * times[way]["allocations"] - FEW * begun[way]["allocations"]
            times[way]["allocations"] = more / (100 - FEW)
        rules = ["--every", "250ms", "--cpu", "100", "--memory", "100"]
        ways["watch"] = [built["console"], "watch", "--quiet", *rules, "--samples"]
        settings = session.folder / "settings.json"
        settings.write_text('{"version": 1, "history": false}')  # When that is written depends on the disk.
        own = {"LOADLINE_SETTINGS": str(settings), "TMPDIR": DISK}
        for what, way, n in ((what, way, n) for what in COUNTERS for way in ways for n in (FEW, MANY)):
            out = session.folder / f"{what}.{way}.{n}"
            words = [word.format(out) for word in COUNTERS[what][0]] + ways[way]
            runs[what, way, n] = out, pool.submit(output, *words, n, env={**session.environment(), **own})
        for (what, way, n), (out, run) in runs.items():
            run.result()
            counts[what, way, n] = int(re.search(COUNTERS[what][1], out.read_text(), re.M)[1])

    def each(what, way):
        idle = {"psutil": "python", "watch": None, "python": None, "nothing": None}.get(way, "nothing")
        return (counts[what, way, MANY] - counts[what, way, FEW]) / (MANY - FEW) - (each(what, idle) if idle else 0)

    def row(way):
        known = [f"{times[way][of]:.1f}" if of in times.get(way, ()) else "" for of in ("allocations", "microseconds")]
        shares = [f"{cost[way] / cost['sysinfo']:.2f}", f"{cost[way] / cost['psutil']:.3f}"]
        return [WAYS[way], f"{cost[way]:,.0f}", *shares, f"{each('calls', way):.1f}", *known]

    cost = {way: each("instructions", way) for way in WAYS}
    instructions, calls, allocations = cost["tick"], each("calls", "tick"), times["tick"]["allocations"]
    return {
        "| one reading | instructions | of sysinfo's | of psutil's | system calls | allocations | µs |": list(map(row, WAYS)),
        GOALS: [
            goal("a whole tick takes at most 12,000 instructions", f"{instructions:,.0f}", instructions <= 12_000),
            goal("a whole tick takes at most 4 system calls", f"{calls:.1f}", calls <= 4),
            goal("a whole tick allocates nothing", f"{allocations:.2f} allocations", f"{allocations:.2f}" == "0.00"),
        ],
    }


PROCESSES, LOOK_SECONDS = 300, 300


def looks(built, options):
    """One look at the applications, beside `ps` and psutil: the CPU time of the difference of two runs, on an idle machine's
    number of processes. Each program runs alone.
    """

    def spent(ways):
        before = os.times()
        for words in ways:
            output(*words)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    def milliseconds(words_of):
        few, many = 5, 5 + 300 // options.divisor
        return (spent(words_of(many)) - spent(words_of(few))) / (many - few) * 1000

    with Session() as session:
        there = len(list(Path("/proc").glob("[0-9]*")))
        for _ in range(PROCESSES - there):
            session.start(["sleep", "3600"], {})
        count = len(list(Path("/proc").glob("[0-9]*")))
        ways = {
            "Loadline, compared with the look before": lambda n: [[built["reading"], "look", n]],
            "`ps`": lambda n: [PS_LOOK] * n,
            "psutil, `process_iter`": lambda n: [[PYTHON, "-I", "-c", PSUTIL_LOOK, n]],
        }
        took_ms = {name: milliseconds(words_of) for name, words_of in ways.items()}
        allocations = json.loads(output(built["reading"], "look", 5))["allocations"]
    ours, psutil = next(iter(took_ms.values())), list(took_ms.values())[-1]
    share = ours / count * PROCESSES / (LOOK_SECONDS * 1000) * 100
    known = [f"{allocations:.0f}", "", ""]
    rows = [
        [name, f"{ms:.1f} ms", f"{ms / count * 1000:.1f} µs", f"{ms / psutil:.2f}", allocated]
        for (name, ms), allocated in zip(took_ms.items(), known)
    ]
    return {
        "| one look at 300 processes | CPU time | of each process | of psutil's | allocations |": rows,
        GOALS: [
            goal("a look every five minutes takes at most 0.003 % of a core with 300 processes", f"{share:.4f} %", share <= 0.003)
        ],
    }


def start(built, options):
    """From the start of a process to its item in the tray, to the first percentage on the bus, or to its first line."""
    item, shown = "tray app: the item is registered with the panel", "tray app: the first percentage on the bus"
    consoles = {"`watch`: the first line": "loadline", "`watch` without the menu bar: the first line": "console"}
    times = {label: [] for label in (item, shown, *consoles)}
    with Session() as session:
        desktop = Desktop(session)
        desktop.record()
        for _ in range(20 // options.divisor):
            with Session() as one:
                since, begin = len(desktop.lines), time.time()
                one.start([built["loadline"]], desktop.environment)
                for label, pattern in ((item, "member=RegisterStatusNotifierItem"), (shown, r"CPU +\d+%")):
                    times[label].append((desktop.when(pattern, since, begin) - begin) * 1000)
            for label, program in consoles.items():
                with Session() as one:
                    begin = time.time()
                    line = one.start([built[program], "watch"], desktop.environment, stdout=subprocess.PIPE).stdout.readline()
                    times[label].append((time.time() - begin) * 1000)
                    assert re.search(r"\d+%", line), line
    slowest = max(max(values) for label, values in times.items() if label != item)
    goals = [goal("the first percentage is there within 300 ms (the slowest start)", f"{slowest:.0f} ms", slowest <= 300)]
    rows = [[label, f"{median(values):.0f} ms", f"{max(values):.0f} ms"] for label, values in times.items()]
    return {"|  | median | most |": rows, GOALS: goals}


def crossing(built, options):
    """From a crossed threshold to the notification on the bus, and to the line on stdout."""
    alerts, watch = 200 // options.divisor, [built["loadline"], "watch", "--quiet", "--json"]
    with Session() as session:
        desktop = Desktop(session)
        desktop.record("interface='org.freedesktop.Notifications',member='Notify'")
        tray, _ = from_trace([built["loadline"]], desktop, alerts)
        notified, printed = from_trace(watch, desktop, alerts)
        live = [from_load(watch, desktop) for _ in range(20 // options.divisor)]
    times = {"tray app: `Notify` on the bus": tray, "`watch`: `Notify` on the bus": notified, "`watch --json`: the line": printed}
    times["`watch` under a real load, the processes named: `Notify`"] = live
    p99 = [sorted(values)[-(-len(values) * 99 // 100) - 1] for values in times.values()]  # nearest rank
    rows = [[label, f"{median(ms):.1f} ms", f"{most:.1f} ms", str(len(ms))] for (label, ms), most in zip(times.items(), p99)]
    slowest, loaded = max(p99[:2]), p99[3]
    return {
        "|  | median | 99 % | alerts |": rows,
        GOALS: [
            goal("from a crossing to its notification in under 20 ms (99 of 100)", f"{slowest:.1f} ms", slowest < 20),
            goal("the same of a real load, with the processes named", f"{loaded:.1f} ms", loaded < 20),
        ],
    }


def from_trace(words, desktop, alerts):
    """Milliseconds to `Notify`, and to the line, of so many alerts on readings that come through a pipe.

    An hour passes between rows, for Loadline notifies three times an hour at most.
    """
    lines, notified, printed = [], [], []
    with Session() as session:
        settings, pipe = session.folder / "settings.json", session.folder / "readings"
        rule = {"cpu": {"above_percent": 80}, "memory": {"above_percent": "off"}, "after": "0s", "cooldown": "0s"}
        settings.write_text(json.dumps({"version": 1, "alerts": rule}))
        os.mkfifo(pipe)
        # Open for reading here too: so opening it waits for nothing.
        rows = session.enter_context(os.fdopen(os.open(pipe, os.O_RDWR), "w", buffering=1))
        words = [*words, "--readings", pipe, "--speed", "max", "--every", "1h", "--settings", settings]
        collect(session.start(words, desktop.environment, stdout=subprocess.PIPE).stdout, lines)
        rows.write("time,cpu,memory\n0,10,50\n")
        for index in range(alerts + 5):
            since, heard, begin = len(desktop.lines), len(lines), time.time()
            rows.write(f"{(2 * index + 1) * 3600},95,50\n")
            notified.append((desktop.when('string "Above', since, begin) - begin) * 1000)
            if "--json" in words:
                wait_until(lambda heard=heard: len(lines) > heard, "the line of an alert")
                printed.append((lines[heard][0] - begin) * 1000)
            since = len(desktop.lines)
            rows.write(f"{(2 * index + 2) * 3600},10,50\n")
            desktop.when("member=Notify", since)
    return notified[5:], printed[5:]  # The first ones look for the notification service.


def from_load(words, desktop):
    """Milliseconds to `Notify` of one alert on a real load, its processes named: a look at them takes a second, and is over."""
    since, words = len(desktop.lines), [*words, "--cpu", "1", "--memory", "off", "--after", "2s", "--every", "250ms"]
    with Session() as session:
        for _ in range(os.cpu_count() // 50 + 1):  # One is more than 1 % of fifty processors.
            session.start([PYTHON, "-I", "-c", "while True: pass"], os.environ)
        alert = json.loads(session.start(words, desktop.environment, stdout=subprocess.PIPE).stdout.readline())
        at = desktop.when('string "Above', since)
    assert alert["type"] == "alert" and alert["processes"], alert
    return (at - datetime.fromisoformat(alert["at"]).timestamp()) * 1000


MACHINES, ROUNDS, PUSH_SECONDS, MEASURED_PUSH_SECONDS = 10_000, 5, 60, 5


def start_prometheus(session, built):
    """Starts a Prometheus that takes pushes; returns its process and its address."""
    folder, lines = session.new_folder(), []
    (folder / "prometheus.yml").write_text("global: {}\n")
    options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.enable-remote-write-receiver"]
    words = ["env", "-C", folder, built["prometheus"], *options, "--web.listen-address=127.0.0.1:0"]
    process = session.start(words, os.environ, stderr=subprocess.PIPE)
    collect(process.stderr, lines)

    def address():
        said = "".join(line for _, line in lines)
        ready = "Server is ready to receive web requests" in said
        return ready and re.search(r'msg="?Listening on"? .*?address=(127\.0\.0\.1:\d+)', said)

    address = wait_until(address, "Prometheus", 60)[1]
    return process.pid, address


def values_of(address, expression):
    """What a Prometheus answers to a query."""
    question = f"http://{address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # Not by a proxy of the environment.
    with direct.open(question, timeout=20) as answer:
        return json.load(answer)["data"]["result"]


def fleet(built, options):
    """Many machines that push to one Prometheus as fast as it takes them, and the cost of pushing on a machine: the difference
    of two programs side by side, of which one pushes twelve times as often as by default.
    """
    machines = MACHINES // options.divisor
    with Session() as session:
        server, address = start_prometheus(session, built)
        before = look(server)
        pushed = json.loads(output(built["reading"], "pushes", address, machines, ROUNDS))
        took_by_server, held_by_server = look(server)["cpu"] - before["cpu"], memory(server)["pss"]
    with Session() as session:
        _, address = start_prometheus(session, built)
        settings = session.new_folder() / "settings.json"
        push = {"url": f"http://{address}/api/v1/write", "every": f"{MEASURED_PUSH_SECONDS}s"}
        settings.write_text(json.dumps({"version": 1, "metrics": {"push": push}}))
        watch = [built["console"], "watch", "--quiet"]
        pids = [session.start_copy([*watch, *more], session.environment()).pid for more in (["--settings", settings], [])]
        time.sleep(WARM_UP_SECONDS // options.divisor)
        before, samples = list(map(look, pids)), []
        for _ in range(max(2, round(options.minutes * MINUTE))):
            time.sleep(SAMPLE_SECONDS)
            samples.append([memory(pid) for pid in pids])
        pushing, quiet = (took(*looks, sizes) for looks, sizes in zip(zip(before, map(look, pids)), zip(*samples)))
        taken = values_of(address, "loadline_cpu_usage_ratio")
    assert taken, "the server has no value of the machine"
    pushes = pushing["seconds"] / MEASURED_PUSH_SECONDS
    share = (pushing["cpu"] - quiet["cpu"]) / pushes / PUSH_SECONDS * 100
    half = len(samples) // 2
    most = [[max(sample[index]["anonymous"] for sample in part) for part in (samples[:half], samples[half:])] for index in (0, 1)]
    growth = (most[0][1] - most[0][0]) - (most[1][1] - most[1][0])  # beyond that of the other
    each_ms = took_by_server / pushed["pushes"] * 1000
    load = each_ms / 1000 * machines / PUSH_SECONDS * 100
    row = [f"{machines:,} machines, {ROUNDS} rounds", f"{pushed['pushes'] / pushed['seconds']:,.0f}"]
    row += [f"{pushed['bytes'] / pushed['pushes']:,.0f}", f"{each_ms:.2f} ms", f"{load:.0f} %", megabytes(held_by_server, 0)]
    cost = [f"one push in {PUSH_SECONDS} s", f"{share:.4f} %", megabytes(pushing["pss"] - quiet["pss"]), f"{growth:,} bytes"]
    return {
        "| to one Prometheus | pushes/s | bytes | its CPU time each | its CPU, one each minute | its memory |": [row],
        "| on the machine that pushes | CPU, of a core | memory | growth beyond the other's |": [cost],
        GOALS: [
            goal("a push each minute takes at most 0.002 % of a core of the machine", f"{share:.4f} %", share <= 0.002),
            goal("pushing makes no memory grow", f"{growth:,} bytes", growth <= 0),
        ],
    }


def size(built, _):
    """Replay of a million readings, and the programs' sizes."""
    count, seconds = 1_000_000, []
    with Session() as session:
        path = session.trace(real_rows(count))
        for _ in range(3):
            begin = time.monotonic()
            output(built["loadline"], "replay", path)
            seconds.append(time.monotonic() - begin)
    ours, console = (os.path.getsize(built[name]) / 1e6 for name in ("loadline", "console"))
    rows = [["replay: readings a second of a real day through the rules", f"{count / median(seconds):,.0f}"]]
    rows += [["program", f"{ours:.1f} million bytes"], ["program without the menu bar", f"{console:.1f} million bytes"]]
    return {"|  |  |": rows, GOALS: [goal("the program has at most 5.2 million bytes", rows[1][1], ours <= 5.2)]}


def build(*_):
    """Builds the released programs into an empty folder; dependencies are fetched already."""
    cargo, rows = Path(os.environ["CARGO"]), []
    own_compiler_first = {**os.environ, "PATH": f"{cargo.parent}:{os.environ['PATH']}"}
    for label, options in (("program", []), ("program without the menu bar", ["--no-default-features"])):
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            words = [cargo, "build", "--release", "--locked", "--bin", "loadline", "--target-dir", folder, *options]
            begin = time.monotonic()
            output(*words, cwd=PROJECT, env=own_compiler_first)
            rows.append([label, f"{time.monotonic() - begin:.0f} s", f"{datetime.now():%Y-%m-%d}"])
    return {"| built from nothing | time | on |": rows}


def day(built, options):
    """Growth of the tray app and of the panel it lives in, in a day of real readings, 72 times as fast.

    The first tenth is left out: until then everything was done once. Of memory the medians of a minute at the beginning and of
    one at the end; of files the fewest of each half, for a shown notification has a connection to the bus.
    """
    count, speed, samples = 24 * 3600 // REFRESH_SECONDS // options.divisor, 72, []
    with Session() as session:
        desktop = Desktop(session)
        words = ["--readings", session.trace(real_rows(count)), "--speed", speed]
        pids = desktop.start_tray(built["loadline"], *words)[0], desktop.plugin_pid("libsystray.so")
        for _ in range(count * REFRESH_SECONDS // speed // SAMPLE_SECONDS - 2):
            time.sleep(SAMPLE_SECONDS)
            found = (file for part in ("tmp", "run") for _, _, files in os.walk(desktop.folder / part) for file in files)
            # The pictures of the icon are used again; there are at most a hundred.
            temporary = sum(not file.endswith(".png") for file in found)
            samples.append([*(memory(pid)["anonymous"] for pid in pids), len(os.listdir(f"/proc/{pids[0]}/fd")), temporary])
    *sizes, files, left = zip(*samples[len(samples) // 10 :])
    half, days = len(files) // 2, count * REFRESH_SECONDS / 86400 * 0.9
    sizes = [(median(held[:MINUTE]), median(held[-MINUTE:])) for held in sizes]
    counts = [(min(held[:half]), min(held[half:])) for held in (files, left)]
    app, panel, files, left = (end - begin for begin, end in sizes + counts)
    app, panel = app / 2**20 / days / 24, panel / 2**20 / days
    texts = [[megabytes(size, 2) for size in pair] for pair in sizes] + [[str(number) for number in pair] for pair in counts]
    labels = ["tray app, memory of no file", "panel, memory of no file", "tray app, open files", "temporary files but the icon's"]
    return {
        "|  | begun | ended |": [[label, *text] for label, text in zip(labels, texts)],
        GOALS: [
            goal("it grows by less than 0.5 MB an hour", f"{app:+.3f} MB an hour of readings", app < 0.5),
            goal("it opens no file that it does not close", f"{files:+d} open files", files <= 0),
            goal("it leaves no temporary file", f"{left:+d} files", left <= 0),
            goal("the panel it lives in grows by less than 1 MB a day", f"{panel:+.2f} MB", panel < 1),
        ],
    }


def alone(built):
    """The memory of each after ten seconds, while no other runs: what it shares, it shares with the system only."""
    held = {}
    for name in ("console", "watch", "tray closed", "psutil", "bottom", "glances", "cpugraph"):
        with Session() as session:
            if name == "tray closed":
                pid = Desktop(session).start_tray(built["loadline"])[0]
            elif name == "cpugraph":
                pid = Desktop(session, "cpugraph").plugin_pid("libcpugraph.so")
            else:
                pid = session.start_program(built, name)
            time.sleep(10)
            held[name] = memory_by_kind(pid)
    return held


def side_by_side(built, minutes):
    """Whole processes, all at the same time, from half a minute after the start: what each took, and the tray's signals."""
    pids, trays, signals, count = {}, {}, {}, int((minutes + 2) * 60 / REFRESH_SECONDS)
    with Session() as session:
        # The varied one begins where the shown percentages change most often.
        traces = {"closed": None, "open": None, "varied": real_rows(count, 3210), "flat": ["23,61"] * count}
        traces["numbers"] = changing_rows(count)
        for name, rows in traces.items():
            desktop = Desktop(session)
            desktop.record("type='signal'")
            words = ["--readings", session.trace(rows)] if rows else []
            if name == "numbers":  # As set, whatever the panel shows by default.
                settings = desktop.folder / "numbers.json"
                settings.write_text('{"version": 1, "menu_bar": {"icon": "numbers"}}')
                words += ["--settings", settings]
            pids[f"tray {name}"], *item = desktop.start_tray(built["loadline"], *words)
            pids[f"panel {name}"] = desktop.plugin_pid("libsystray.so")
            trays[name] = (desktop, *item)
        for name in ("console", "watch", "psutil", "bottom", "glances", "glances --quiet"):
            # Loadline notifies on the first of these desktops; the others need none.
            of = trays["closed"][0].environment if name in ("console", "watch") else None
            pids[name] = session.start_program(built, name, of)
        graph = Desktop(session, "cpugraph")
        pids["cpugraph"], pids["panel no item"] = map(graph.plugin_pid, ("libcpugraph.so", "libsystray.so"))
        output(PROJECT / "tests/desktop/menu", trays["open"][0].folder)
        samples = {name: [memory(pid)] for name, pid in pids.items()}
        time.sleep(30)
        since = {name: len(desktop.lines) for name, (desktop, _, _) in trays.items()}
        before = {name: look(pid) for name, pid in pids.items()}
        for index in range(int(minutes * 60 / SAMPLE_SECONDS)):
            if index % 4 == 0:  # Loadline counts its menu as open for half a minute after each sign of it.
                desktop, sender, path = trays["open"]
                desktop.call(sender, f"{path}/Menu", "com.canonical.dbusmenu.AboutToShow", "0")
            time.sleep(SAMPLE_SECONDS)
            for name, pid in pids.items():
                samples[name].append(memory(pid))
        for name, (desktop, sender, _) in trays.items():
            sent = rf"signal .*sender={re.escape(sender)} .*member=(\w+)"
            signals[name] = Counter(found[1] for _, line in desktop.lines[since[name] :] if (found := re.match(sent, line)))
        of = {name: took(before[name], look(pid), samples[name]) for name, pid in pids.items()}
        threads = {name: str(len(os.listdir(f"/proc/{pid}/task"))) for name, pid in pids.items()}
    return of, threads, signals


def whole(built, options):
    """Whole processes: side by side, and the memory of each alone."""
    held, (of, threads, signals) = alone(built), side_by_side(built, options.minutes)
    script, here, shown = of["psutil"], of["tray closed"], of["tray varied"]

    def row(name):
        one = of[name]
        cpu = [f"{one['cpu']:.2f}", f"{one['percent']:.3f} %", f"{one['cpu'] / script['cpu']:.2f}"]
        sizes = [*(f"{one[size] / 2**20:.1f}" for size in ("pss", "peak", "private")), f"{one['pss'] / script['pss']:.2f}"]
        rest = [f"{one['switches'].total():.1f}", threads[name], f"{one['written'] / 1024:,.0f}", f"{one['start']:.2f}"]
        return [SUBJECTS[name], *cpu, *sizes, *rest]

    def by_thread(name):
        ranked = [(thread, share) for thread, share in of[name]["percents"].most_common() if share >= 0.00005]
        return [[SUBJECTS[name], thread, f"{share:.4f} %", f"{of[name]['wakes'][thread]:.2f}"] for thread, share in ranked]

    def sent(name):
        kinds = ("XAyatanaNewLabel", "NewTitle", "NewIcon", "ItemsPropertiesUpdated", "LayoutUpdated")
        rates = [f"{signals[name][kind] * REFRESH_SECONDS / of[f'tray {name}']['seconds']:.2f}" for kind in kinds]
        return [SUBJECTS[f"tray {name}"], *rates]

    panels = {"no item": "no item", "nothing changes": "flat", "this machine": "closed"}
    panels |= {"this machine, menu open": "open", "a real varied trace": "varied"}
    panels |= {"numbers that change at every reading": "numbers"}
    panels = [(label, of[f"panel {name}"]) for label, name in panels.items()]
    # A trace is read, not recorded: sampling and history are added, as they are on this machine.
    varied = shown["percent"] - shown["percents"]["sampler"] + here["percents"]["sampler"] + here["percents"]["history"]
    glib = ("gdbus", "gmain", "dconf worker", "pool-")  # They wake up for the desktop's sake.
    wakes, flat = sum(rate for name, rate in here["wakes"].items() if not name.startswith(glib)), signals["flat"].total()
    share, part = of["console"]["cpu"] / script["cpu"], held["console"]["pss"] / held["psutil"]["pss"]
    tray = here["percent"]
    detailed = ("console", "watch", "tray closed", "tray varied")
    return {
        COSTS: [[SUBJECTS[name], f"{of[name]['percent']:.3f} %", megabytes(sizes["pss"])] for name, sizes in held.items()],
        "|  | CPU s | of a core | of psutil's | PSS MB | peak | private | of psutil's | switches/s | threads | KB written "
        "| CPU s to start |": [row(name) for name in SUBJECTS],
        "|  | PSS | the program | libraries | of no file |": [
            [SUBJECTS[name], *map(megabytes, sizes.values())] for name, sizes in held.items()
        ],
        "|  | thread | CPU, of a core | wake-ups/s |": [row for name in detailed for row in by_thread(name)],
        "|  | `XAyatanaNewLabel` | `NewTitle` | `NewIcon` | `ItemsPropertiesUpdated` | `LayoutUpdated` |": list(map(sent, signals)),
        "| tray app | CPU, of a core | PSS |": [[label, f"{p['percent']:.3f} %", megabytes(p["pss"])] for label, p in panels],
        GOALS: [
            goal("`watch` without the menu bar takes at most 0.40 of the psutil script's CPU time", f"{share:.2f}", share <= 0.4),
            goal("`watch` without the menu bar has at most 0.35 of the script's memory", f"{part:.2f}", part <= 0.35),
            goal("the tray app takes less than 0.025 % of a core on this machine", f"{tray:.4f} %", tray < 0.025),
            goal("the tray app takes at most 0.05 % of a core on a real varied trace", f"{varied:.3f} %", varied <= 0.05),
            goal("its own threads wake up at most once a second", f"{wakes:.2f} a second", wakes <= 1),
            goal("while nothing shown changes, nothing is sent to the panel", f"{flat} signals", flat == 0),
        ],
    }


def machine(built):
    """Processor, memory and system (no names), how busy it is now with other things, and the versions that are compared."""

    def package(name):  # Packages that are only unpacked are not installed.
        policy = output("apt-cache", "policy", name, env={**os.environ, "LC_ALL": "C"})
        return re.search(r"(?:Installed|Candidate): (\d\S*)", policy)[1]

    def idle_seconds():
        return float(Path("/proc/uptime").read_text().split()[1])

    before, _, after = idle_seconds(), time.sleep(5), idle_seconds()
    cores, lock = os.cpu_count(), (PROJECT / "Cargo.lock").read_text()
    busy, processor = 1 - (after - before) / 5 / cores, Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)|\Z", processor, re.M)[1] or os.uname().machine
    system = re.search(r'^PRETTY_NAME="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M)[1]
    virtual = "virtual machine, " if " hypervisor " in processor else ""
    memory_ = f"{numbers('/proc/meminfo')['MemTotal'] / 2**20:.0f} GB"
    text = f"{virtual}{cores} cores ({model.strip()}), {memory_}, {system}, Linux {os.uname().release.split('-')[0]}"
    if busy > 0.1:
        text += f"; **busy with other things** ({busy * 100:.0f} %), so times and CPU time are too large"
        say(text)
    versions = {name: re.search(rf'name = "{name.lower()}"\nversion = "(.*)"', lock)[1] for name in ("Loadline", "sysinfo")}
    versions["Rust"] = output(Path(os.environ["CARGO"]).with_name("rustc"), "--version", cwd=PROJECT).split()[1]
    versions |= {"Python": output(PYTHON, "-I", "--version").split()[1], "psutil": package("python3-psutil")}
    versions |= {"glances": package("glances"), "bottom": output(built["btm"], "--version").split()[-1]}
    versions |= {name: package(name) for name in ("xfce4-panel", "xfce4-cpugraph-plugin")}
    return {"- Machine:": text, "- Versions:": ", ".join(f"{name} {version}" for name, version in versions.items())}


# In this order, the longest last.
PARTS = {part.__name__: part for part in (reading, looks, start, crossing, fleet, size, day, whole, build)}


def fill(source, path, tables):
    """Writes the text of `source` to `path`, with these rows below the heads of tables, and these texts behind `- Name:`."""
    text = source.read_text()
    for head, rows in tables.items():
        if head.startswith("- "):
            pattern, new = rf"(?m)^({re.escape(head)}) .*\n", f" {rows}.\n"
        else:
            pattern = rf"(?m)^({re.escape(head)}\n\|[-:| ]+\n)(?:\|.*\n)*"
            new = "".join(f"| {' | '.join(row)} |\n" for row in rows)
        text, found = re.subn(pattern, lambda match, new=new: match[1] + new, text)
        if found != 1:
            say(f"{source.name} has {found} places for '{head}' instead of one")
    path.write_text(text)
    say(f"wrote {path}")


def main():
    """Runs the parts that are asked for (all but the build where none is named), and fills the tables."""
    parser = argparse.ArgumentParser(prog="tests/bench/run", description="Measure what Loadline costs, and fill RESULTS.md.")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} [all but build]", metavar="PART")
    parser.add_argument("--minutes", type=float, default=10, help="how long the whole processes are watched [10]")
    parser.add_argument("--quick", action="store_true", help="a tenth of all that, to try")
    parser.add_argument("--build", action="store_true", help="also build from nothing, which takes long")
    parser.add_argument("--out", type=Path, help="where to write [with PART or --quick: target/bench/RESULTS.md]")
    options = parser.parse_args()
    if unknown := set(options.parts) - {*PARTS}:
        parser.error(f"there is no part '{unknown.pop()}'")
    wanted = set(options.parts or [part for part in PARTS if part != "build"]) | ({"build"} if options.build else set())
    options.divisor = 10 if options.quick else 1
    options.minutes /= options.divisor
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Ends also what was started.
    built = {name[6:].lower(): Path(path) for name, path in os.environ.items() if name.startswith("BENCH_")}
    FOLDER.mkdir(parents=True, exist_ok=True)
    begin, tables, goals = datetime.now(), machine(built), []
    for part in PARTS:
        if part in wanted:
            say(f"part {part}")
            tables |= PARTS[part](built, options)
            goals += tables.pop(GOALS, [])
    tables["- Measured:"] = f"from {begin:%Y-%m-%d %H:%M} to {datetime.now():%Y-%m-%d %H:%M}"
    if options.parts:
        tables["- Measured:"] += f" ({', '.join(part for part in PARTS if part in wanted)}; the other tables are older)"
    if goals:
        tables[GOALS] = goals
    if options.out or options.quick or options.parts:
        fill(RESULTS, options.out or FOLDER / "RESULTS.md", tables)
        return
    fill(RESULTS, RESULTS, tables)
    if MANUAL.exists():
        fill(MANUAL, MANUAL, {COSTS: tables[COSTS]})
    else:
        say(f"{MANUAL.relative_to(PROJECT)} is not there: its table of costs is left out")


if __name__ == "__main__":
    main()
