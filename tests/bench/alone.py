"""What each holds in memory while nothing else of its kind runs: what it shares, it shares with the system only."""

import time
from contextlib import ExitStack

from common import say
from processes import Desktop, copy, end, memory_by_kind, start
from programs import environment, without_desktop

AFTER_SECONDS = 10


def run(built, folder):
    """The memory of each by kind, one after the other."""
    folder.mkdir()
    programs = without_desktop(built, folder)
    names = ["console", "watch", "psutil", "bottom", "glances"]
    say("memory of each alone")
    return {
        **{name: of_program(programs[name], folder / f"home-{name}") for name in names},
        "tray closed": of_tray(built, folder / "tray"),
        "cpugraph": of_graph(folder / "graph"),
    }


def later(pid):
    """Its memory after ten seconds, in which a start is over."""
    time.sleep(AFTER_SECONDS)
    return memory_by_kind(pid)


def of_program(program, home):
    """Of one that needs no desktop."""
    with ExitStack() as stack:
        process = program.start(program.words, {**environment(home), **program.environment})
        stack.callback(end, process)
        return later(process.pid)


def of_tray(built, folder):
    """Of the tray app, on a desktop of its own."""
    with ExitStack() as stack:
        desktop = Desktop(folder)
        stack.callback(desktop.close)
        process = start([copy(built["loadline"], folder / "loadline")], desktop.environment)
        stack.callback(end, process)
        desktop.tray_item()
        return later(process.pid)


def of_graph(folder):
    """Of the plugin, on a desktop of its own, which is what starts it."""
    with ExitStack() as stack:
        desktop = Desktop(folder, "cpugraph")
        stack.callback(desktop.close)
        return later(desktop.plugin_pid("libcpugraph.so"))
