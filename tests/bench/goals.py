"""The goals, each with what was measured and whether it is met."""

MEBIBYTE = 1024 * 1024


class Goals:
    """Judges the figures of the parts."""

    def __init__(self, parts):
        self.reading, self.whole = parts["reading"]["ways"], parts["whole"]
        self.starts, self.crossings, self.sizes = parts["start"], parts["crossing"], parts["size"]
        self.subjects = self.whole["subjects"]

    def all(self):
        """Goal, figure in words, and whether it is met, of each."""
        return [*self.of_a_reading(), *self.of_the_whole(), *self.of_growth(), *self.of_time()]

    def of_a_reading(self):
        """Instructions and allocations."""
        tick, bare = self.reading["tick"], self.reading["sysinfo"]
        ratio = tick["instructions"] / bare["instructions"]
        yield "a whole tick takes at most 1.3 times the instructions of sysinfo alone", f"{ratio:.2f} times", ratio <= 1.3
        more = tick["allocations"] - bare["allocations"]
        yield "a tick allocates nothing beyond what sysinfo does", f"{more:.2f} allocations", more <= 0

    def of_the_whole(self):
        """Processor time, memory and wake-ups."""
        share = self.subjects["watch"]["cpu_seconds"] / self.subjects["psutil"]["cpu_seconds"]
        yield "`watch` takes at most a third of the psutil script's CPU time", f"{share:.2f} of it", share <= 1 / 3
        alone = self.whole["alone"]
        part = alone["console"]["pss"] / alone["psutil"]["pss"]
        figure = f"{megabytes(alone['console']['pss'])}, {part:.2f} of it"
        yield "`watch` built without the menu bar holds at most a quarter of the script's memory", figure, part <= 1 / 4
        # A trace is not measured but read: the sampling is added.
        cpu = self.subjects["tray varied"]["cpu_percent"] + self.reading["sampler"]["microseconds"] / 2e6 * 100
        yield "the tray app takes at most 0.05 % of a core on a real varied trace", f"{cpu:.3f} %", cpu <= 0.05
        wakes = own_wakes(self.subjects["tray closed"])
        yield "its own threads wake up at most once a second", f"{wakes:.2f} a second", round(wakes, 1) <= 1

    def of_growth(self):
        """What may not grow."""
        trays = [self.subjects[f"tray {name}"] for name in ("closed", "open", "varied", "flat")]
        grown = max(tray["growth_an_hour"] for tray in trays)
        yield "it grows by less than 0.5 MB an hour", f"{grown / MEBIBYTE:+.2f} MB", grown < MEBIBYTE / 2
        files = max(tray["files"][1] - tray["files"][0] for tray in trays)
        yield "it opens no file that it does not close", f"{files:+d} open files", files <= 0
        left = max(tray["temporary"][1] - tray["temporary"][0] for tray in trays)
        yield "it leaves no temporary file", f"{left:+d} files", left <= 0
        day = self.subjects["panel varied"]["growth_an_hour"] * 24
        yield "the panel it lives in grows by less than 1 MB a day", f"{day / MEBIBYTE:+.2f} MB", day < MEBIBYTE
        signals = sum(self.whole["signals"]["flat"].values())
        yield "while nothing shown changes, nothing is sent to the panel", f"{signals} signals", signals == 0

    def of_time(self):
        """Start, crossing, and the program itself."""
        told = max(self.crossings[name]["p99"] for name in ("tray", "watch"))
        yield "from a crossing to its notification in under 20 ms (99 of 100)", f"{told:.1f} ms", told < 20
        live = self.crossings["live"]["p99"]
        yield "the same of a real load, with the processes named", f"{live:.1f} ms", live < 20
        first = max(self.starts[name]["most"] for name in ("tray percentage", "watch", "console"))
        yield "the first percentage is there within 300 ms (the slowest start)", f"{first:.0f} ms", first <= 300
        size = self.sizes["bytes"]["loadline"]
        yield "the program is smaller than 5 million bytes", million(size), size < 5e6


# Threads of GLib, which wake up for the desktop's sake.
GLIB = ("gdbus", "gmain", "dconf worker", "pool-")


def own_wakes(subject):
    """How often a second the threads that are ours woke up."""
    return sum(rate for thread, rate in subject["wakes_by_thread"].items() if not thread.startswith(GLIB))


def megabytes(size):
    """With one digit after the point."""
    return f"{size / MEBIBYTE:.1f} MB"


def million(size):
    """A size on the disk."""
    return f"{size / 1e6:.1f} million bytes"
