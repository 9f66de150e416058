"""The goals, each with what was measured and whether it is met."""

from common import REFRESH_SECONDS

MEBIBYTE = 1024 * 1024


class Goals:
    """Judges the figures of the parts."""

    def __init__(self, parts):
        self.reading, self.whole = parts["reading"]["ways"], parts["whole"]
        self.starts, self.crossings, self.sizes = parts["start"], parts["crossing"], parts["size"]
        self.day, self.subjects = parts["day"], self.whole["subjects"]

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
        parts = self.subjects["watch"]["cpu_percent_by_thread"].items()
        threads = by_thread((thread, part / script["cpu_percent"]) for thread, part in parts)
        why = f"of the script's, by thread: {threads}. To read its two files the kernel takes {least:.0f} µs (the limit); "
        why += f"the script takes {theirs:.0f} µs."
        goal = "`watch` takes at most a third of the psutil script's CPU time"
        yield goal, f"{share:.2f} of it", share <= 1 / 3, why
        ours = self.whole["alone"]["console"]
        part = ours["pss"] / self.whole["alone"]["psutil"]["pss"]
        sizes = [megabytes(ours[kind]) for kind in ("program", "libraries", "anonymous")]
        why = f"{sizes[0]} is the program itself, as far as it is mapped in, {sizes[1]} libraries, {sizes[2]} heap and stacks."
        goal = "`watch` built without the menu bar holds at most a quarter of the script's memory"
        yield goal, f"{megabytes(ours['pss'])}, {part:.2f} of it", part <= 1 / 4, why
        yield self.of_a_varied_trace()
        wakes = own_wakes(self.subjects["tray closed"])
        why = f"by thread: {by_thread(self.subjects['tray closed']['wakes_by_thread'].items())}, GLib's among them."
        yield "its own threads wake up at most once a second", f"{wakes:.2f} a second", wakes <= 1, why

    def of_a_varied_trace(self):
        """What the tray app takes on one. It is read from a file and not recorded: the sampling and the history are added."""
        sampling = self.reading["sampler"]["microseconds"] / (REFRESH_SECONDS * 1e6) * 100
        history = self.subjects["tray closed"]["cpu_percent_by_thread"].get("history", 0)
        shown = self.subjects["tray varied"]["cpu_percent"]
        cpu = shown + sampling + history
        aside = "sampling and history added; who uses the most, about 3 ms a look, four to an alert, aside"
        why = f"{shown:.3f} % without sampling and history, {sampling:.3f} % sampling, {history:.3f} % history."
        goal = "the tray app takes at most 0.05 % of a core on a real varied trace"
        return goal, f"{cpu:.3f} % ({aside})", cpu <= 0.05, why

    def of_growth(self):
        """What may not grow."""
        hours, grown = 24 * self.day["part_of_day"], self.day["grown"]
        more = {what: ended - begun for what, (begun, ended) in grown.items()}
        why = {what: f"from {begun:,} to {ended:,}, see 'A day of readings'." for what, (begun, ended) in grown.items()}
        app = more["app"] / hours
        figure = f"{more['app'] / MEBIBYTE:+.2f} MB in {hours:.1f} hours of readings, {app / MEBIBYTE:+.3f} MB an hour"
        yield "it grows by less than 0.5 MB an hour", figure, app < MEBIBYTE / 2, why["app"]
        files, left = more["files"], more["temporary"]
        yield "it opens no file that it does not close", f"{files:+d} open files", files <= 0, why["files"]
        yield "it leaves no temporary file", f"{left:+d} files", left <= 0, why["temporary"]
        panel = more["panel"] / self.day["part_of_day"]
        goal = "the panel it lives in grows by less than 1 MB a day"
        yield goal, f"{panel / MEBIBYTE:+.2f} MB", panel < MEBIBYTE, why["panel"]
        sent = self.whole["signals"]["flat"]
        signals = sum(sent.values())
        why = ", ".join(f"`{name}` {count}" for name, count in sent.items()) + "."
        yield "while nothing shown changes, nothing is sent to the panel", f"{signals} signals", signals == 0, why

    def of_time(self):
        """Start, crossing, and the program itself."""
        told = max(self.crossings[name]["p99"] for name in ("tray", "watch"))
        half = max(self.crossings[name]["median"] for name in ("tray", "watch"))
        goal = "from a crossing to its notification in under 20 ms (99 of 100)"
        yield goal, f"{told:.1f} ms", told < 20, f"the median is {half:.1f} ms."
        live = self.crossings["live"]
        goal = "the same of a real load, with the processes named"
        yield goal, f"{live['p99']:.1f} ms", live["p99"] < 20, f"the median is {live['median']:.1f} ms."
        begun = [self.starts[name] for name in ("tray percentage", "watch", "console")]
        first, half = (max(start[which] for start in begun) for which in ("most", "median"))
        goal = "the first percentage is there within 300 ms (the slowest start)"
        yield goal, f"{first:.0f} ms", first <= 300, f"the slowest median is {half:.0f} ms."
        size = self.sizes["bytes"]["loadline"]
        largest = sorted(self.sizes["sections"].items(), key=lambda section: -section[1])[:4]
        why = ", ".join(f"`{name}` {million(bytes_)}" for name, bytes_ in largest) + "."
        yield "the program is smaller than 5 million bytes", million(size), size < 5e6, why


# Threads of GLib, which wake up for the desktop's sake.
GLIB = ("gdbus", "gmain", "dconf worker", "pool-")


def own_wakes(subject):
    """How often a second the threads that are ours woke up."""
    return sum(rate for thread, rate in subject["wakes_by_thread"].items() if not thread.startswith(GLIB))


def by_thread(shares):
    """What each thread has of something, the most first; hardly anything left out."""
    ranked = sorted(shares, key=lambda share: -share[1])
    return ", ".join(f"`{thread}` {share:.2f}" for thread, share in ranked if share >= 0.01)


def megabytes(size):
    """With one digit after the point."""
    return f"{size / MEBIBYTE:.1f} MB"


def million(size):
    """A size on the disk."""
    return f"{size / 1e6:.1f} million bytes"
