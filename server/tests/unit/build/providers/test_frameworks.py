"""Projects as the templates of frameworks leave them: what makes a server, and what only builds a site."""

import json
from typing import Any

import pytest
from build_planning import Planning, argv_of, chosen

BUILD = {"build": "vite build", "dev": "vite"}


def package(*dependencies: str, scripts: dict[str, str] | None = None, **more: Any) -> str:
    return json.dumps(
        {
            "scripts": BUILD if scripts is None else scripts,
            "dependencies": dict.fromkeys(dependencies, "*"),
            **more,
        }
    )


class TestSites:
    @pytest.mark.parametrize(
        ("dependency", "scripts"),
        [
            ("vite", BUILD),
            ("vite", {**BUILD, "start": "vite"}),
            ("vite", {**BUILD, "start": "vite preview --port 4000"}),
            ("react-scripts", {"start": "react-scripts start", "build": "react-scripts build"}),
            ("@angular/core", {"start": "ng serve", "build": "ng build"}),
            ("@docusaurus/core", {"start": "docusaurus start", "build": "docusaurus build"}),
            ("gatsby", {"start": "npm run develop", "develop": "gatsby develop", "build": "gatsby build"}),
            ("@11ty/eleventy", {"start": "eleventy --serve", "build": "eleventy"}),
            ("vitepress", {"docs:dev": "vitepress dev docs", "docs:build": "vitepress build docs"}),
            ("parcel", {"start": "parcel src/index.html", "build": "parcel build src/index.html"}),
            ("@react-router/dev", {"dev": "react-router dev", "build": "react-router build"}),
        ],
    )  # fmt: skip
    def test_server_for_development_is_not_what_visitors_get(
        self, dependency: str, scripts: dict[str, str], planning: Planning
    ) -> None:
        said = planning.refused({"package.json": package(dependency, scripts=scripts), "index.html": ""})
        assert "builds a site here and no server" in said
        assert "type frontend" in planning.hint

    @pytest.mark.parametrize(
        ("dependencies", "adapter"),
        [
            (("@sveltejs/kit", "@sveltejs/adapter-vercel"), "@sveltejs/adapter-node"),
            (("astro", "@astrojs/netlify"), "@astrojs/node"),
        ],
    )
    def test_adapter_of_another_host_is_named(
        self, dependencies: tuple[str, str], adapter: str, planning: Planning
    ) -> None:
        assert f"by the package `{dependencies[1]}`" in planning.refused(
            {"package.json": package(*dependencies)}
        )
        assert adapter in planning.hint

    def test_next_that_is_exported_is_a_site(self, planning: Planning) -> None:
        files = {"package.json": package("next", scripts={"build": "next build", "start": "next start"})}
        config = "export default { output: 'export' }"
        assert "`output: export`" in planning.refused({**files, "next.config.ts": config})
        assert argv_of(planning.plan({**files, "next.config.ts": "export default {}"}))[:2] == (
            "next",
            "start",
        )

    @pytest.mark.parametrize(
        ("files", "reason"),
        [
            (
                {"package.json": package("vite", scripts={**BUILD, "start": "node server.js"})},
                "script `start`",
            ),
            (
                {"package.json": package("vite", scripts={**BUILD, "start": "vite --port $PORT"})},
                "script `start`",
            ),
            ({"package.json": package("vite", main="m.js"), "m.js": ""}, "`main` in package.json"),
            ({"package.json": package("vite", "express"), "server.js": ""}, "server.js in the root folder"),
        ],
    )
    def test_server_of_its_own_stands_above_the_site(
        self, files: dict[str, str], reason: str, planning: Planning
    ) -> None:
        choices = planning.plan(files).choices
        assert next(each.reason for each in choices if each.what == "start command").startswith(reason)


class TestServers:
    @pytest.mark.parametrize("name", ["nitro", "nitropack", "vinxi"])
    def test_what_stands_on_nitro_starts_its_output(self, name: str, planning: Planning) -> None:
        files = {"package.json": package("vite", "@tanstack/react-start", name)}
        assert argv_of(planning.plan(files)) == ("node", ".output/server/index.mjs")

    def test_sveltekit_is_told_that_it_builds_a_server(self, planning: Planning) -> None:
        plan = planning.plan({"package.json": package("@sveltejs/kit", "@sveltejs/adapter-auto", "vite")})
        assert argv_of(plan) == ("node", "build")
        assert plan.start is not None
        assert plan.start.env["PROTOCOL_HEADER"] == "x-forwarded-proto"
        build = next(step for step in plan.steps if step.name == "build")
        assert build.env["GCP_BUILDPACKS"] == "1"
        other = planning.plan({"package.json": package("@sveltejs/kit", "@sveltejs/adapter-node", "vite")})
        assert all("GCP_BUILDPACKS" not in step.env for step in other.steps)

    def test_angular_with_a_server_starts_it(self, planning: Planning) -> None:
        scripts = {"start": "ng serve", "build": "ng build", "serve:ssr:a": "node dist/a/server/server.mjs"}
        plan = planning.plan({"package.json": package("@angular/core", "express", scripts=scripts)})
        assert "Angular: script `serve:ssr:a`" in next(
            choice.reason for choice in plan.choices if choice.what == "start command"
        )

    @pytest.mark.parametrize(
        ("more", "file"),
        [
            ({"module": "index.ts"}, "index.ts"),
            ({"module": "src/index.js"}, "src/index.ts"),
            ({}, "src/index.ts"),
        ],
    )
    def test_bun_runs_the_module(self, more: dict[str, str], file: str, planning: Planning) -> None:
        files = {
            "package.json": package(scripts={"dev": "bun run --hot x"}, **more),
            "bun.lock": "",
            file: "",
        }
        assert argv_of(planning.plan(files)) == ("bun", file)


class TestNodeThatPackagesDemand:
    RANGE = "^22.12.0 || >=24.0.0"

    def lock(self, **engines: str) -> str:
        return json.dumps(
            {
                "packages": {
                    f"node_modules/{name}": {"engines": {"node": wanted}} for name, wanted in engines.items()
                }
            }
        )

    def test_is_taken_where_this_machine_would_be_refused(self, planning: Planning) -> None:
        files = {"package.json": package("a", main="m.js"), "m.js": ""}
        lock = self.lock(a=self.RANGE, other=">=30")
        plan = planning.plan({**files, "package-lock.json": lock})
        reason = next(choice.reason for choice in plan.choices if choice.what == "node")
        assert chosen(plan, "node") == "22"
        assert reason.startswith(f"engines.node of a in package-lock.json, `{self.RANGE}`")

    def test_of_pnpm_is_read_too(self, planning: Planning) -> None:
        lock = (
            "lockfileVersion: '9.0'\n\npackages:\n\n  '@a/cli@22.0.1':\n    resolution: {integrity: x}\n"
            f"    engines: {{node: {self.RANGE}, npm: ^6}}\n\n  b@1.0.0:\n    resolution: {{integrity: y}}\n"
        )
        files = {"package.json": package("@a/cli", main="m.js"), "m.js": "", "pnpm-lock.yaml": lock}
        assert chosen(planning.plan(files), "node") == "22"

    @pytest.mark.parametrize(("wanted", "taken"), [(">=23", "24"), ("21.x", "21.x"), ("^26.1.0", "26")])
    def test_line_with_long_support_is_taken(self, wanted: str, taken: str, planning: Planning) -> None:
        files = {"package.json": package("a", main="m.js"), "m.js": ""}
        assert chosen(planning.plan({**files, "package-lock.json": self.lock(a=wanted)}), "node") == taken

    @pytest.mark.parametrize(
        ("more", "lock"),
        [
            ({"engines": {"node": ">=18"}}, {"a": ">=22"}),
            ({}, {"a": ">=18"}),
            ({}, {"a": "whatever"}),
            ({}, {"not-named": ">=22"}),
        ],
    )
    def test_own_wish_and_a_fitting_machine_stand_above_it(
        self, more: dict[str, Any], lock: dict[str, str], planning: Planning
    ) -> None:
        files = {"package.json": package("a", main="m.js", **more), "m.js": ""}
        assert chosen(planning.plan({**files, "package-lock.json": self.lock(**lock)}), "node") == "20.20.2"
