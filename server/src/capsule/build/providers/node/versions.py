"""Does a Node version meet a range as package.json writes it (`^20`, `>=18 <23`, `20.x || 22.x`)?"""

import re

_COMPARATOR = re.compile(
    r"^(\^|~>?|>=|<=|>|<|=)?v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+].*)?$"
)
_HYPHEN = re.compile(r"^\s*(\S+)\s+-\s+(\S+)\s*$")

_LTS = {
    "argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14, "gallium": 16,
    "hydrogen": 18, "iron": 20, "jod": 22, "krypton": 24,
}  # fmt: skip
_ANY = {"", "*", "x", "node", "stable", "current", "latest", "lts", "lts/*"}

Version = tuple[int, int, int]


def as_range(wanted: str) -> str:
    """Return what a project asks for as a version range: `lts/iron` is `20`, `lts/*` is any."""
    text = wanted.strip().lower()
    if text in _ANY:
        return ""
    name = text.removeprefix("lts/").removeprefix("lts-")
    return str(_LTS[name]) if name in _LTS else wanted.strip()


def meets(version: str, wanted: str) -> bool | None:
    """Say whether `version` is in the range; None when the range is not understood (`lts/*`)."""
    mine = _parse(version)
    alternatives = wanted.split("||")
    answers = [_meets_all(mine, part) for part in alternatives]
    if True in answers:
        return True
    return None if None in answers else False


def _meets_all(mine: Version, text: str) -> bool | None:
    if hyphen := _HYPHEN.match(text):
        text = f">={hyphen[1]} <={hyphen[2]}"
    joined = re.sub(r"(\^|~>?|>=|<=|>|<|=)\s+", r"\1", text.strip())
    if not joined:
        return True
    answers = [_meets_one(mine, part) for part in re.split(r"[\s,]+", joined)]
    return None if None in answers else all(answers)


def _meets_one(mine: Version, text: str) -> bool | None:
    match = _COMPARATOR.match(text)
    if match is None:
        return None
    operator = match[1] or ""
    numbers = [int(part) for part in match.groups()[1:] if part is not None and part.isdigit()]
    if not numbers:
        return True
    low, high = _span(numbers)
    if operator == ">=":
        return mine >= low
    if operator == ">":
        return mine >= high if len(numbers) < 3 else mine > low
    if operator == "<":
        return mine < low
    if operator == "<=":
        return mine < high
    if operator == "^":
        high = _span(numbers[: next((i for i, n in enumerate(numbers) if n), len(numbers) - 1) + 1])[1]
    elif operator.startswith("~"):
        high = _span(numbers[:2])[1]
    return low <= mine < high


def _span(numbers: list[int]) -> tuple[Version, Version]:
    """Return the first version that `1.2` means, and the first after it."""
    low = (*numbers, 0, 0)[:3]
    above = [*numbers[:-1], numbers[-1] + 1]
    high = (*above, 0, 0)[:3]
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _parse(version: str) -> Version:
    numbers = [int(part) for part in re.findall(r"\d+", version)[:3]]
    return _span(numbers or [0])[0]
