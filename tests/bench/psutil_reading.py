"""What one reading costs in Python: the counterpart of reading.rs.

psutil_reading.py HOW N, with HOW `nothing` (the pause alone) or `psutil` (as the article's script reads the machine).
"""

import json
import sys
import time

import psutil

PAUSE_SECONDS = 0.205  # as in reading.rs


def reading():
    """As the article has it."""
    cpu, memory = psutil.cpu_percent(), psutil.virtual_memory().percent
    if cpu > 100 or memory > 100:
        print("above", cpu, memory)


way = {"nothing": lambda: None, "psutil": reading}[sys.argv[1]]
count = int(sys.argv[2])
way()
micros = []
for _ in range(count):
    time.sleep(PAUSE_SECONDS)
    begin = time.perf_counter()
    way()
    micros.append((time.perf_counter() - begin) * 1e6)
print(json.dumps({"how": sys.argv[1], "readings": count, "microseconds": sorted(micros)[count // 2]}))
