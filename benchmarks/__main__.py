"""Run the benchmarks named on the command line, or all of them."""

import importlib
import sys

ALL = ("chat", "command_line", "edge", "installation", "push", "plan_speed", "runtimes", "serve_reload")


def main() -> int:
    chosen = sys.argv[1:] or list(ALL)
    if unknown := [name for name in chosen if name not in ALL]:
        print(f"unknown benchmark {unknown[0]!r}; there are: {', '.join(ALL)}", file=sys.stderr)
        return 2
    for name in chosen:
        importlib.import_module(f"benchmarks.{name}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
