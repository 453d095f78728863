"""What a prompt takes, and how names and types of uploads are cleaned."""

import pytest

from capsule.apps.files.accept import guess_type, matches
from capsule.apps.files.errors import InvalidFile
from capsule.apps.files.names import clean_name, clean_type, is_shown, served_type


@pytest.mark.parametrize(
    ("accept", "name", "content_type"),
    [
        ("", "a.exe", "application/x-msdownload"),
        (" , ", "a.exe", ""),
        (".csv", "A.CSV", ""),
        ("csv", "a.csv", ""),
        (".csv,text/csv", "data", "text/csv; charset=utf-8"),
        ("text/csv", "a.csv", "application/vnd.ms-excel"),
        ("image/*", "a.png", ""),
        ("image/*", "a", "IMAGE/WebP"),
        ("image/*,.pdf", "a.pdf", "application/octet-stream"),
        ("application/pdf , image/*", "a.pdf", ""),
        (".tar.gz", "a.tar.gz", ""),
        ("*/*", "a.exe", "x"),
        ("*", "a.exe", "x"),
    ],
)
def test_takes(accept: str, name: str, content_type: str) -> None:
    assert matches(accept, name, content_type)


@pytest.mark.parametrize(
    ("accept", "name", "content_type"),
    [
        (".csv", "a.csv.exe", "application/x-msdownload"),
        (".csv", "csv", "text/plain"),
        (".csv", ".csv", "text/plain"),
        ("text/csv", "a.pdf", "application/pdf"),
        ("image/*", "a.pdf", "application/pdf"),
        ("image/*", "image", "imagex/png"),
        ("image/png", "a.jpg", "image/jpeg"),
        ("/", "a.txt", "text/plain"),
        ("application/x-tar", "a.tar.gz", ""),
    ],
)
def test_refuses(accept: str, name: str, content_type: str) -> None:
    assert not matches(accept, name, content_type)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("  käse €.txt ", "käse €.txt"),
        ("folder/", "folder"),
        ("\ud800a.txt", "a.txt"),
    ],
)
def test_name_is_cleaned(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.mark.parametrize("given", ["", "  ", "/", "..", "a/..", "\0", None, 5, ["a"]])
def test_no_name_at_all(given: object) -> None:
    with pytest.raises(InvalidFile):
        clean_name(given)


def test_long_name_keeps_its_ending() -> None:
    name = clean_name("ä" * 300 + ".pdf")
    assert len(name.encode()) <= 255
    assert name.endswith("ä.pdf")
    assert len(clean_name("x." + "y" * 300).encode()) == 255


def test_type_is_cleaned() -> None:
    assert clean_type("Text/CSV; header=present", "a") == "text/csv"
    assert clean_type("nonsense", "a.png") == "image/png"
    assert clean_type("text/html\r\nX: y", "a.png") == "image/png"
    assert clean_type("", "a") == clean_type(None, "a") == "application/octet-stream"
    with pytest.raises(InvalidFile):
        clean_type(7, "a")


def test_nothing_that_can_carry_scripts_is_shown_in_place() -> None:
    shown = ["image/png", "video/mp4", "audio/ogg", "application/pdf", "text/plain", "text/csv"]
    hidden = [
        "text/html",
        "image/svg+xml",
        "image/svg",
        "application/xhtml+xml",
        "text/javascript",
        "text/xml",
    ]
    assert all(is_shown(item) for item in shown)
    assert not any(is_shown(item) for item in hidden)
    assert {served_type(item) for item in hidden} == {"application/octet-stream"}
    assert served_type("text/plain") == "text/plain; charset=utf-8"
    assert guess_type("a.svg") == "image/svg+xml"
