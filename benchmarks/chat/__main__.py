"""Measure the sections named on the command line, or all of them."""

import sys

from benchmarks.chat import SECTIONS, run

chosen = sys.argv[1:]
if unknown := [name for name in chosen if name not in SECTIONS]:
    sys.exit(f"unknown section {unknown[0]!r}; there are: {', '.join(SECTIONS)}")
run(chosen)
