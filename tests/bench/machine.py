"""What was measured on, in words, and which versions were compared."""

import os
import platform
import re
import time
from pathlib import Path

from common import PROJECT, PYTHON, keep, output, say


def run(built):
    """Notes it."""
    busy = busy_share()
    if busy > 0.1:
        say(f"this machine is busy ({busy:.0%}): times and processor time will be too large")
    keep("machine", {"machine": machine(), "busy": busy, "versions": versions(built)})


def busy_share(seconds=5):
    """How much of the processors is used now, by others than this."""

    def look():
        ticks = [int(part) for part in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return sum(ticks[:8]), ticks[3] + ticks[4]

    all_, idle = look()
    time.sleep(seconds)
    all_after, idle_after = look()
    return 1 - (idle_after - idle) / (all_after - all_)


def machine():
    """Processor, memory and system; no names."""
    model = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.M)
    kilobytes = int(re.search(r"^MemTotal: +(\d+)", Path("/proc/meminfo").read_text(), re.M)[1])
    system = re.search(r'^PRETTY_NAME="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M)
    kernel = re.match(r"[\d.]+\d", platform.release())[0]
    of = model[1].strip() if model else platform.machine()
    virtual = "virtual machine, " if " hypervisor " in Path("/proc/cpuinfo").read_text() else ""
    return f"{virtual}{os.cpu_count()} cores ({of}), {kilobytes / 2**20:.0f} GB, {system[1]}, Linux {kernel}"


def versions(built):
    """Of everything that is compared or builds."""
    packages = ("glances", "xfce4-cpugraph-plugin", "xfce4-panel", "python3-psutil")
    plain = {**os.environ, "LC_ALL": "C"}
    debian = {name: output("apt-cache", "policy", name, env=plain) for name in packages}
    # What is only unpacked is not installed.
    found = {name: re.search(r"(?:Installed|Candidate): (\d\S*)", text)[1] for name, text in debian.items()}
    loadline = re.search(r'^version = "(.*)"', (PROJECT / "Cargo.toml").read_text(), re.M)[1]
    rust = Path(os.environ["CARGO"]).parent / "rustc"
    return {
        "Loadline": loadline,
        "sysinfo": re.search(r'name = "sysinfo"\nversion = "(.*)"', (PROJECT / "Cargo.lock").read_text())[1],
        "Rust": output(rust, "--version", cwd=PROJECT).split()[1],
        "Python": output(PYTHON, "--version").split()[1],
        "psutil": found["python3-psutil"],
        "glances": found["glances"],
        "bottom": output(built["btm"], "--version").split()[-1],
        "xfce4-panel": found["xfce4-panel"],
        "xfce4-cpugraph-plugin": found["xfce4-cpugraph-plugin"],
    }
