"""Print measurements as one table: what, how much, against what, and the aim."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    what: str
    value: str
    against: str = ""
    """The peer or raw limit measured in the same run."""
    aim: str = ""


def show(title: str, measures: list[Measure]) -> None:
    print(f"\n## {title}\n")
    print("| what | measured | against | aim |")
    print("|---|---|---|---|")
    for item in measures:
        print(f"| {item.what} | {item.value} | {item.against} | {item.aim} |", flush=True)
