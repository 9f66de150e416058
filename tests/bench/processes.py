"""A process as the kernel counts it, and how the ones that are measured are started and ended."""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

from common import PROJECT, output, wait_until

CPUCLOCK_SCHED = 2  # the clock of a process by its id, in nanoseconds: the kernel's posix-timers_types.h


def cpu_seconds(pid):
    """What a process has used, of all its threads, those that have ended included."""
    return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)


def fields(path):
    """The numbers of a file of `name: number` lines."""
    return {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+)", Path(path).read_text(), re.M)}


def memory(pid):
    """What it holds, in bytes: its share of all memory (PSS), what it alone has, and what is of no file (heap, stacks)."""
    sizes = fields(f"/proc/{pid}/smaps_rollup")
    kilobytes = {
        "pss": sizes["Pss"],
        "private": sizes["Private_Clean"] + sizes["Private_Dirty"],
        "anonymous": sizes["Anonymous"],
    }
    return {name: number * 1024 for name, number in kilobytes.items()}


def memory_by_kind(pid):
    """Its share of memory, by what it is: the program itself, libraries and other files, and what is of no file."""
    program = os.readlink(f"/proc/{pid}/exe")
    sizes, kind = {"pss": 0, "program": 0, "libraries": 0, "anonymous": 0}, ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        mapping = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)", line)
        if mapping:
            kind = "program" if mapping[1] == program else "libraries" if mapping[1].startswith("/") else "anonymous"
        elif line.startswith("Pss:"):
            size = int(line.split()[1]) * 1024
            sizes[kind] += size
            sizes["pss"] += size
    return sizes


def open_files(pid):
    """How many files, pipes and sockets it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def look(pid):
    """Everything that is counted of a process, now; of its threads by their ids."""
    threads = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            status = fields(task / "status")
            threads[int(task.name)] = {
                "name": "main" if int(task.name) == pid else (task / "comm").read_text().strip(),
                "ran": int((task / "schedstat").read_text().split()[0]) / 1e9,
                "wakes": status["voluntary_ctxt_switches"],
                "forced": status["nonvoluntary_ctxt_switches"],
            }
        except OSError:
            continue  # It has just ended.
    return {
        "at": time.monotonic(),
        "cpu": cpu_seconds(pid),
        "threads": threads,
        "written": fields(f"/proc/{pid}/io")["write_bytes"],
    }


def copy(program, path):
    """A copy of a program: another file, so that no memory is shared with those who run the other."""
    return Path(shutil.copy(program, path))


def start(words, environment):
    """Starts a program that nobody looks at."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen([str(word) for word in words], env=environment, stdin=quiet, stdout=quiet, stderr=quiet)


def start_in_terminal(words, environment):
    """Starts a program in a terminal of 120 by 40; what it draws is read and thrown away."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    # A session of its own, with this as its terminal.
    words = ["setsid", "--ctty", *[str(word) for word in words]]
    environment = {**environment, "TERM": "xterm-256color"}
    process = subprocess.Popen(words, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    threading.Thread(target=drain, args=(ours,), daemon=True).start()
    return process


def drain(terminal):
    """Reads until there is no more to read."""
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass


def end(process):
    """Ends a process that was started here."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Desktop:
    """A headless desktop of its own, by tests/desktop/start: an X server, a session bus, Xfce's panel, dunst."""

    def __init__(self, folder, also=""):
        self.folder = folder
        start_it = {**os.environ, "PANEL": "xfce4", "ALSO": also}
        # Its processes keep no pipe of ours.
        log = folder.with_suffix(".log")
        with log.open("w") as said:
            done = subprocess.run([PROJECT / "tests/desktop/start", folder], env=start_it, stdout=said, stderr=said, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"no desktop: {log.read_text()[-600:]}")
        lines = output("bash", "-c", '. "$1/env"; env -0', "_", folder).split("\0")
        self.environment = dict(line.split("=", 1) for line in lines if line)

    def close(self):
        """Ends it."""
        output(PROJECT / "tests/desktop/stop", self.folder)

    def plugin_pid(self, library):
        """The process of the panel that runs this plugin. Waits for it."""
        mark, name = f"LOADLINE_DESKTOP={self.folder}".encode(), library.encode()

        def find():
            return [pid for pid in all_pids() if mark in read(pid, "environ").split(b"\0") and name in read(pid, "cmdline")]

        (pid,) = wait_until(find, 20, f"the panel's {library}")
        return pid

    def bus(self, service, path, method, *arguments):
        """What a method on the desktop's bus answers."""
        where = ["--dest", service, "--object-path", path, "--method", method]
        return output("gdbus", "call", "--session", *where, *arguments, env=self.environment)

    def tray_item(self):
        """Who has the one item in the tray: name on the bus, and path. Waits for it."""

        def find():
            watcher, of = "org.kde.StatusNotifierWatcher", "org.freedesktop.DBus.Properties.Get"
            items = self.bus(watcher, "/StatusNotifierWatcher", of, watcher, "RegisteredStatusNotifierItems")
            return re.search(r"'(:[\d.]+)(/[^']+)'", items)

        return wait_until(find, 20, "a tray item").groups()

    def temporary_files(self):
        """The names of what lies in the desktop's folders for temporary files."""
        return sum(len(files) for part in ("tmp", "run") for _, _, files in os.walk(self.folder / part))


def all_pids():
    """Of every process."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read(pid, what):
    """A file of a process; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""
