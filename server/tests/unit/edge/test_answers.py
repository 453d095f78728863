import msgspec
import pytest

from capsule.edge.answers import (
    Answers,
    BadGateway,
    CapsuleFailed,
    CapsuleStarting,
    HostNotFound,
    prefers_json,
)


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers()


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (b"application/json", True),
        (b"application/problem+json, */*", True),
        (b"text/html, application/json", False),
        (b"text/html;q=0.5, application/json", True),
        (b"text/html,application/xhtml+xml,*/*;q=0.8", False),
        (b"*/*", False),
        (b"", False),
        (b"application/json;q=x, text/html", False),
    ],
)
def test_json_is_sent_to_who_prefers_it(accept: bytes, wanted: bool) -> None:
    assert prefers_json(accept) is wanted


def test_page_escapes_what_users_named(answers: Answers) -> None:
    page = answers.render(CapsuleFailed("<b>"), accept=b"", head_only=False, close=False)
    assert b"&lt;b&gt;" in page
    assert b"<b>" not in page
    assert page.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")


def test_page_of_an_upstream_that_is_away_looks_again(answers: Answers) -> None:
    away = answers.render(BadGateway("shop does not answer."), accept=b"", head_only=False, close=False)
    failed = answers.render(CapsuleFailed("shop failed."), accept=b"", head_only=False, close=False)
    assert b'http-equiv="refresh"' in away
    assert b'http-equiv="refresh"' not in failed


def test_page_of_a_starting_capsule_looks_again(answers: Answers) -> None:
    page = answers.render(CapsuleStarting("shop is starting."), accept=b"", head_only=False, close=True)
    assert b'http-equiv="refresh"' in page
    assert b"\r\nRetry-After: 3\r\n" in page
    assert b"\r\nConnection: close\r\n" in page


def test_head_request_gets_no_body(answers: Answers) -> None:
    whole = answers.render(HostNotFound("x"), accept=b"", head_only=False, close=False)
    head = answers.render(HostNotFound("x"), accept=b"", head_only=True, close=False)
    assert head == whole[: whole.index(b"\r\n\r\n") + 4]


def test_problem_has_the_fields_of_the_api(answers: Answers) -> None:
    error = HostNotFound("There is no capsule at x.", hint="Look again.")
    _, _, body = answers.render(error, accept=b"application/json", head_only=False, close=False).partition(
        b"\r\n\r\n"
    )
    assert msgspec.json.decode(body) == {
        "type": "/errors/host_not_found",
        "title": "Nothing lives here",
        "status": 404,
        "code": "host_not_found",
        "detail": "There is no capsule at x.",
        "hint": "Look again.",
    }
