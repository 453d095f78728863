"""What a Django project says about itself in manage.py and its settings."""

import re
from dataclasses import dataclass

from capsule.build.project import Project

_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE['"]\s*,\s*['"]([\w.]+)['"]""")
_NO_HOSTS = re.compile(r"^ALLOWED_HOSTS\s*=\s*\[\s*\]\s*(?:#.*)?$", re.MULTILINE)
_STATIC_ROOT = re.compile(r"^\s*STATIC_ROOT\s*=", re.MULTILINE)


@dataclass(frozen=True)
class Django:
    settings: str
    wsgi: str
    """Module that has `application`; empty when there is none."""
    collects_static: bool
    answers_nobody: bool
    """ALLOWED_HOSTS is empty, as the command that makes a project leaves it."""


def find_django(project: Project) -> Django | None:
    """Return what is known of the Django project in the root folder, None when there is none."""
    manage = project.read("manage.py")
    if "django" not in manage.lower():
        return None
    match = _SETTINGS.search(manage)
    settings = match[1] if match else ""
    package = settings.split(".")[0] if settings else ""
    candidates = [f"{package}/wsgi.py"] if package else []
    candidates += project.glob("*/wsgi.py")
    wsgi = project.first(*candidates) or ""
    texts = [project.text(path) for path in _settings_files(project, settings)]
    collects = any(_STATIC_ROOT.search(text) for text in texts)
    nobody = any(_NO_HOSTS.search(text) for text in texts)
    return Django(settings, wsgi.removesuffix(".py").replace("/", "."), collects, nobody)


def _settings_files(project: Project, settings: str) -> list[str]:
    path = settings.replace(".", "/")
    return [
        f"{path}.py",
        f"{path}/__init__.py",
        *project.glob(f"{path}/*.py"),
        *project.glob("*/settings.py"),
    ]
