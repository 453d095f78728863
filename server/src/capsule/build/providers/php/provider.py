"""Plan PHP projects: packages by Composer, then PHP's own server with several workers and a router.

PHP's server is chosen over php-fpm because it needs no second program in front that speaks FastCGI, no
configuration and no socket: one process tree that listens on the replica's port, like that of any other
language. Its workers take one request each, so four of them answer four slow requests at a time; a capsule
that needs more is scaled by replicas. The platform's edge has what a web server in front would add: TLS,
limits, an access log. The router (`router.php`) adds the front controller and hides what is not for visitors.
"""

from pathlib import Path

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.needs import needed
from capsule.build.providers.node.assets import plan_assets
from capsule.build.providers.start import Launch, choose_start, notice_migrations, read_commands
from capsule.build.toolchain import Toolchain

_ROUTER = "{deps}/router.php"
_FOLDERS = ("public", "web", "htdocs", "html", "www", "webroot")
_OPTIONS = {
    "display_errors": "0",
    "log_errors": "1",
    "error_log": "/dev/stderr",
    "expose_php": "0",
    "opcache.enable_cli": "1",
    "upload_max_filesize": "64M",
    "post_max_size": "64M",
}
_LARAVEL = {"LOG_CHANNEL": "stderr"}
"""Its log is shown with what else it prints, in place of a file that the next release does not have."""
_WORKERS = {"PHP_CLI_SERVER_WORKERS": "4"}


class PhpProvider:
    name = "php"
    manifests: tuple[str, ...] = ("composer.json",)

    def detect(self, project: Project) -> bool:
        return bool(project.glob("*.php") or _front(project))

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        php = needed(toolchain, "php", "The project is written in PHP")
        draft.use(php)
        draft.choose("php", php.version, "the PHP on this machine")
        commands = read_commands(project, settings, draft)
        launch = choose_start(project, commands, draft, lambda: _default(project, php.path))
        if _is_symfony(project) and "APP_ENV" not in settings.env:
            # Else it loads what is only there for development, which is not installed.
            draft.env["APP_ENV"] = "prod"
            draft.choose("APP_ENV", "prod", "Symfony: symfony/framework-bundle in composer.json")
        _plan_packages(draft, project, toolchain)
        plan_assets(draft, project, settings, toolchain)
        draft.files[_ROUTER] = Path(__file__).with_name("router.php").read_text()
        if project.has("artisan"):
            notice_migrations(draft, commands, "php artisan migrate --force")
            if "APP_KEY" not in settings.env and not project.has(".env"):
                draft.notice(
                    "Laravel answers with an error without a key. Set the variable APP_KEY to what `php "
                    "artisan key:generate --show` prints."
                )
            return draft.finish(launch.argv, env={**_LARAVEL, **launch.env})
        return draft.finish(launch.argv, env=launch.env)


def _default(project: Project, php: str) -> Launch:
    folder = _front(project)
    if folder is None and not project.first("index.php", "index.html"):
        places = ", ".join(f"{name}/" for name in _FOLDERS)
        raise Unplannable(
            f"There is no index.php: neither in the root folder nor in {places}.",
            hint="Add a Procfile with `web: …` or `worker: php …`, or set a run command.",
            may_lie_deeper=True,
        )
    root = f"{{app}}/{folder}" if folder else "{app}"
    options = [part for name, value in _OPTIONS.items() for part in ("-d", f"{name}={value}")]
    place = f"index.php in {folder}/" if folder else "index.php in the root folder"
    argv = (php, *options, "-S", "127.0.0.1:{port}", "-t", root, _ROUTER)
    return Launch(
        argv,
        place,
        listens=True,
        shown=f"php -S 127.0.0.1:{{port}} -t {folder or '.'}, 4 workers",
        env=_WORKERS,
    )


def _is_symfony(project: Project) -> bool:
    required = project.json("composer.json").get("require")
    return isinstance(required, dict) and "symfony/framework-bundle" in required


def _front(project: Project) -> str | None:
    """Return the folder with the site, when that is not the root folder."""
    return next((name for name in _FOLDERS if project.has(f"{name}/index.php")), None)


def _plan_packages(draft: Draft, project: Project, toolchain: Toolchain) -> None:
    required = project.json("composer.json").get("require")
    packages = [name for name in required if "/" in name] if isinstance(required, dict) else []
    if not project.has("composer.json") or (not packages and not project.has("composer.lock")):
        draft.choose("packages", "none", "composer.json requires none" if required else "no composer.json")
        return
    if project.has("vendor/autoload.php"):
        draft.choose("packages", "as they are", "vendor/ is part of the source")
        return
    draft.use(needed(toolchain, "composer", "The project has packages in composer.json"))
    origin = project.first("composer.lock") or "composer.json"
    draft.choose("packages", "composer install", origin)
    draft.step(
        "install dependencies",
        "composer", "install", "--no-dev", "--no-interaction", "--no-progress", "--optimize-autoloader",
        env={"COMPOSER_HOME": "{cache}/composer", "COMPOSER_CACHE_DIR": "{cache}/composer/cache",
             "COMPOSER_ALLOW_SUPERUSER": "1"},
    )  # fmt: skip
