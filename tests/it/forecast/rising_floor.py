#!/usr/bin/python3 -I
"""The rule of the early warning in plain Python, written apart from the program's: both must agree to the slot.

`rising_floor.py cases` prints named series with their answers, `rising_floor.py random FROM TO` prints random
ones with these seeds. Each line is a
JSON object: the series as means of memory in use at equal steps, in hundredths of a percent (null: unknown); the steps in a
slot of ten minutes; and the answers, the slots with the hours left at each."""
import json, math, sys

STEP, LARGEST, KEEP, CLEAR = 0.2, 0.4, 0.75, 0.3      # points; shares
NEAR, UNKNOWN, CONFIRM, BLOCKS = 35, 0.1, 2, 6        # points; share; slots; blocks in a window
SCALES = ((2, 5.0), (6, 6.0), (24, 8.0))              # slots in a block, least growth in points: windows of 2, 6 and 24 h
PAST, LEARN = 7 * 144, 144                            # slots: a week, a day

def slots(series, per_slot):
    for i in range(0, len(series) - per_slot + 1, per_slot):
        part = [v for v in series[i:i + per_slot] if v is not None]
        yield (min(part), sum(part) / len(part), series[i + per_slot - 1]) if part else None

def hours_left(series, threshold=80.0, per_slot=2):
    """For each slot the hours until memory crosses the threshold, or None where nothing is to be said of one slot."""
    lows, means, last, known = [], [], [], []
    for slot in slots(series, per_slot):                 # an unknown slot carries the one before, and counts as unknown
        known.append(slot is not None)
        lows.append(slot[0] if slot else (lows[-1] if lows else 0.0))
        means.append(slot[1] if slot else (means[-1] if means else 0.0))
        last.append(slot[2] if slot and slot[2] is not None else 200.0)
    out = [None] * len(lows)
    for b, least in SCALES:
        window = BLOCKS * b
        floor = [min(lows[i - b + 1:i + 1]) if i >= b - 1 else None for i in range(len(lows))]
        for i in range(window - 1, len(lows)):
            if known[i - window + 1:i + 1].count(False) > UNKNOWN * window or last[i] >= threshold: continue
            f = [floor[i - k * b] for k in reversed(range(BLOCKS))]
            rise, steps = f[-1] - f[0], [y - x for x, y in zip(f, f[1:])]
            ordered = sorted(means[i - b + 1:i + 1])
            top = ordered[-1] if b < 3 else ordered[-2]
            if rise < least or min(steps) <= STEP or max(steps) > LARGEST * rise: continue
            if f[5] - f[3] < KEEP * (f[2] - f[0]): continue                       # levelling off
            if not threshold - NEAR < top < threshold: continue
            slopes = sorted((f[q] - f[p]) / ((q - p) * b) for p in range(BLOCKS) for q in range(p + 1, BLOCKS))
            slope = slopes[len(slopes) // 2]                                      # the median of 15
            if slope <= 0 or (threshold - top) / slope > window: continue
            past = [v for v in floor[max(0, i - window - PAST + 1):i - window + 1] if v is not None]
            if len(past) < LEARN: continue
            highest, lowest = max(past), min(past)
            if highest < threshold and f[5] <= highest + CLEAR * (highest - lowest): continue
            left = (threshold - top) / slope / 6
            out[i] = left if out[i] is None else min(out[i], left)
    return out

def warnings(series, threshold=80.0, per_slot=2):
    """(slot, hours left) where it held in CONFIRM slots on end. The program says at most one a day, none while the alert of
    memory rises, fires or ended less than an hour ago."""
    left = hours_left(series, threshold, per_slot)
    return [(i, left[i]) for i in range(1, len(left)) if left[i] is not None and left[i - 1] is not None]

def cases():
    day, begin = 288, 2 * 288
    t = [max(0, i - begin) / 12 for i in range(begin + 4 * day)]
    def of(f): return [min(100.0, max(0.0, f(x))) for x in t]
    def changed(f, lo, hi, g): return [g(v) if lo <= i < hi else v for i, v in enumerate(of(f))]
    five = lambda x: 50 + 5 * x
    yield "+10 points an hour", of(lambda x: 50 + 10 * x), (1.9, 1.1)
    yield "+5", of(five), (4.2, 1.8)
    yield "+2", of(lambda x: 50 + 2 * x), (9.4, 5.8)
    yield "+0.6", of(lambda x: 50 + .6 * x), (26.4, 23.8)
    yield "+5 with 12 hours of history", of(five)[begin - 144:], None
    yield "a jump of 25", of(lambda x: 50 + 25 * (x > 0)), None
    yield "three jumps of 8, an hour apart", of(lambda x: 50 + 8 * min(math.floor(x), 3)), None
    yield "2.5 each half hour", of(lambda x: 50 + 2.5 * math.floor(x * 2)), (5.6, 1.0)
    yield "10 each two hours", of(lambda x: 50 + 10 * math.floor(x / 2)), None
    yield "levels off, 2 h", of(lambda x: 50 + 27 * (1 - math.exp(-x / 2))), None
    yield "levels off, 8 h", of(lambda x: 50 + 27 * (1 - math.exp(-x / 8))), None
    yield "a sawtooth of 20 over a level floor", of(lambda x: 50 + (20 * (x % 1) if x > 0 else 0)), None
    yield "a sawtooth of 8, floor +5: its peak crosses first", of(lambda x: five(x) + (8 * (x * 2 % 1) if x > 0 else 0)), None
    yield "+5, 86 % for an hour the day before", changed(five, day, day + 12, lambda v: 86), (4.2, 1.8)
    yield "+5, 76 % for 3 h the day before: the blind spot", changed(five, day, day + 36, lambda v: 76), None
    yield "+5, an hour unknown", changed(five, begin + 12, begin + 24, lambda v: None), (4.2, 1.8)
    yield "+5, falls by 12 after 2.5 h", changed(five, begin + 30, 10 ** 6, lambda v: v - 12), (6.8, 1.7)


class Random:
    """A small generator of its own, so that the series stay the same in every version of Python."""
    def __init__(self, seed): self.state = seed * 2654435761 % 2 ** 64 or 1
    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 33) % n

def random_series(seed):
    """One or two days of a quiet floor, then a rise of some kind with noise, holes, jumps and peaks; in hundredths."""
    random, steps = Random(seed), 10 if seed % 5 == 0 else 2
    quiet, rising = (130 + random.below(160)) * steps, (20 + random.below(160)) * steps
    base, spread, noise = 2000 + random.below(4500), random.below(400), random.below(150) + 1
    pace = (1 + random.below(60)) / (1 + random.below(6)) * 10 / steps     # hundredths a step
    bend, hole, jump, peak = random.below(4), random.below(400), random.below(900), random.below(3000)
    series, extra = [], 0
    for step in range(quiet + rising):
        t = max(0, step - quiet)
        if jump and t and random.below(200 * steps) == 0: extra += random.below(jump) - jump // 3
        bent = t / steps / 60
        rise = t * pace * (1, 1, 1 / (1 + bent), bent)[bend]
        value = base + spread * math.sin(step / steps / 23) + rise + extra + random.below(noise)
        if random.below(150) == 0: value += peak
        series.append(None if hole and random.below(hole * 4 + 8) == 0 else int(min(10000, max(0, value))))
    if random.below(3) == 0:
        begin = random.below(len(series))
        series[begin:begin + random.below(200)] = [None] * len(series[begin:begin + random.below(200)])
    return series

def answer(name, series, per_slot):
    percents = [None if value is None else value / 100 for value in series]
    left = hours_left(percents, per_slot=per_slot)
    return json.dumps({"name": name, "per_slot": per_slot, "series": series,
                       "left": [[slot, hours] for slot, hours in enumerate(left) if hours is not None]})

if __name__ == "__main__":
    if sys.argv[1] == "cases":
        for name, series, _ in cases():
            print(answer(name, [None if value is None else round(value * 100) for value in series], 2))
    else:
        for seed in range(int(sys.argv[2]), int(sys.argv[3])):
            print(answer(f"random {seed}", random_series(seed), 10 if seed % 5 == 0 else 2))
