"""Know a Jekyll site, which is not built here, so that its sources are not published as if they were it."""

import re

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable

_FOLDERS = ("_posts", "_layouts", "_includes")
_GEM = re.compile(r"^\s*gem\s+['\"](?:jekyll|github-pages)['\"]", re.MULTILINE)


def is_jekyll(project: Project) -> bool:
    if _GEM.search(project.text("Gemfile")):
        return True
    return project.first("_config.yml", "_config.yaml") is not None and any(map(project.has_folder, _FOLDERS))


def not_built() -> Unplannable:
    return Unplannable(
        "The project is a Jekyll site, and these are not built here.",
        hint="Commit what `jekyll build` makes and set the output directory `_site`, or serve it from a "
        "Dockerfile in a capsule of type docker.",
    )
