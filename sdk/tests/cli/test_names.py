"""Capsule names: what suits, and what is proposed instead."""

import pytest

from cpsl._problems import InvalidInput
from cpsl.cli.names import check, is_valid, suggestion


@pytest.mark.parametrize("name", ["a", "shop", "shop-2", "a" * 40])
def test_suitable_names_are_taken(name: str) -> None:
    assert check(name) == name


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("My Shop", "my-shop"),
        ("a/b", "a-b"),
        ("a--b", "a-b"),
        ("-x-", "x"),
        ("Übersicht", "ubersicht"),
        ("x" * 200, "x" * 40),
        ("日本", "my-app"),
        ("", "my-app"),
    ],
)
def test_unsuitable_names_are_refused_with_a_valid_proposal(name: str, proposed: str) -> None:
    assert suggestion(name) == proposed
    assert is_valid(proposed)
    with pytest.raises(InvalidInput) as caught:
        check(name)
    assert caught.value.hint == f"--name {proposed}"
    assert len(caught.value.detail) < 300
