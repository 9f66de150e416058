"""The traces that are played: the most varied minutes of a real day, a flat one, and a long one."""

import csv
import math
import random

from common import PROJECT, REFRESH_SECONDS

REAL = PROJECT / "tests/traces/a-varied-day.csv"


def write(path, rows):
    """Rows of CPU and memory, two seconds apart."""
    with path.open("w") as file:
        file.write("time,cpu,memory\n")
        file.writelines(f"{index * REFRESH_SECONDS},{cpu},{memory}\n" for index, (cpu, memory) in enumerate(rows))
    return path


def flat(path, minutes):
    """Nothing changes."""
    return write(path, [(23, 61)] * int(minutes * 60 / REFRESH_SECONDS))


def varied(path, minutes):
    """Those minutes of the real trace in which what is shown changes most often."""
    rows = [(row["cpu"], row["memory"]) for row in csv.DictReader(REAL.read_text().splitlines())]
    count = min(len(rows), int(minutes * 60 / REFRESH_SECONDS))
    shown = [tuple(round(float(value or -1)) for value in row) for row in rows]
    changes = [int(shown[i] != shown[i - 1]) for i in range(len(rows))]
    starts = range(0, len(rows) - count + 1, 30)
    best = max(starts, key=lambda start: sum(changes[start : start + count]))
    return write(path, rows[best : best + count])


def day(path, count):
    """So many real readings: the real trace again and again."""
    rows = [(row["cpu"], row["memory"]) for row in csv.DictReader(REAL.read_text().splitlines())]
    return write(path, [rows[index % len(rows)] for index in range(count)])


def long(path, count):
    """A made-up one, the same every time: a daily wave, noise and bursts above the threshold."""
    chance = random.Random(7)
    rows = []
    for index in range(count):
        wave = 40 + 25 * math.sin(index / 6875)
        burst = 40 if index % 900 < 12 else 0
        rows.append((round(min(100, max(0, wave + burst + chance.gauss(0, 4))), 1), round(55 + wave / 8, 1)))
    return write(path, rows)
