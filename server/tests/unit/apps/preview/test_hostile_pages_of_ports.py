"""Pages of a port that are written to keep the app host busy."""

import time

import pytest

from capsule.apps.preview.address import PreviewAddress
from capsule.apps.preview.pages import PageRewriter

ADDRESS = PreviewAddress("token", 3000)


@pytest.mark.parametrize(
    "page",
    [
        b"<!--" * 50_000,
        b"<a" * 100_000,
        b"<a<" * 70_000 + b">",
        b"from" + b" " * 200_000 + b"x",
        b"<a " + b"src " * 50_000 + b">",
        b"<a srcset='" * 20_000 + b">",
        b"<a" + b" src" + b" " * 200_000 + b">",
    ],
    ids=["comments", "tags", "half tags", "an import", "attributes", "srcsets", "spaces"],
)
def test_no_page_takes_long(page: bytes) -> None:
    rewriter = PageRewriter(ADDRESS)
    began = time.process_time()
    told = rewriter.feed(page) + rewriter.finish()
    assert time.process_time() - began < 1
    assert len(told) >= len(page)


def test_comments_stay_and_what_is_behind_them_is_led() -> None:
    rewriter = PageRewriter(ADDRESS)
    page = b'<html><!-- <a href="/x"> --><a href="/y"></a><!-- <!-- --><script>import ( "/z")</script>'
    told = rewriter.feed(page) + rewriter.finish()
    assert b'<!-- <a href="/x"> -->' in told
    assert b'<a href="/_capsule/preview/token/3000/y">' in told
    assert b'import ( "/_capsule/preview/token/3000/z")' in told
