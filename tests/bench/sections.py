"""The sections of RESULTS.md, each of what the parts found."""

from common import NEEDED
from day import SPEED
from goals import megabytes, million, own_wakes

WAYS = {
    "floor": "the limit: two files kept open, read by hand",
    "sysinfo": "sysinfo alone",
    "sampler": "Loadline's sampler",
    "engine": "Loadline's engine, and the view of what it shows",
    "tick": "a whole tick: sampled, decided, compared with what is shown",
    "kept": "the same with the history, written once in thirty readings",
    "watch": "the program `loadline watch --quiet` without the history, threads and wake-ups included",
    "python psutil": "the psutil script",
}
SUBJECTS = {
    "console": "`watch --quiet`, built without the menu bar",
    "watch": "`watch --quiet`",
    "tray flat": "tray app, nothing changes (without sampling)",
    "tray closed": "tray app, this machine",
    "tray open": "tray app, this machine, its menu held open",
    "tray varied": "tray app, a real varied trace (without sampling)",
    "psutil": "psutil script",
    "bottom": "bottom (`btm --basic`)",
    "glances --quiet": "glances, showing nothing",
    "glances": "glances",
    "cpugraph": "xfce4-cpugraph-plugin, every 3 s",
}
PANELS = {
    "panel without Loadline": "no item",
    "panel flat": "nothing changes",
    "panel closed": "this machine",
    "panel open": "this machine, menu open",
    "panel varied": "a real varied trace",
}
KINDS = ["XAyatanaNewLabel", "NewIcon", "ItemsPropertiesUpdated", "LayoutUpdated"]


def table(head, *rows):
    """A table; all but the first column are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def reading(parts):
    """What one reading costs, and where a tick's instructions go."""
    ways = parts["reading"]["ways"]
    bare, script = ways["sysinfo"]["instructions"], ways["python psutil"]["instructions"]

    def row(way):
        of = ways[way]
        known = [f"{of['allocations']:.1f}" if of["allocations"] is not None else "", micros(of["microseconds"])]
        counts = [f"{of['instructions']:,.0f}", f"{of['instructions'] / bare:.2f}", f"{of['instructions'] / script:.3f}"]
        return [WAYS[way], *counts, f"{of['system_calls']:.1f}", *known]

    columns = ["one reading", "instructions", "of sysinfo's", "of psutil's", "system calls", "allocations", "µs"]
    calls = parts["refresh"]["system_calls"]
    programs = {"watch": "`watch`", "psutil": "psutil script", "bottom": "bottom", "glances": "glances"}
    refreshes = [[name, f"{calls[key]:,.0f}"] for key, name in programs.items()]
    spent = [[f"`{name[:100]}`", f"{count:,.0f}"] for count, name in parts["reading"]["profile"][:16]]
    return f"""## One reading

Instructions in user space by `valgrind --tool=callgrind`, system calls by `strace -c`: the difference of two runs, with the
pause taken off. Allocations by an allocator that counts those of the thread that reads. The time is the median of a hundred, 205 ms apart, so with caches as cold
as in life.

{table(columns, *map(row, WAYS))}
System calls of a refresh, of programs that cannot be told how many to take. `glances` and `bottom` also read processes, disks and
networks.

{table(["one refresh", "system calls"], *refreshes)}
Where a tick's instructions go, of each function with what it calls:

{table(["function", "instructions"], *spent)}"""


def micros(value):
    """Microseconds."""
    return "" if value is None else f"{value:.1f}"


def whole(parts):
    """The whole processes."""
    return f"""## The whole process

{parts["whole"]["minutes"]:g} minutes at 2 s, all at the same time, from half a minute after the start; CPU time by the kernel's
clock of each process. Memory is PSS, sampled every 5 s. `glances` and `bottom` also read processes, disks and networks, and draw
them. A trace is read from a file and not recorded: sampling and history are not in it.

{processes_table(parts)}
PSS of each alone, where nobody shares it, after ten seconds:

{alone_table(parts)}
Memory which is of no file (heap, stacks), in the first minute and in the last; and the wake-ups of our own threads, without
GLib's:

{held_table(parts)}
Where it goes, by thread. `main` decides and shows, `sampler` reads, `history` writes once a minute; `gdbus` is GLib's.

{threads_table(parts)}
Signals for each refresh:

{signals_table(parts)}"""


def processes_table(parts):
    """What each took."""
    subjects = parts["whole"]["subjects"]
    script = subjects["psutil"]

    def row(name):
        of = subjects[name]
        cpu = [f"{of['cpu_seconds']:.2f}", f"{of['cpu_percent']:.3f} %", f"{of['cpu_seconds'] / script['cpu_seconds']:.2f}"]
        sizes = [f"{of['pss'] / 2**20:.1f}", f"{of['pss_peak'] / 2**20:.1f}", f"{of['private'] / 2**20:.1f}"]
        ratio = f"{of['pss'] / script['pss']:.2f}"
        written = "-" if of["written"] is None else f"{of['written'] / 1024:,.0f}"
        rest = [f"{of['switches']:.1f}", str(of["threads"]), written, f"{of['start_cpu_seconds']:.2f}"]
        return [SUBJECTS[name], *cpu, *sizes, ratio, *rest]

    columns = ["", "CPU s", "of a core", "of psutil's", "PSS MB", "peak", "private", "of psutil's"]
    columns += ["switches/s", "threads", "KB written", "CPU s to start"]
    return table(columns, *map(row, SUBJECTS))


def alone_table(parts):
    """What each holds where nobody shares it."""
    alone, kinds = parts["whole"]["alone"], ("pss", "program", "libraries", "anonymous")
    rows = [[label, *[megabytes(alone[name][kind]) for kind in kinds]] for name, label in SUBJECTS.items() if name in alone]
    return table(["", "PSS", "the program", "libraries", "of no file"], *rows)


def held_table(parts):
    """Memory of Loadline's at the beginning and at the end, and wake-ups."""
    subjects = parts["whole"]["subjects"]
    rows = [
        [SUBJECTS[name], *[f"{size / 2**20:.2f} MB" for size in of["anonymous"]], f"{own_wakes(of):.2f}"]
        for name, of in subjects.items()
        if name in ("console", "watch") or name.startswith("tray ")
    ]
    return table(["", "begun", "ended", "wake-ups/s"], *rows)


def threads_table(parts):
    """Where Loadline's processor time goes."""
    subjects = parts["whole"]["subjects"]
    rows = [
        [SUBJECTS[name], thread, f"{share:.4f} %", f"{subjects[name]['wakes_by_thread'][thread]:.2f}"]
        for name in ("console", "watch", "tray closed", "tray varied")
        for thread, share in sorted(subjects[name]["cpu_percent_by_thread"].items(), key=lambda row: -row[1])
        if share >= 0.00005
    ]
    return table(["", "thread", "CPU, of a core", "wake-ups/s"], *rows)


def signals_table(parts):
    """What the tray app sends to the panel."""
    whole_ = parts["whole"]
    rows = [
        [SUBJECTS[f"tray {name}"], *[f"{found.get(kind, 0) / whole_['refreshes']:.2f}" for kind in KINDS]]
        for name, found in whole_["signals"].items()
    ]
    return table(["", *[f"`{kind}`" for kind in KINDS]], *rows)


def panels(parts):
    """The process of the panel."""
    subjects = parts["whole"]["subjects"]
    rows = [
        [name, f"{of['cpu_percent']:.3f} %", megabytes(of["pss"])]
        for name, of in ((name, subjects[key]) for key, name in PANELS.items())
    ]
    return f"""## The panel

The process in which Xfce's panel shows tray items, at the same time.

{table(["tray app", "CPU, of a core", "PSS"], *rows)}"""


def day(parts):
    """What grows."""
    of = parts["day"]
    sizes = {"app": "tray app, memory of no file", "panel": "panel, memory of no file"}
    counts = {"files": "tray app, open files", "temporary": "temporary files"}
    rows = [[name, *[f"{size / 2**20:.2f} MB" for size in of["grown"][what]]] for what, name in sizes.items()]
    rows += [[name, *map(str, of["grown"][what])] for what, name in counts.items()]
    return f"""## A day of readings

{of["readings"]:,} real readings, {SPEED} times as fast, through the tray app and the panel it lives in. The first
{(1 - of["part_of_day"]) * 100:.0f} % are left out. Of memory the medians of a minute at the beginning and of one at the end; of
files the fewest of each half, for a notification that is shown has a connection to the bus.

{table(["", "begun", "ended"], *rows)}"""


def times(parts):
    """Starts and crossings."""
    starts, crossings = parts["start"], parts["crossing"]
    began = {
        "tray item": "tray app: the item is registered with the panel",
        "tray percentage": "tray app: the first percentage on the bus",
        "watch": "`watch`: the first line",
        "console": "`watch` without the menu bar: the first line",
    }
    told = {
        "tray": "tray app: `Notify` on the bus",
        "watch": "`watch`: `Notify` on the bus",
        "line": "`watch --json`: the line",
        "live": "`watch` under a real load, the processes named: `Notify`",
    }
    begun = [[name, f"{starts[key]['median']:.0f} ms", f"{starts[key]['most']:.0f} ms"] for key, name in began.items()]
    said = [
        [name, f"{crossings[key]['median']:.1f} ms", f"{crossings[key]['p99']:.1f} ms", str(crossings[key]["count"])]
        for key, name in told.items()
    ]
    return f"""## Start and alert

From the start of the process, {starts["watch"]["count"]} times; sysinfo needs 200 ms between two looks for a percentage.

{table(["", "median", "most"], *begun)}
From a reading above the threshold, with nothing to wait for (`after` 0 s). The readings come through a pipe, so that no processes
are looked at. Under a real load they are, while the value has to stay above (`after` 2 s, every 250 ms): the look takes a second,
and is over when the alert fires.

{table(["", "median", "99 %", "alerts"], *said)}"""


def sizes(parts):
    """Replay, sizes, and the build."""
    size, built = parts["size"], parts["build"]
    rows = [
        ["replay: readings a second through the rules", f"{size['readings_a_second']:,.0f}"],
        ["program", million(size["bytes"]["loadline"])],
        ["program without the menu bar", million(size["bytes"]["console"])],
    ]
    how = "Not built from nothing in this run: `tests/bench/run build` does."
    if built:
        rows += [["to build from nothing", f"{built['seconds']['loadline']:.0f} s"]]
        rows += [["to build without the menu bar from nothing", f"{built['seconds']['console']:.0f} s"]]
        last = max(parts[part]["date"] for part in NEEDED)
        when = "" if built["date"][:10] == last[:10] else f" on {built['date'][:10]}"
        how = f"Built from nothing{when}: what was fetched is there, nothing is compiled; with link-time optimization."
    return f"## Replay, size, build\n\n{how}\n\n{table(['', ''], *rows)}"


SECTIONS = (reading, whole, panels, day, times, sizes)
