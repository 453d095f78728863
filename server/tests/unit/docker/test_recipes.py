"""Which images can be made of packages, and what is said of those that cannot."""

import pytest

from capsule.docker.bases.bases import registry_of
from capsule.docker.bases.recipes import find_recipe, recipe_named, why_none


@pytest.mark.parametrize(
    ("image", "recipe"),
    [
        ("python:3.11-slim", "python"),
        ("python:3.11.9-slim-bookworm", "python"),
        ("python:3", "python"),
        ("python", "python"),
        ("docker.io/library/python:slim", "python"),
        ("node:20", "node"),
        ("node:20-slim", "node"),
        ("node:lts-bookworm-slim", "node"),
        ("node:22.4.1-bookworm", "node"),
        ("debian:bookworm-slim", "debian-bookworm"),
        ("debian", "debian-bookworm"),
        ("caddy:2", "caddy"),
        ("caddy:2.8-alpine", "caddy"),
        ("nginx:alpine", "nginx"),
        ("nginx:1.25", "nginx"),
        ("php:8-apache", "php-apache"),
        ("php:8.2-cli", "php-cli"),
        ("php:apache", "php-apache"),
        ("python:3.12-slim", None),
        ("python:3.11-alpine", None),
        ("node:12", None),
        ("debian:trixie", None),
        ("ubuntu:24.04", None),
        ("alpine", None),
        ("registry.example/python:3.11", None),
        ("python@sha256:" + "0" * 64, None),
    ],
)
def test_recipe_of_an_image(image: str, recipe: str | None) -> None:
    found = find_recipe(image)
    assert (found.name if found else None) == recipe


def test_the_version_is_an_argument() -> None:
    node = find_recipe("node:20-slim")
    assert node is not None
    assert node.arguments == {"VERSION": "20"}
    assert recipe_named("node").arguments == {"VERSION": "24"}


@pytest.mark.parametrize(
    "name", ["debian-bookworm", "python", "node", "caddy", "nginx", "php-cli", "php-apache"]
)
def test_every_recipe_leads_down_to_the_smallest_debian(name: str) -> None:
    recipe = recipe_named(name)
    for _ in range(5):
        if recipe.base == "rootfs":
            return
        recipe = recipe_named(recipe.base)
    pytest.fail("it never ends")


def test_why_an_image_cannot_be_made() -> None:
    assert "Python 3.11 only, not for `3.12`" in why_none("python:3.12")
    assert "Ubuntu's packages" in why_none("ubuntu:24.04")
    assert "`python`" in why_none("alpine:3")
    assert "`team/shop` cannot be made here" in why_none("team/shop:1")


def test_registries() -> None:
    assert registry_of("python:3") == "docker.io"
    assert registry_of("team/shop") == "docker.io"
    assert registry_of("ghcr.io/team/shop:1") == "ghcr.io"
    assert registry_of("localhost:5000/shop") == "localhost:5000"
