from ipaddress import ip_network

import pytest

from capsule.errors import InvalidInput
from capsule.sandbox.gate.entries import Entry, parse_entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("db.lan:5432", Entry(name="db.lan", port=5432)),
        ("Api.Example.com.", Entry(name="api.example.com")),
        ("localhost:80", Entry(name="localhost", port=80)),
        ("bücher.example", Entry(name="xn--bcher-kva.example")),
        ("10.0.0.5", Entry(network=ip_network("10.0.0.5"))),
        (" 10.0.0.5:5432 ", Entry(network=ip_network("10.0.0.5"), port=5432)),
        ("10.1.0.0/16:443", Entry(network=ip_network("10.1.0.0/16"), port=443)),
        ("10.1.0.0/16", Entry(network=ip_network("10.1.0.0/16"))),
        ("fd00::5", Entry(network=ip_network("fd00::5"))),
        ("[fd00::5]:80", Entry(network=ip_network("fd00::5"), port=80)),
        ("[fd00::5]", Entry(network=ip_network("fd00::5"))),
        ("fd00::/8", Entry(network=ip_network("fd00::/8"))),
        ("fd00::/8:443", Entry(network=ip_network("fd00::/8"), port=443)),
        ("[fd00::/8]:443", Entry(network=ip_network("fd00::/8"), port=443)),
        ("::ffff:10.0.0.5", Entry(network=ip_network("10.0.0.5"))),
    ],
)
def test_every_form_is_read(text: str, entry: Entry) -> None:
    assert parse_entry(text) == entry


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("", "names no host", "db.lan:5432"),
        (":80", "names no host", "db.lan:5432"),
        ("db:", "no port between 1 and 65535", "db.lan:5432"),
        ("db:0", "no port between 1 and 65535", "db.lan:5432"),
        ("db:70000", "no port between 1 and 65535", "db.lan:5432"),
        ("10.0.0", "no complete address", "10.0.0.5"),
        ("10.0.0.5/16", "bits set after its mask", "Did you mean 10.0.0.0/16?"),
        ("10.0.0.0/40", "no network", "10.1.0.0/16:443"),
        ("0.0.0.0:80", "no address to connect to", "127.0.0.1"),
        ("*.example.com", "wildcard", "each host"),
        ("fe80::1%eth0", "interface", "%"),
        ("https://example.com", "URL", "Write example.com:443."),
        ("postgres://u:p@db.local/x", "URL", "Write db.local:5432."),
        ("ftp://files.example.com", "URL", "Write files.example.com and its port."),
        ("https://[", "URL", "db.lan:5432"),
        ("ex ample.com", "no host name", "db.lan:5432"),
        ("-a.example", "no host name", "db.lan:5432"),
        ("::ffff:10.0.0.0/120", "IPv6 spelling", "IPv4"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_way_out(text: str, problem: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_entry(text)
    assert f"'{text}'" in caught.value.detail
    assert problem in caught.value.detail
    assert hint in (caught.value.hint or "")
