"""Where each tool's site is looked for, and which projects are no static sites."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capsule.build.contract import BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import CannotPlan, Plan
from capsule.build.toolchain import Toolchain
from capsule.build.tools import Tool

Write = Callable[[dict[str, str]], Path]


P = "package.json"


def package(*dependencies: str, build: str = "make it", **more: Any) -> str:
    scripts = {"build": build} if build else {}
    return json.dumps({"scripts": scripts, "dependencies": dict.fromkeys(dependencies, "*"), **more})


def planned(project: Write, facts: Toolchain, files: dict[str, str], **settings: Any) -> Plan:
    found = make_plan(project(files), BuildSettings(type="frontend", **settings), facts)
    assert isinstance(found, Plan), found
    return found


def refused(project: Write, facts: Toolchain, files: dict[str, str], **settings: Any) -> CannotPlan:
    found = make_plan(project(files), BuildSettings(type="frontend", **settings), facts)
    assert isinstance(found, CannotPlan), found
    return found


def folder_of(plan: Plan) -> str:
    argv = plan.steps[-1].argv
    assert plan.steps[-1].name == "publish"
    return argv[argv.index("--folder") + 1]


def is_set(plan: Plan) -> bool:
    return "--folder-is-set" in plan.steps[-1].argv


def is_single_page(plan: Plan) -> bool:
    assert plan.start is not None
    return "--single-page" in plan.start.argv


def angular(**build: Any) -> str:
    return json.dumps({"projects": {"shop": {"architect": {"build": build}}}})


def vite(text: str) -> dict[str, str]:
    return {P: package("vite", "react"), "vite.config.ts": f"export default {{ {text} }}"}


CASES = {
    "create-react-app": ({P: package("react-scripts")}, "build", True),
    "create-react-app by script": (
        {P: package("react-scripts", build="BUILD_PATH='./www' react-scripts build")},
        "www",
        True,
    ),
    "create-react-app by .env": (
        {P: package("react-scripts"), ".env": "A=1\nBUILD_PATH=out/web"},
        "out/web",
        True,
    ),
    "vite": ({P: package("vite")}, "dist", True),
    "vite by flag": ({P: package("vite", build="tsc --outDir lib && vite build --outDir=www")}, "www", True),
    "vite by config": (vite("build: { outDir: `site` }"), "site", True),
    "vite with a root": (vite("root: 'src', build: { outDir: '../public_html' }"), "public_html", True),
    "vite with a root alone": (vite('root: "client"'), "client/dist", True),
    "vite to the outside": (vite("build: { outDir: '../../elsewhere' }"), "dist", True),
    "vue cli": ({P: package("@vue/cli-service", "vue")}, "dist", True),
    "vue cli by config": (
        {P: package("@vue/cli-service"), "vue.config.js": "({ outputDir: 'docs' })"},
        "docs",
        True,
    ),
    "svelte": ({P: package("svelte"), "public/index.html": ""}, "public", True),
    "sveltekit": ({P: package("@sveltejs/kit", "@sveltejs/adapter-static", "vite")}, "build", False),
    "sveltekit as one page": (
        {
            P: package("@sveltejs/kit", "@sveltejs/adapter-static"),
            "svelte.config.js": "adapter({ pages: 'out', fallback: 'index.html' })",
        },
        "out",
        True,
    ),
    "astro": ({P: package("astro", "vite")}, "dist", False),
    "astro by config": ({P: package("astro"), "astro.config.mjs": "({ outDir: './x' })"}, "x", False),
    "next export": (
        {P: package("next"), "next.config.mjs": "export default { output: 'export' }"},
        "out",
        False,
    ),
    "next export by config": (
        {P: package("next"), "next.config.ts": "({ output: 'export', distDir: 'build' })"},
        "build",
        False,
    ),
    "next export by script": (
        {P: package("next", build="next build && next export -o www")},
        "www",
        False,
    ),
    "gatsby": ({P: package("gatsby", "react")}, "public", False),
    "docusaurus": ({P: package("@docusaurus/core", "react")}, "build", False),
    "docusaurus by flag": (
        {P: package("@docusaurus/core", build="docusaurus build --out-dir docs")},
        "docs",
        False,
    ),
    "eleventy": ({P: package("@11ty/eleventy")}, "_site", False),
    "eleventy by config": (
        {P: package("@11ty/eleventy"), ".eleventy.js": "({ dir: { output: 'www' } })"},
        "www",
        False,
    ),
    "vitepress": (
        {P: package("vitepress", "vue", build="vitepress build docs")},
        "docs/.vitepress/dist",
        False,
    ),
    "react router": (
        {P: package("@react-router/dev", "vite"), "react-router.config.ts": "({ ssr: false })"},
        "build/client",
        True,
    ),
    "quasar": ({P: package("@quasar/app-vite", "vue")}, "dist/spa", True),
    "angular": (
        {P: package("@angular/core"), "angular.json": angular(builder="new:application")},
        "dist/shop/browser",
        True,
    ),
    "angular before its new builder": (
        {
            P: package("@angular/core"),
            "angular.json": angular(builder="old:browser", options={"outputPath": "www"}),
        },
        "www",
        True,
    ),
    "angular with a base": (
        {
            P: package("@angular/core"),
            "angular.json": angular(
                builder="x:application", options={"outputPath": {"base": "out", "browser": ""}}
            ),
        },
        "out",
        True,
    ),
    "vitepress with its own script": (
        {P: '{"scripts": {"docs:build": "vitepress build docs"}, "devDependencies": {"vitepress": "1"}}'},
        "docs/.vitepress/dist",
        False,
    ),
    "sveltekit in vite's config": (
        {
            P: package("@sveltejs/kit", "@sveltejs/adapter-static", "vite"),
            "vite.config.ts": "sveltekit({ adapter: adapter({ pages: 'www', fallback: 'index.html' }) })",
        },
        "www",
        True,
    ),
    "angular with targets": (
        {
            P: package("@angular/core"),
            "angular.json": '{"projects": {"a": {"targets": {"build": {"builder": "x:application"}}}}}',
        },
        "dist/a/browser",
        True,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_output_directory_is_found(case: str, project: Write, facts: Toolchain) -> None:
    files, folder, single = CASES[case]
    plan = planned(project, facts, files)
    assert (folder_of(plan), is_single_page(plan), is_set(plan)) == (folder, single, False)


class TestUnknownBuild:
    def test_folder_of_the_source_is_second_to_what_the_build_makes(
        self, project: Write, facts: Toolchain
    ) -> None:
        plan = planned(project, facts, {P: package("sass"), "index.html": ""})
        assert (folder_of(plan), is_single_page(plan)) == ("", False)

    def test_without_an_index_the_usual_folder_is_expected(self, project: Write, facts: Toolchain) -> None:
        plan = planned(project, facts, {P: package("webpack", "react")})
        assert (folder_of(plan), is_single_page(plan)) == ("dist", True)

    def test_command_without_a_package_file(self, project: Write, facts: Toolchain) -> None:
        plan = planned(project, facts, {"make.sh": "", "index.html": ""}, build_command="sh make.sh")
        assert [step.name for step in plan.steps] == ["build", "publish"]
        assert folder_of(plan) == ""


class TestCommand:
    def test_framework_is_run_when_no_script_does(self, project: Write, facts: Toolchain) -> None:
        plan = planned(project, facts, {P: package("vite", build=""), "index.html": ""})
        assert ("vite", "build") in [step.argv for step in plan.steps]

    def test_framework_is_run_when_the_script_would_not_end(self, project: Write, facts: Toolchain) -> None:
        plan = planned(project, facts, {P: package("vite", build="vite"), "index.html": ""})
        assert [step.argv for step in plan.steps if step.name == "build"] == [("vite", "build")]

    def test_flags_of_called_scripts_count(self, project: Write, facts: Toolchain) -> None:
        scripts = {
            "build": "npm run check && npm run web",
            "check": "true",
            "web": "vite build --outDir www",
        }
        plan = planned(project, facts, {P: package("vite", scripts=scripts)})
        assert folder_of(plan) == "www"

    @pytest.mark.parametrize(
        ("scripts", "argv"),
        [
            ({"build": "nuxt build", "generate": "nuxt generate"}, ("npm", "run", "generate")),
            ({"build": "nuxt generate"}, ("npm", "run", "build")),
            ({}, ("nuxt", "generate")),
        ],
    )
    def test_nuxt_is_generated(
        self, scripts: dict[str, str], argv: tuple[str, ...], project: Write, facts: Toolchain
    ) -> None:
        plan = planned(project, facts, {P: package("nuxt", "vue", scripts=scripts)})
        assert argv in [step.argv for step in plan.steps]
        assert folder_of(plan) == ".output/public"

    def test_warnings_do_not_end_a_build_of_create_react_app(self, project: Write, facts: Toolchain) -> None:
        files = {P: package("react-scripts")}
        assert planned(project, facts, files).steps[1].env["CI"] == "false"
        assert "CI" not in planned(project, facts, files, env={"CI": "true"}).steps[1].env

    def test_site_for_a_folder_of_another_host_is_noticed(self, project: Write, facts: Toolchain) -> None:
        home = package("react-scripts", homepage="https://me.example.org/shop")
        assert "made for /shop" in planned(project, facts, {"package.json": home}).notices[0]
        assert "made for /repo/" in planned(project, facts, vite("base: '/repo/'")).notices[0]
        assert not planned(project, facts, vite("base: '/'")).notices


class TestSetFolder:
    @pytest.mark.parametrize("text", ["/dist/shop", "dist/shop/", "./dist/shop", "dist/x/../shop"])
    def test_stands_above_detection(self, text: str, project: Write, facts: Toolchain) -> None:
        plan = planned(project, facts, {P: package("vite")}, output_directory=text)
        assert (folder_of(plan), is_set(plan)) == ("dist/shop", True)

    def test_root_is_the_project_itself(self, project: Write, facts: Toolchain) -> None:
        plan = planned(project, facts, {"index.html": "", "public/index.html": ""}, output_directory="/")
        assert (folder_of(plan), is_set(plan)) == ("", True)


class TestRenderedOnAServer:
    @pytest.mark.parametrize(
        ("files", "name"),
        [
            ({P: package("next")}, "Next.js"),
            ({P: package("@sveltejs/kit", "@sveltejs/adapter-node")}, "SvelteKit"),
            ({P: package("astro"), "astro.config.ts": "({ output: 'server' })"}, "Astro"),
            ({P: package("@react-router/dev", "vite")}, "React Router"),
        ],
    )
    def test_is_refused_with_the_way_out(
        self, files: dict[str, str], name: str, project: Write, facts: Toolchain
    ) -> None:
        found = refused(project, facts, files)
        assert found.reasons[0].startswith(name)
        assert "type backend" in found.hint

    def test_is_believed_to_be_a_site_when_the_user_names_the_folder(
        self, project: Write, facts: Toolchain
    ) -> None:
        plan = planned(project, facts, {P: package("next")}, output_directory="out")
        assert (folder_of(plan), is_set(plan), is_single_page(plan)) == ("out", True, False)


class TestHugo:
    FILES = {"hugo.toml": "title = 'x'\npublishDir = 'www'\n", "content/a.md": "x"}  # noqa: RUF012

    def test_is_built_where_the_machine_has_it(self, project: Write, facts: Toolchain) -> None:
        plan = planned(project, replace(facts, tools=(Tool("hugo", "0.111.3", "/usr/bin/hugo"),)), self.FILES)
        assert plan.steps[0].argv[0] == "hugo"
        assert folder_of(plan) == "www"

    def test_is_refused_where_it_has_not(self, project: Write, facts: Toolchain) -> None:
        assert "no Hugo" in refused(project, facts, self.FILES).reasons[0]

    def test_old_name_of_its_config_is_known(self, project: Write, facts: Toolchain) -> None:
        assert "no Hugo" in refused(project, facts, {"config.toml": "", "content/a.md": "x"}).reasons[0]

    @pytest.mark.parametrize("other", ["templates/index.html", "index.html"])
    def test_another_generator_is_not_taken_for_it(
        self, other: str, project: Write, facts: Toolchain
    ) -> None:
        files = {"config.toml": "", "content/a.md": "x", "public/index.html": "", other: ""}
        assert folder_of(planned(project, facts, files)) in ("", "public")


class TestMkDocs:
    def test_is_built_in_an_environment_that_is_removed(self, project: Write, facts: Toolchain) -> None:
        config = "site_name: x\ntheme:\n  palette: y\n  name: material\n"
        plan = planned(project, facts, {"mkdocs.yml": config, "docs/index.md": "# x"})
        names = [step.name for step in plan.steps]
        assert names[-3:] == ["build", "remove the environment", "publish"]
        install = next(step for step in plan.steps if step.name == "install dependencies")
        assert install.argv[-2:] == ("mkdocs", "mkdocs-material")
        assert folder_of(plan) == "site"

    def test_own_requirements_and_folder_are_taken(self, project: Write, facts: Toolchain) -> None:
        files = {"mkdocs.yml": "site_dir: 'public'\n", "docs/requirements.txt": "mkdocs==1.6"}
        plan = planned(project, facts, files)
        install = next(step for step in plan.steps if step.name == "install dependencies")
        assert install.argv[-2:] == ("-r", "{app}/docs/requirements.txt")
        assert folder_of(plan) == "public"

    def test_build_command_of_the_user_runs_in_the_environment(
        self, project: Write, facts: Toolchain
    ) -> None:
        plan = planned(project, facts, {"mkdocs.yml": "x: y"}, build_command="mkdocs build --strict")
        build = next(step for step in plan.steps if step.name == "build")
        assert build.argv[-1] == "mkdocs build --strict"
        assert build.env["PATH"].startswith("{deps}/venv/bin:")


@pytest.mark.parametrize(
    "files",
    [
        {"Gemfile": "gem 'jekyll'", "index.html": "---\n---"},
        {"_config.yml": "", "_layouts/default.html": "", "index.html": "---\n---"},
    ],
)
def test_sources_of_jekyll_are_not_published(files: dict[str, str], project: Write, facts: Toolchain) -> None:
    found = refused(project, facts, files)
    assert "Jekyll" in found.reasons[0]
    assert "_site" in found.hint
    built = {**files, "_site/index.html": ""}
    assert folder_of(planned(project, facts, built, output_directory="_site")) == "_site"
