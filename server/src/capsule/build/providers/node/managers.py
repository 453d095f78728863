"""npm, pnpm and yarn: which one a project uses, and how each installs, runs scripts and prunes."""

import re
from dataclasses import dataclass

from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.package import Package

_TOOLS = "{deps}/tools"
_EXACT = re.compile(r"^(npm|pnpm|yarn|bun)@(\d+\.\d+\.\d+[^+]*)")

# Lock files are sometimes refused for what they lack about other systems; such projects are built as well.
_NPM_CI = (
    "npm ci --include=dev --no-audit --no-fund || { echo 'npm ci did not accept the lock file; trying npm "
    "install.' >&2; npm install --include=dev --no-audit --no-fund; }"
)


@dataclass(frozen=True)
class Manager:
    name: str
    version: str
    """Exact version to install; empty for the npm that comes with Node."""
    lock: str
    """The lock file; empty without one."""
    reason: str

    @property
    def is_berry(self) -> bool:
        return self.name == "yarn" and not self.version.startswith("1.")

    def run(self, script: str) -> tuple[str, ...]:
        return (self.name, "run", script)


def find_manager(project: Project, package: Package) -> Manager:
    """Choose by lock file, else by `packageManager`, else npm."""
    declared = _EXACT.match(package.package_manager)
    named = {declared[1]: declared[2]} if declared else {}
    if project.has("pnpm-lock.yaml"):
        version = named.get("pnpm") or _pnpm_for(project.read("pnpm-lock.yaml"))
        return Manager("pnpm", version, "pnpm-lock.yaml", "pnpm-lock.yaml")
    if project.has("yarn.lock"):
        berry = "__metadata:" in project.read("yarn.lock")
        version = named.get("yarn") or ("4.9.2" if berry else "1.22.22")
        return Manager("yarn", version, "yarn.lock", "yarn.lock")
    lock = project.first("package-lock.json", "npm-shrinkwrap.json")
    if lock:
        return Manager("npm", "", lock, lock)
    for name, version in named.items():
        if name in ("pnpm", "yarn"):
            return Manager(name, version, "", "packageManager in package.json")
    return Manager("npm", "", "", "no lock file")


def plan_install(draft: Draft, manager: Manager) -> None:
    """Install everything, development packages included: build scripts need them."""
    draft.env |= {"npm_config_cache": "{cache}/npm", "npm_config_update_notifier": "false"}
    if manager.name != "npm":
        _plan_manager(draft, manager)
    if manager.name == "npm" and manager.lock:
        draft.step("install dependencies", "sh", "-c", _NPM_CI)
    elif manager.name == "npm":
        draft.step("install dependencies", "npm", "install", "--include=dev", "--no-audit", "--no-fund")
    elif manager.name == "pnpm":
        frozen = "--frozen-lockfile" if manager.lock else "--no-frozen-lockfile"
        draft.step("install dependencies", "pnpm", "install", "--prod=false", frozen)
    elif manager.is_berry:
        draft.step("install dependencies", "yarn", "install", *(("--immutable",) if manager.lock else ()))
    else:
        frozen_yarn = ("--frozen-lockfile",) if manager.lock else ()
        draft.step(
            "install dependencies", "yarn", "install", "--production=false", "--non-interactive", *frozen_yarn
        )


def plan_prune(draft: Draft, manager: Manager, package: Package, start: str) -> None:
    """Remove development packages after the build, unless the start command uses one of them."""
    if not package.dev_dependencies or manager.is_berry:
        return
    words = set(re.findall(r"[@\w./-]+", start))
    used = sorted(words & package.dev_dependencies)
    if used:
        draft.choose("development packages", "kept", f"the start command uses {used[0]}")
        return
    draft.choose("development packages", "removed after the build", "not needed to run")
    if manager.name == "npm":
        draft.step("remove development packages", "npm", "prune", "--omit=dev", "--no-audit", "--no-fund")
    elif manager.name == "pnpm":
        draft.step("remove development packages", "pnpm", "prune", "--prod", env={"CI": "true"})
    else:
        draft.step("remove development packages", "yarn", "install", "--production=true", "--non-interactive",
                   "--ignore-scripts", "--prefer-offline", "--frozen-lockfile")  # fmt: skip


def _plan_manager(draft: Draft, manager: Manager) -> None:
    package = "@yarnpkg/cli-dist" if manager.is_berry else manager.name
    draft.put_on_path(f"{_TOOLS}/node_modules/.bin")
    draft.step(
        f"install {manager.name}",
        "npm", "install", "--prefix", _TOOLS, "--no-audit", "--no-fund", "--loglevel=error",
        f"{package}@{manager.version}", cwd="{deps}",
    )  # fmt: skip
    if manager.name == "pnpm":
        # Packages are copied, not linked: what one build writes must not reach the next one's cache.
        draft.env |= {
            "npm_config_store_dir": "{cache}/pnpm",
            "npm_config_package_import_method": "copy",
            "npm_config_manage_package_manager_versions": "false",
        }
    elif manager.is_berry:
        draft.env |= {
            "YARN_CACHE_FOLDER": "{cache}/yarn",
            "YARN_ENABLE_GLOBAL_CACHE": "false",
            "YARN_ENABLE_TELEMETRY": "0",
        }
    else:
        draft.env |= {"YARN_CACHE_FOLDER": "{cache}/yarn"}
        # Yarn 1 has a registry of its own; packages come from where npm takes them on this machine.
        draft.step(
            "set the registry",
            "sh",
            "-c",
            'yarn config set registry "$(npm config get registry)"',
            cwd="{deps}",
        )


def _pnpm_for(lock: str) -> str:
    match = re.search(r"lockfileVersion:\s*'?(\d+)", lock)
    return {5: "7.33.7", 6: "8.15.9"}.get(int(match[1]) if match else 9, "9.15.9")
