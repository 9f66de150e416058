"""Takes out of downloaded wheels what macOS 13 exports: facts.py WHEELS OUT writes OUT/libSystem.txt and OUT/frameworks.txt."""

import re
import sys
import zipfile
from pathlib import Path


def libsystem(wheels):
    """The symbols of libSystem and of what it re-exports, from the text-based stub that Zig carries."""
    with zipfile.ZipFile(next(wheels.glob("ziglang-*.whl"))) as wheel:
        text = wheel.read("ziglang/lib/libc/darwin/libSystem.13.tbd").decode()
    lists = re.findall(r"(?:weak-|thread-local-)?symbols:\s*\[([^\]]*)\]", text)
    return {name.strip().strip("'\"") for names in lists for name in names.split(",")}


def frameworks(wheels):
    """Every word of PyObjC's bindings: functions, constants and classes are among them."""
    words = set()
    for path in wheels.glob("pyobjc_framework_*.whl"):
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if name.endswith(".py"):
                    words.update(re.findall(r"\w{3,}", wheel.read(name).decode()))
    return words


def main(wheels, out):
    out.mkdir(parents=True, exist_ok=True)
    for name, symbols in (("libSystem", libsystem(wheels)), ("frameworks", frameworks(wheels))):
        (out / f"{name}.txt").write_text("\n".join(sorted(symbols)) + "\n")


main(Path(sys.argv[1]), Path(sys.argv[2]))
