"""Links to what changed between two builds."""

from datetime import timedelta

import pytest

from capsule.control.delivery.builds.comparison import PUBLIC_HOSTS, Comparisons, compare_url
from capsule.kit.clock import now
from capsule.models import Build

HOSTS = {**PUBLIC_HOSTS, "git.example": "gitea", "lab.example:8443": "gitlab"}


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("https://github.com/team/shop.git", "https://github.com/team/shop/compare/a...b"),
        ("git@github.com:team/shop.git", "https://github.com/team/shop/compare/a...b"),
        ("https://gitlab.com/group/sub/shop", "https://gitlab.com/group/sub/shop/-/compare/a...b"),
        ("https://lab.example:8443/team/shop.git", "https://lab.example:8443/team/shop/-/compare/a...b"),
        ("https://bitbucket.org/team/shop.git", "https://bitbucket.org/team/shop/branches/compare/b%0Da"),
        ("ssh://git@git.example:2222/team/shop.git", "https://git.example/team/shop/compare/a...b"),
        ("https://elsewhere.example/team/shop.git", None),
        ("/srv/repositories/shop", None),
        ("file:///srv/shop", None),
    ],
)
def test_each_kind_of_host_has_its_page(repository: str, page: str | None) -> None:
    assert compare_url(repository, "a", "b", HOSTS) == page


def _build(number: int, commit: str, url: str = "https://github.com/team/shop") -> Build:
    made = now() + timedelta(seconds=number)
    return Build(id=f"bld_{number}", source={"url": url, "commit": commit}, created_at=made)


def test_a_build_is_compared_with_the_succeeded_one_before_it() -> None:
    first, second, third = _build(1, "a"), _build(2, "b"), _build(3, "c")
    comparisons = Comparisons([third, first], {})
    assert comparisons.url(third) == "https://github.com/team/shop/compare/a...c"
    assert comparisons.url(second) == "https://github.com/team/shop/compare/a...b"
    assert comparisons.url(first) is None


def test_nothing_is_compared_with_the_same_commit_or_another_repository() -> None:
    first, again, other = _build(1, "a"), _build(2, "a"), _build(3, "b", "https://github.com/team/other")
    assert Comparisons([again, first], {}).url(again) is None
    assert Comparisons([again, first], {}).url(other) is None
    assert Comparisons([first], {}).url(Build(id="bld_9", source={}, created_at=now())) is None
