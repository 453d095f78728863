"""npm, pnpm, yarn and bun: which one a project uses, and how each installs, runs scripts and prunes."""

import re
from dataclasses import dataclass

from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.kept import plan_npm
from capsule.build.providers.node.package import Package

_TOOLS = "{deps}/tools"
_EXACT = re.compile(r"^(npm|pnpm|yarn|bun)@(\d+\.\d+\.\d+[^+]*)")

_BUN_FROZEN = (
    "bun install --frozen-lockfile || { echo 'bun did not accept its lock file as it is; trying bun "
    "install.' >&2; bun install; }"
)

# The newest kind first: who has two has mostly changed from one to the other.
_LOCKS = {
    "bun": ("bun.lock", "bun.lockb"),
    "pnpm": ("pnpm-lock.yaml",),
    "yarn": ("yarn.lock",),
    "npm": ("package-lock.json", "npm-shrinkwrap.json"),
}


@dataclass(frozen=True)
class Manager:
    name: str
    version: str
    """Exact version to install; empty for the npm that comes with Node."""
    lock: str
    """The lock file; empty without one."""
    reason: str
    notice: str = ""
    """What to say about lock files that are left aside."""

    @property
    def is_berry(self) -> bool:
        return self.name == "yarn" and not self.version.startswith("1.")

    def run(self, script: str) -> tuple[str, ...]:
        return (self.name, "run", script)


def find_manager(project: Project, package: Package) -> Manager:
    """Choose by `packageManager` among the lock files that are there, else by the lock file, else npm."""
    match = _EXACT.match(package.package_manager)
    declared, version = (match[1], match[2]) if match else ("", "")
    locks = {name: lock for name, files in _LOCKS.items() if (lock := project.first(*files))}
    if not locks:
        if declared in ("", "npm"):
            return Manager("npm", "", "", "no lock file")
        return Manager(declared, version, "", "packageManager in package.json")
    name = declared if declared in locks else next(iter(locks))
    lock, notice = locks[name], ""
    if len(locks) > 1:
        why = "packageManager in package.json names it" if name == declared else "it is of the newest kind"
        others = ", ".join(file for file in locks.values() if file != lock)
        notice = f"There are lock files of several package managers. {lock} is used ({why}); remove {others}."
    exact = version if name == declared else ""
    return Manager(name, exact or _version(project, name, lock), lock, lock, notice)


def plan_install(draft: Draft, project: Project, manager: Manager) -> None:
    """Install everything, development packages included: build scripts need them."""
    draft.env |= {"npm_config_cache": "{cache}/npm", "npm_config_update_notifier": "false"}
    if manager.name != "npm":
        _plan_manager(draft, manager)
    if manager.name == "npm" and manager.lock:
        plan_npm(draft, project, manager.lock)
    elif manager.name == "npm":
        draft.step("install dependencies", "npm", "install", "--include=dev", "--no-audit", "--no-fund")
    elif manager.name == "pnpm":
        frozen = "--frozen-lockfile" if manager.lock else "--no-frozen-lockfile"
        draft.step("install dependencies", "pnpm", "install", "--prod=false", frozen)
    elif manager.name == "bun":
        if manager.lock:
            draft.step("install dependencies", "sh", "-c", _BUN_FROZEN)
        else:
            draft.step("install dependencies", "bun", "install")
    elif manager.is_berry:
        draft.step("install dependencies", "yarn", "install", *(("--immutable",) if manager.lock else ()))
    else:
        frozen_yarn = ("--frozen-lockfile",) if manager.lock else ()
        draft.step(
            "install dependencies", "yarn", "install", "--production=false", "--non-interactive", *frozen_yarn
        )


def plan_prune(draft: Draft, manager: Manager, package: Package, start: str) -> None:
    """Remove development packages after the build, unless the start command uses one of them."""
    if not package.dev_dependencies or manager.is_berry or manager.name == "bun":
        return
    used = sorted(package.packages_called(start) & package.dev_dependencies)
    if used:
        draft.choose("development packages", "kept", f"a command that runs later uses {used[0]}")
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
    elif manager.name == "bun":
        draft.env |= {"BUN_INSTALL_CACHE_DIR": "{cache}/bun", "BUN_RUNTIME_TRANSPILER_CACHE_PATH": "0"}
    elif manager.is_berry:
        draft.env |= {
            "YARN_CACHE_FOLDER": "{cache}/yarn",
            "YARN_ENABLE_GLOBAL_CACHE": "false",
            "YARN_ENABLE_TELEMETRY": "0",
            # Its own way leaves the packages in the cache of builds, which a replica does not have.
            "YARN_NODE_LINKER": "node-modules",
        }
        draft.env |= {} if manager.lock else {"YARN_ENABLE_IMMUTABLE_INSTALLS": "false"}
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


def _version(project: Project, name: str, lock: str) -> str:
    """Return the version that reads the lock file; empty for the npm that comes with Node."""
    if name == "npm":
        return ""
    if name == "bun":
        return "1.4.5"
    text = project.read(lock)
    if name == "yarn":
        return "4.9.2" if "__metadata:" in text else "1.22.22"
    match = re.search(r"lockfileVersion:\s*'?(\d+)", text)
    return {5: "7.33.7", 6: "8.15.9"}.get(int(match[1]) if match else 9, "9.15.9")
