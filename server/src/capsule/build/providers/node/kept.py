"""npm's installation, kept between builds: what an unchanged lock file gave before is copied, not made anew.

Only where the copy is the same as a clean installation would be. Install scripts of packages run again over
the copy, since some read the project (Prisma generates a client from its schema); and where the project's own
files take part in the installation, nothing is kept at all.
"""

from capsule.build.project import Project, Unreadable
from capsule.build.providers.draft import Draft

_FOLDER = "{cache}/node_modules"

# Lock files are sometimes refused for what they lack about other systems; such projects are built as well.
_INSTALL = (
    "npm ci --include=dev --no-audit --no-fund || { echo 'npm ci did not accept the lock file; trying npm "
    "install.' >&2; npm install --include=dev --no-audit --no-fund; }"
)

# Arguments: the folder of what is kept, the lock file, and `rebuild` or nothing. The key is written last, so
# that a copy which was not finished is never taken.
_INSTALL_KEPT = f"""
kept="$1" lock="$2"
key="$({{ env | grep -i '^npm_config_' | sort; command -v node; node --version; cat package.json "$lock"; \
cat .npmrc 2>/dev/null; }} | sha256sum)"
if [ "$(cat "$kept/key" 2>/dev/null)" = "$key" ] && cp -a "$kept/node_modules" .; then
  echo "package.json and $lock are those of the build before; its node_modules are copied from the cache."
  [ -z "$3" ] || exec npm rebuild
  exit
fi
{{ {_INSTALL}; }} || exit
if [ -d node_modules ]; then
  rm -f "$kept/key" && rm -rf "$kept" && mkdir -p "$kept" && cp -a node_modules "$kept/node_modules" &&
    printf '%s' "$key" >"$kept/key" || echo 'node_modules could not be kept for the next build.' >&2
fi
"""

_OWN_SCRIPTS = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")


def plan_npm(draft: Draft, project: Project, lock: str) -> None:
    """Install what the lock file names."""
    packages = _packages(project, lock)
    if not _may_keep(project, packages):
        draft.step("install dependencies", "sh", "-c", _INSTALL)
        return
    # A lock file of npm 6 does not tell which packages have scripts.
    has_scripts = not packages or any(package.get("hasInstallScript") for package in packages)
    again = "rebuild" if has_scripts else ""
    draft.step("install dependencies", "sh", "-c", _INSTALL_KEPT, "install", _FOLDER, lock, again)


def _may_keep(project: Project, packages: list[dict[str, object]]) -> bool:
    """Say whether the installation depends on nothing but package.json and the lock file."""
    content = project.json("package.json")
    scripts = content.get("scripts")
    if content.get("workspaces") or project.has("binding.gyp"):
        return False
    if isinstance(scripts, dict) and any(scripts.get(name) for name in _OWN_SCRIPTS):
        return False
    return not any(
        package.get("link") or str(package.get("resolved", "")).startswith("file:") for package in packages
    )


def _packages(project: Project, lock: str) -> list[dict[str, object]]:
    try:
        found = project.json(lock).get("packages")
    except Unreadable:
        return []  # npm itself says best what is wrong with it
    return (
        [package for package in found.values() if isinstance(package, dict)]
        if isinstance(found, dict)
        else []
    )
