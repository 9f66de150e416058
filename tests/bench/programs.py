"""Those that are compared: what each is started with. Each runs a copy of its program file, so that it shares no memory with
others who run the same program.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from common import HERE, PYTHON, REFRESH_SECONDS
from processes import copy, start, start_in_terminal


class Program(NamedTuple):
    """The words it is started by, what they need in the environment, and where it runs."""

    words: list
    environment: dict = {}
    start: Callable = start


def without_desktop(built, folder):
    """Those that need no desktop, by name."""

    def copied(name, program):
        return copy(program, folder / f"{name}-{Path(program).name}")

    def python(name, *words):
        # A copy of Python has to be told where its library is.
        return [copied(name, PYTHON), *words]

    home, modules = {"PYTHONHOME": "/usr"}, {"PYTHONHOME": "/usr", "PYTHONPATH": python_path(built["glances"])}
    return {
        "console": Program([copied("console", built["console"]), "watch", "--quiet"]),
        "watch": Program([copied("watch", built["loadline"]), "watch", "--quiet"]),
        "psutil": Program(python("psutil", HERE / "article.py"), home),
        "bottom": Program(bottom(copied("bottom", built["btm"])), start=start_in_terminal),
        "glances": Program(python("glances", *glances(built)), modules, start_in_terminal),
        "glances --quiet": Program(python("quiet", *glances(built), "--quiet"), modules),
    }


def glances(built):
    """The words for glances, behind those for Python."""
    return [built["glances"], "-t", REFRESH_SECONDS, "--disable-check-update"]


def bottom(program):
    """The words for bottom."""
    return [program, "--basic", "--rate", REFRESH_SECONDS * 1000]


def python_path(program):
    """Where a Python program that Debian packed has its modules, also where the package is only unpacked."""
    return str(program.parents[1] / "lib/python3/dist-packages")


def environment(folder, of=None):
    """One with a home of its own in a folder; beside that, what another has, else hardly anything."""
    plain = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    folder.mkdir(parents=True)
    xdg = {f"XDG_{what}_HOME": str(folder / what.lower()) for what in ("CONFIG", "DATA", "STATE", "CACHE")}
    return {**(of or plain), "HOME": str(folder), **xdg}
