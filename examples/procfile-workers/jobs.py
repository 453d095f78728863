import os
import sys
import time


def every(seconds: float, text: str) -> None:
    while True:
        print(text, flush=True)
        time.sleep(seconds)


if sys.argv[1] == "prepare":
    print("prepared: migrations would run here")
elif sys.argv[1] == "tick":
    every(float(os.environ.get("INTERVAL", "60")), "tick")
else:
    every(5, "one job done")
