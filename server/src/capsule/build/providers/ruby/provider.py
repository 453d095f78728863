"""Plan Ruby projects: gems by Bundler, then Rails, a Rack application, or a script."""

import re

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.needs import needed
from capsule.build.providers.node.assets import plan_assets
from capsule.build.providers.start import Launch, choose_start, notice_migrations, read_commands
from capsule.build.providers.static.jekyll import is_jekyll, not_built
from capsule.build.toolchain import Toolchain

_SCRIPTS = ("app.rb", "main.rb", "server.rb", "bot.rb", "worker.rb")
_GEM = re.compile(r"^\s*gem\s+['\"]([\w-]+)['\"]", re.MULTILINE)
_LOCKED = re.compile(r"^ {4}([\w-]+) \(", re.MULTILINE)
_BOTS = ("discordrb", "telegram-bot-ruby", "slack-ruby-bot", "slack-ruby-client")
_SERVERS = ("sinatra", "rails", "rack", "puma", "webrick", "roda", "hanami", "falcon", "grape", "cuba")
_PRODUCTION = {"RACK_ENV": "production", "RAILS_ENV": "production", "APP_ENV": "production"}
_RAILS_SECRETS = ("RAILS_MASTER_KEY", "SECRET_KEY_BASE")
_FORCED = re.compile(r"^\s*config\.force_ssl\s*=\s*true", re.MULTILINE)
_ASSUMED = re.compile(r"^\s*config\.assume_ssl\s*=\s*true", re.MULTILINE)
_RAILS = {"RAILS_LOG_TO_STDOUT": "1", "RAILS_SERVE_STATIC_FILES": "1"}


class RubyProvider:
    name = "ruby"
    manifests: tuple[str, ...] = ("Gemfile", "gems.rb", "config.ru")

    def detect(self, project: Project) -> bool:
        return bool(project.glob("*.rb"))

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        ruby = needed(toolchain, "ruby", "The project is written in Ruby")
        draft.use(ruby)
        draft.choose("ruby", ruby.version, "the Ruby on this machine")
        gemfile = project.first("Gemfile", "gems.rb")
        gems = _gems(project)
        commands = read_commands(project, settings, draft)
        launch = choose_start(project, commands, draft, lambda: _default(project, gems, gemfile))
        draft.env |= _PRODUCTION
        if gemfile:
            _plan_gems(draft, project, gemfile, toolchain)
        plan_assets(draft, project, settings, toolchain)
        if "rails" in gems:
            draft.env |= _RAILS
            if gems & {"propshaft", "sprockets-rails", "sprockets"} and project.has_folder("app/assets"):
                draft.step("precompile assets", "bundle", "exec", "rails", "assets:precompile",
                           env={"SECRET_KEY_BASE_DUMMY": "1"})  # fmt: skip
            notice_migrations(draft, commands, "bundle exec rails db:migrate")
            _notice_secrets(draft, project, settings)
        return draft.finish(launch.argv, env=launch.env)


def _notice_secrets(draft: Draft, project: Project, settings: BuildSettings) -> None:
    """Say what a new Rails project lacks for production: its key is never in the repository."""
    if not project.has("config/master.key") and not settings.env.keys() & set(_RAILS_SECRETS):
        draft.notice(
            "Rails answers with an error in production without a secret. Set RAILS_MASTER_KEY to "
            "what is in your config/master.key, or SECRET_KEY_BASE to a long random text."
        )
    production = project.text("config/environments/production.rb")
    if _FORCED.search(production) and not _ASSUMED.search(production):
        draft.notice(
            "`config.force_ssl` sends whoever comes over http to https. Take it out of config/environments/"
            "production.rb where this platform is reached over http."
        )


def _default(project: Project, gems: frozenset[str], gemfile: str | None) -> Launch:
    runner = ("bundle", "exec") if gemfile else ()
    if "rails" in gems and project.has("config/application.rb"):
        argv = (*runner, "rails", "server", "-b", "127.0.0.1", "-p", "{port}", "-e", "production")
        return Launch(argv, "Rails: config/application.rb", listens=True)
    if project.has("config.ru"):
        if "puma" in gems or not gemfile:
            return Launch((*runner, "puma", "-b", "tcp://127.0.0.1:{port}"), "Rack: config.ru", listens=True)
        argv = (*runner, "rackup", "-o", "127.0.0.1", "-p", "{port}", "-E", "production")
        return Launch(argv, "Rack: config.ru", listens=True)
    script = project.first(*_SCRIPTS)
    files = project.glob("*.rb")
    if script is None and len(files) == 1:
        script = files[0]
    if script is None and is_jekyll(project):
        raise not_built()
    if script is None:
        raise Unplannable(
            "Nothing in the project tells how to start it: no `web` in a Procfile, no Rails, no config.ru, "
            "no app.rb, main.rb or server.rb.",
            hint="Add a Procfile with `web: …`, or set a run command.",
            may_lie_deeper=True,
        )
    if "sinatra" in gems:
        argv = (*runner, "ruby", script, "-o", "127.0.0.1", "-p", "{port}")
        return Launch(argv, f"Sinatra: {script}", listens=True)
    is_bot = bool(gems & set(_BOTS)) and not gems & set(_SERVERS)
    return Launch(
        (*runner, "ruby", script), f"{script} in the root folder", listens=False if is_bot else None
    )


def _gems(project: Project) -> frozenset[str]:
    """Return the gems that the project names, and those that its lock file has."""
    named = _GEM.findall(project.text("Gemfile") + project.text("gems.rb"))
    return frozenset(named) | frozenset(_LOCKED.findall(project.text("Gemfile.lock")))


def _plan_gems(draft: Draft, project: Project, gemfile: str, toolchain: Toolchain) -> None:
    draft.use(needed(toolchain, "bundler", f"The project has gems in its {gemfile}"))
    lock = project.first("Gemfile.lock", "gems.locked")
    draft.choose("gems", "bundle install", lock or gemfile)
    draft.env |= {
        "BUNDLE_PATH": "{deps}/gems",
        "BUNDLE_APP_CONFIG": "{deps}/bundle",
        "BUNDLE_WITHOUT": "development:test",
        "BUNDLE_USER_CACHE": "{cache}/bundle",
        **({"BUNDLE_DEPLOYMENT": "true"} if lock else {}),
    }
    draft.step("install dependencies", "bundle", "install", "--jobs", "4")
