"""The script that articles show for this: read both percentages by psutil, and say when one is above 80."""

import time

import psutil

psutil.cpu_percent()
while True:
    time.sleep(2)
    cpu = psutil.cpu_percent()
    memory = psutil.virtual_memory().percent
    if cpu > 80:
        print(f"CPU is at {cpu}%", flush=True)
    if memory > 80:
        print(f"memory is at {memory}%", flush=True)
