"""Version ranges as package.json and Poetry write them."""

import pytest

from capsule.build.providers.node.versions import meets
from capsule.build.providers.python.poetry import translate


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (">=18", True),
        ("20", True),
        ("20.x", True),
        ("^20.1.0", True),
        ("~20.20.0", True),
        ("*", True),
        ("", True),
        (">=18 <21", True),
        (">= 18", True),
        ("18 || 20", True),
        ("18.x - 20.x", True),
        (">19", True),
        ("<=20", True),
        ("^18", False),
        ("22", False),
        (">20", False),
        ("<20", False),
        ("~20.19", False),
        (">=20.21.0", False),
        ("lts/*", None),
        ("current", None),
        ("v20.20.2", True),
    ],
)
def test_node_range(wanted: str, answer: bool | None) -> None:
    assert meets("20.20.2", wanted) is answer


@pytest.mark.parametrize(
    ("poetry", "standard"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^1", ">=1,<2"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        (">=1, <2", ">=1,<2"),
        (">=1 <2", ">=1,<2"),
        ("^1 || ^2", ">=1"),
        ("!=1.5", "!=1.5"),
    ],
)
def test_poetry_range(poetry: str, standard: str) -> None:
    assert translate(poetry) == standard
