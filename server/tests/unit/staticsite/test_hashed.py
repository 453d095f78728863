"""File names that say that the file never changes."""

import pytest

from capsule.staticsite.hashed import is_hashed


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("assets/index-DiwrgTda.js", True),
        ("static/js/main.8f4b2c1d.chunk.js", True),
        ("main.8f4b2c1d.js", True),
        ("static/js/main.8f4b2c1d.js", True),
        ("main-5XKLMNOP.js", True),
        ("chunk-KJHGFDSA.js", True),
        ("_next/static/yQ3abc/_buildManifest.js", True),
        ("_app/immutable/entry/start.x.js", True),
        ("_nuxt/C0tFPXT9.js", True),
        ("_nuxt/builds/latest.json", False),
        ("_astro/page.BYk3x_Qa.css", True),
        ("README-DOWNLOAD.js", False),
        ("assets/hero-Portrait.jpg", False),
        ("report-20240101.pdf", False),
        ("assets/my-component.js", False),
        ("index.html", False),
    ],
)
def test_names_with_a_hash_never_change(path: str, answer: bool) -> None:
    assert is_hashed(path) is answer
