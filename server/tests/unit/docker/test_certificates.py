"""When images need the machine's own certificate authorities."""

from pathlib import Path

from capsule.docker.certificates import own_bundle


def test_a_bundle_that_programs_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "bundle.crt").write_text("authorities")
    assert own_bundle({"SSL_CERT_FILE": str(tmp_path / "bundle.crt")}, tmp_path / "none") == b"authorities"


def test_none_where_there_are_only_the_usual_ones(tmp_path: Path) -> None:
    assert own_bundle({}, tmp_path) is None
    assert own_bundle({"SSL_CERT_FILE": str(tmp_path / "gone")}, tmp_path) is None
