"""A changed setting of the app host makes `capsule up` start it again."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from capsule.installation.processes import processes
from capsule.main import main
from capsule.settings import Settings


def told(data: Path, **more: str) -> Settings:
    return Settings.model_validate({"data": data, **more})


def arguments(settings: Settings) -> list[str]:
    (apps,) = (process for process in processes(settings) if process.name == "apps")
    return apps.arguments


def test_the_same_settings_are_the_same_arguments_and_others_are_not(tmp_path: Path) -> None:
    plain, mail = told(tmp_path), told(tmp_path, smtp_url="smtp://u:secret@mail.example")
    assert arguments(plain) == arguments(told(tmp_path))
    assert arguments(plain) != arguments(mail)
    assert "secret" not in " ".join(arguments(mail))


def test_looking_at_processes_makes_no_data_folder(tmp_path: Path) -> None:
    processes(told(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://u:hidden@mail.example?tls=1"])
def test_a_mail_server_that_is_none_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError) as failure:
        told(tmp_path, smtp_url=url)
    assert "hidden" not in str(failure.value)


def test_a_refused_password_is_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAPSULE_SMTP_URL", "smtp://u:hidden@mail.example?tls=1")
    assert main(["status", "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "smtp_url: has an unknown option 'tls'" in said
    assert "CAPSULE_SMTP_URL" in said
    assert "hidden" not in said
