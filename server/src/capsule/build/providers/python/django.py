"""What a Django project says about itself in manage.py and its settings."""

import re
from dataclasses import dataclass

from capsule.build.project import Project

_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE['"]\s*,\s*['"]([\w.]+)['"]""")
_NO_HOSTS = re.compile(r"^ALLOWED_HOSTS\s*=\s*\[\s*\]\s*(?:#.*)?$", re.MULTILINE)
_STATIC_ROOT = re.compile(r"^\s*STATIC_ROOT\s*=", re.MULTILINE)


@dataclass(frozen=True)
class Django:
    folder: str
    """Where manage.py lies; empty for the project folder."""
    settings: str
    wsgi: str
    """Module that has `application`; empty when there is none."""
    collects_static: bool
    answers_nobody: bool
    """ALLOWED_HOSTS is empty, as the command that makes a project leaves it."""

    @property
    def manage(self) -> str:
        return f"{self.folder}/manage.py" if self.folder else "manage.py"

    @property
    def place(self) -> str:
        return f"{{app}}/{self.folder}" if self.folder else "{app}"


def find_django(project: Project) -> Django | None:
    """Return what is known of the Django project in the root folder or, where that has none, in the only
    folder below it that has one; None when there is none.
    """
    below = project.glob("*/manage.py")
    if not project.has("manage.py") and len(below) != 1:
        return None
    folder = "" if project.has("manage.py") else below[0].rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    manage = project.read(f"{prefix}manage.py")
    if "django" not in manage.lower():
        return None
    match = _SETTINGS.search(manage)
    settings = match[1] if match else ""
    package = settings.split(".")[0] if settings else ""
    candidates = [f"{prefix}{package}/wsgi.py"] if package else []
    candidates += project.glob(f"{prefix}*/wsgi.py")
    wsgi = (project.first(*candidates) or "").removeprefix(prefix)
    texts = [project.text(path) for path in _settings_files(project, prefix, settings)]
    return Django(
        folder,
        settings,
        wsgi.removesuffix(".py").replace("/", "."),
        collects_static=any(_STATIC_ROOT.search(text) for text in texts),
        answers_nobody=any(_NO_HOSTS.search(text) for text in texts),
    )


def _settings_files(project: Project, prefix: str, settings: str) -> list[str]:
    path = prefix + settings.replace(".", "/")
    return [
        f"{path}.py",
        f"{path}/__init__.py",
        *project.glob(f"{path}/*.py"),
        *project.glob(f"{prefix}*/settings.py"),
    ]
