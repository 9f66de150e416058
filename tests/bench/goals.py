"""The goals, each with what was measured and whether it is met."""

MEBIBYTE = 1024 * 1024


class Goals:
    """Judges the figures of the parts."""

    def __init__(self, parts):
        self.reading, self.whole = parts["reading"]["ways"], parts["whole"]
        self.starts, self.crossings, self.sizes = parts["start"], parts["crossing"], parts["size"]
        self.subjects = self.whole["subjects"]

    def all(self):
        """Goal, figure in words, whether it is met, and where to look if it is not, of each."""
        return [*self.of_a_reading(), *self.of_the_whole(), *self.of_growth(), *self.of_time()]

    def of_a_reading(self):
        """Instructions and allocations."""
        tick, bare = self.reading["tick"], self.reading["sysinfo"]
        ratio = tick["instructions"] / bare["instructions"]
        why = "the profile of a tick, under 'One reading', tells which function takes them."
        goal = "a whole tick takes at most 1.3 times the instructions of sysinfo alone"
        yield goal, f"{ratio:.2f} times", ratio <= 1.3, why
        more = tick["allocations"] - bare["allocations"]
        yield "a tick allocates nothing beyond what sysinfo does", f"{more:.2f} allocations", more <= 0, why

    def of_the_whole(self):
        """Processor time, memory and wake-ups."""
        script = self.subjects["psutil"]
        share = self.subjects["watch"]["cpu_seconds"] / script["cpu_seconds"]
        least, theirs = (self.reading[way]["microseconds"] for way in ("floor", "python psutil"))
        threads = ", ".join(
            f"`{thread}` {part / script['cpu_percent']:.2f}"
            for thread, part in self.subjects["watch"]["cpu_percent_by_thread"].items()
            if part / script["cpu_percent"] >= 0.01
        )
        why = f"of the script's, by thread: {threads}. The kernel alone takes {least:.0f} µs for its two files (the limit), "
        why += f"of the script's {theirs:.0f} µs; the rest is a wake-up of two threads, and `processes` looks only at alerts."
        goal = "`watch` takes at most a third of the psutil script's CPU time"
        yield goal, f"{share:.2f} of it", share <= 1 / 3, why
        ours = self.whole["alone"]["console"]
        part = ours["pss"] / self.whole["alone"]["psutil"]["pss"]
        sizes = [megabytes(ours[kind]) for kind in ("program", "libraries", "anonymous")]
        why = f"{sizes[0]} is the program itself, as far as it is mapped in, {sizes[1]} libraries, {sizes[2]} heap and stacks."
        goal = "`watch` built without the menu bar holds at most a quarter of the script's memory"
        yield goal, f"{megabytes(ours['pss'])}, {part:.2f} of it", part <= 1 / 4, why
        # A trace is not measured but read: the sampling is added.
        cpu = self.subjects["tray varied"]["cpu_percent"] + self.reading["sampler"]["microseconds"] / 2e6 * 100
        why = "'Where it goes, by thread' tells."
        yield "the tray app takes at most 0.05 % of a core on a real varied trace", f"{cpu:.3f} %", cpu <= 0.05, why
        wakes = own_wakes(self.subjects["tray closed"])
        why = "a reading wakes `sampler` and `main`, which is one a second; beyond that `main` hears answers of the panel."
        yield "its own threads wake up at most once a second", f"{wakes:.2f} a second", round(wakes, 1) <= 1, why

    def of_growth(self):
        """What may not grow."""
        trays = [self.subjects[f"tray {name}"] for name in ("closed", "open", "varied", "flat")]
        why = "see the growth of each, under 'The whole process'; a short run takes the beginning for growth."
        grown = max(tray["growth_an_hour"] for tray in trays)
        yield "it grows by less than 0.5 MB an hour", f"{grown / MEBIBYTE:+.2f} MB", grown < MEBIBYTE / 2, why
        files = max(tray["files"][1] - tray["files"][0] for tray in trays)
        yield "it opens no file that it does not close", f"{files:+d} open files", files <= 0, why
        left = max(tray["temporary"][1] - tray["temporary"][0] for tray in trays)
        yield "it leaves no temporary file", f"{left:+d} files", left <= 0, why
        day = self.subjects["panel varied"]["growth_an_hour"] * 24
        goal = "the panel it lives in grows by less than 1 MB a day"
        yield goal, f"{day / MEBIBYTE:+.2f} MB", day < MEBIBYTE, why
        signals = sum(self.whole["signals"]["flat"].values())
        why = "'Signals for each refresh' tells which."
        yield "while nothing shown changes, nothing is sent to the panel", f"{signals} signals", signals == 0, why

    def of_time(self):
        """Start, crossing, and the program itself."""
        told = max(self.crossings[name]["p99"] for name in ("tray", "watch"))
        half = max(self.crossings[name]["median"] for name in ("tray", "watch"))
        why = f"the median is {half:.1f} ms; what is slower waits for a processor."
        yield "from a crossing to its notification in under 20 ms (99 of 100)", f"{told:.1f} ms", told < 20, why
        live = self.crossings["live"]
        why = f"the median is {live['median']:.1f} ms; what is slower waits for a processor, beside a load that takes one."
        goal = "the same of a real load, with the processes named"
        yield goal, f"{live['p99']:.1f} ms", live["p99"] < 20, why
        begun = [self.starts[name] for name in ("tray percentage", "watch", "console")]
        first, half = (max(start[which] for start in begun) for which in ("most", "median"))
        why = f"the slowest median is {half:.0f} ms, 205 ms of it between the two looks that sysinfo needs."
        goal = "the first percentage is there within 300 ms (the slowest start)"
        yield goal, f"{first:.0f} ms", first <= 300, why
        size = self.sizes["bytes"]["loadline"]
        why = "it is built with link-time optimization and stripped already."
        yield "the program is smaller than 5 million bytes", million(size), size < 5e6, why


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
