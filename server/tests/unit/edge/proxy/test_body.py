from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsule.edge.proxy.body import ChunkedBody, EndlessBody, LengthBody, MalformedChunk


def feed_split(body: LengthBody | ChunkedBody, data: bytes, cuts: list[int]) -> tuple[bytes, bytes | None]:
    """Feed `data` cut at `cuts`; return all that is passed on and what lies behind the body."""
    out, behind = b"", None
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    for start, end in pairwise(edges):
        piece = data[start:end]
        if behind is not None:
            behind += piece
        elif piece:
            passed, behind = body.feed(piece)
            out += passed
    return out, behind


def chunked(chunks: list[bytes], extension: bytes = b"", trailers: bytes = b"") -> bytes:
    lines = b"".join(b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks if chunk)
    return lines + b"0" + extension + b"\r\n" + trailers + b"\r\n"


cut_points = st.lists(st.integers(min_value=0, max_value=10_000), max_size=30)


class TestLength:
    @given(st.binary(min_size=1, max_size=200), st.binary(max_size=50), cut_points)
    def test_body_ends_where_its_length_says(self, content: bytes, behind: bytes, cuts: list[int]) -> None:
        assert feed_split(LengthBody(len(content)), content + behind, cuts) == (content, behind)

    def test_body_that_is_not_whole_goes_on(self) -> None:
        assert LengthBody(3).feed(b"ab") == (b"ab", None)


class TestChunked:
    @given(st.lists(st.binary(max_size=300), max_size=6), st.binary(max_size=50), cut_points)
    def test_framing_is_passed_on_wherever_it_is_cut(
        self, chunks: list[bytes], behind: bytes, cuts: list[int]
    ) -> None:
        data = chunked(chunks)
        assert feed_split(ChunkedBody(), data + behind, cuts) == (data, behind)

    def test_every_single_cut_gives_the_same(self) -> None:
        data = chunked([b"hello", b"x" * 40, b"\r\n0\r\n\r\n"], b";a=b", b"T: 1\r\n")
        plain = chunked([b"hello", b"x" * 40, b"\r\n0\r\n\r\n"])
        for cut in range(len(data) + 1):
            assert feed_split(ChunkedBody(), data + b"GET", [cut]) == (plain, b"GET")
        assert feed_split(ChunkedBody(), data + b"GET", list(range(len(data)))) == (plain, b"GET")

    def test_trailers_are_kept_when_asked(self) -> None:
        data = chunked([b"a"], trailers=b"T: 1\r\n")
        assert ChunkedBody(trailers=True).feed(data) == (data, b"")

    @pytest.mark.parametrize(
        "data",
        [
            b"x\r\n",
            b"\r\n",
            b"-1\r\n",
            b"0x1\r\na\r\n",
            b" 1\r\na\r\n",
            b"1 \r\na\r\n",
            b"1\na\r\n",
            b"1;a\nb\r\na\r\n",
            b"1;\0\r\na\r\n",
            b"1\r\nab\r\n",
            b"1\r\na\n",
            b"2\r\na\r\n\r\n",
            b"1" * 16 + b"\r\n",
            b"1;" + b"a" * 9000,
            b"0\r\nno trailer\r\n\r\n",
            b"0\r\nT : 1\r\n\r\n",
            b"0\r\n" + b"T: 1\r\n" * 20_000,
        ],
    )
    def test_malformed_framing_is_refused(self, data: bytes) -> None:
        with pytest.raises(MalformedChunk):
            ChunkedBody().feed(data)


def test_endless_body_never_ends_by_itself() -> None:
    assert EndlessBody().feed(b"a") == (b"a", None)
