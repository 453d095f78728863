"""One installation on one machine: its processes, its first start, its health. Used by `main.py` only."""
