"""What was measured on, in words, and which versions were compared."""

import os
import platform
import re
from pathlib import Path

from common import PROJECT, PYTHON, keep, output, say


def run(built):
    """Notes it."""
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"this machine is busy (load {load:.1f}): times and processor time will be too large")
    keep("machine", {"machine": machine(), "load": load, "versions": versions(built)})


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
    debian = {name: output("apt-cache", "policy", name) for name in packages}
    found = {name: re.search(r"Candidate: (\S+)", text)[1] for name, text in debian.items()}
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
