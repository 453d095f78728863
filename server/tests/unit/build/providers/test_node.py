"""What is planned for Node projects."""

import json
from dataclasses import replace

import pytest
from build_planning import Planning, argv_of, chosen


class TestNode:
    START = '{"scripts": {"start": "node x.js"}}'

    @pytest.mark.parametrize(
        ("files", "manager"),
        [
            ({}, "npm"),
            ({"package-lock.json": "{}"}, "npm"),
            ({"pnpm-lock.yaml": "lockfileVersion: '6.0'"}, "pnpm 8.15.9"),
            ({"pnpm-lock.yaml": "lockfileVersion: '9.0'"}, "pnpm 9.15.9"),
            ({"yarn.lock": "# yarn lockfile v1"}, "yarn 1.22.22"),
            ({"bun.lock": "{}"}, "bun 1.4.5"),
            ({"yarn.lock": "__metadata:\n  version: 8"}, "yarn 4.9.2"),
            (
                {"package.json": '{"packageManager": "pnpm@9.1.0+sha512.x", "main": "m.js"}', "m.js": ""},
                "pnpm 9.1.0",
            ),
        ],
    )
    def test_lock_file_chooses_the_manager(
        self, files: dict[str, str], manager: str, planning: Planning
    ) -> None:
        assert chosen(planning.plan({"package.json": self.START, **files}), "package manager") == manager

    @pytest.mark.parametrize(
        ("declared", "used"),
        [("", "pnpm-lock.yaml"), ("yarn@1.22.19", "yarn.lock"), ("bun@1.2.0", "pnpm-lock.yaml")],
    )
    def test_of_two_lock_files_one_is_chosen_and_both_are_named(
        self, declared: str, used: str, planning: Planning
    ) -> None:
        text = f'{{"packageManager": "{declared}", "scripts": {{"start": "node x.js"}}}}'
        plan = planning.plan(
            {"package.json": text, "pnpm-lock.yaml": "lockfileVersion: '9.0'", "yarn.lock": ""}
        )
        assert any(
            f"{used} is used" in notice and "pnpm-lock.yaml" in notice and "yarn.lock" in notice
            for notice in plan.notices
        )

    @pytest.mark.parametrize(
        ("text", "argv"),
        [
            (
                '{"scripts": {"start": "next start", "build": "next build"}, "dependencies": {"next": "15"}}',
                "next start -H 127.0.0.1 -p {port}",
            ),
            ('{"scripts": {"dev": "next dev", "build": "next build"}, "dependencies": {"next": "15"}}',
             "next start -H 127.0.0.1 -p {port}"),
            ('{"scripts": {"start": "next dev"}, "dependencies": {"next": "15"}}',
             "next start -H 127.0.0.1 -p {port}"),
            ('{"scripts": {"build": "nuxt build"}, "dependencies": {"nuxt": "3"}}',
             "node .output/server/index.mjs"),
            ('{"devDependencies": {"@sveltejs/kit": "2", "@sveltejs/adapter-node": "5"}}', "node build"),
            ('{"scripts": {"start": "astro dev"}, "dependencies": {"astro": "5", "@astrojs/node": "9"}}',
             "node dist/server/entry.mjs"),
            ('{"scripts": {"start": "nest start", "start:prod": "node dist/main"}, '
             '"dependencies": {"@nestjs/core": "10"}}', "sh -c node dist/main"),
            ('{"dependencies": {"@react-router/serve": "7"}}', "react-router-serve ./build/server/index.js"),
            ('{"scripts": {"start": "remix-serve b.js"}, "dependencies": {"@remix-run/serve": "2"}}',
             "sh -c remix-serve b.js"),
            ('{"scripts": {"start": "node b.js", "prestart": "x"}}', "npm start"),
        ],
    )  # fmt: skip
    def test_frameworks_start_in_production(self, text: str, argv: str, planning: Planning) -> None:
        assert " ".join(argv_of(planning.plan({"package.json": text}))) == argv

    @pytest.mark.parametrize(
        "build",
        [
            "vite", "next dev", "nodemon app.js", "node server.js", "react-scripts start", "webpack serve",
            "tsc -w", "npm run dev", "NODE_ENV=x npx vite --port 3", "rm -rf a && node listening.js",
            "tsc && node --watch x.js", "ng serve",
        ],
    )  # fmt: skip
    def test_build_that_would_not_end_is_not_run_but_started(self, build: str, planning: Planning) -> None:
        text = f'{{"scripts": {{"build": "{build}", "dev": "vite dev"}}}}'
        plan = planning.plan({"package.json": text, "listening.js": "http.createServer(f).listen(80)"})
        assert "build" not in [step.name for step in plan.steps]
        assert any("not run while building" in notice for notice in plan.notices)
        assert argv_of(plan) == ("npm", "run", "build")

    @pytest.mark.parametrize(
        "build",
        [
            "vite build", "next build", "tsc -p .", "node build.js", "webpack --mode production", "ng build",
            "npm run build -w packages/a", "esbuild a.ts --outdir=server", "nest build",
        ],
    )  # fmt: skip
    def test_build_that_ends_is_run(self, build: str, planning: Planning) -> None:
        text = f'{{"scripts": {{"build": "{build}", "start": "node x.js"}}}}'
        assert "build" in [step.name for step in planning.plan({"package.json": text}).steps]

    @pytest.mark.parametrize("part", ["node {}", "npm run {}", "npx {}", "{}"])
    def test_long_scripts_are_read_in_no_time(self, part: str, planning: Planning) -> None:
        line = part.format("--a-b=c " * 3000)
        planning.plan({"package.json": f'{{"scripts": {{"build": "{line}", "start": "node x.js"}}}}'})

    def test_site_without_a_server_is_refused(self, planning: Planning) -> None:
        text = '{"scripts": {"build": "vite build"}, "dependencies": {"@sveltejs/kit": "2"}}'
        assert "SvelteKit builds a site here" in planning.refused({"package.json": text})

    def test_bot_is_a_worker_and_nothing_listens(self, planning: Planning) -> None:
        text = '{"main": "index.js", "dependencies": {"discord.js": "14"}}'
        plan = planning.plan({"package.json": text, "index.js": "client.login(token)"})
        assert plan.start is None
        assert plan.processes["worker"].argv == ("node", "index.js")

    def test_main_and_server_js_are_started(self, planning: Planning) -> None:
        assert argv_of(planning.plan({"package.json": '{"main": "m.js"}', "m.js": ""})) == ("node", "m.js")

    def test_nothing_to_start_is_refused(self, planning: Planning) -> None:
        assert "no script `start`" in planning.refused({"package.json": "{}"})

    @pytest.mark.parametrize("text", ["{", "[]", '"x"', "\x00"])
    def test_malformed_package_json_is_named(self, text: str, planning: Planning) -> None:
        assert "package.json is not" in planning.refused({"package.json": text})

    @pytest.mark.parametrize(
        ("text", "port"),
        [
            ("serve({ fetch: app.fetch, port: 3000 })", "3000"),
            ("app.listen(8080, () => {})", "8080"),
            ("const port = 3000\napp.listen(port)", "3000"),
            ("new Pool({ host: 'db', port: 5432 })", ""),
            ("app.listen(process.env.PORT || 8080)", ""),
            ("const port = Number(env('PORT') ?? 3000); app.listen(port)", ""),
        ],
    )
    def test_port_of_its_own_is_noticed(self, text: str, port: str, planning: Planning) -> None:
        scripts = '{"scripts": {"build": "tsc", "start": "node dist/index.js"}}'
        said = " ".join(planning.plan({"package.json": scripts, "src/index.ts": text}).notices)
        assert (f"src/index.ts listens on port {port} " in said) == bool(port)
        assert bool(said) == bool(port)

    @pytest.mark.parametrize("lock", ["", "__metadata:\n  version: 8\n"])
    def test_packages_of_yarn_lie_where_replicas_find_them(self, lock: str, planning: Planning) -> None:
        text = '{"packageManager": "yarn@4.9.2", "main": "m.js"}'
        plan = planning.plan({"package.json": text, "m.js": "", **({"yarn.lock": lock} if lock else {})})
        install = next(step for step in plan.steps if step.name == "install dependencies")
        assert install.env["YARN_NODE_LINKER"] == "node-modules"
        assert ("YARN_ENABLE_IMMUTABLE_INSTALLS" in install.env) == (not lock)

    def test_package_json_in_utf_16_is_refused(self, planning: Planning) -> None:
        (planning.project({"package.json": ""}) / "package.json").write_text("{}", encoding="utf-16")
        assert "UTF-16" in planning.refused({})
        assert planning.hint == "Save package.json as UTF-8."

    def test_parts_of_the_wrong_kind_are_left_out(self, planning: Planning) -> None:
        text = '{"scripts": [], "dependencies": 3, "engines": "x", "main": {}, "packageManager": []}'
        planning.plan({"package.json": text, "index.js": ""})

    @pytest.mark.parametrize(
        ("files", "version"),
        [
            ({"package.json": '{"engines": {"node": "^22"}, "main": "m.js"}'}, "^22"),
            ({".nvmrc": "v18.20.1\n"}, "18.20.1"),
            ({".nvmrc": "lts/hydrogen"}, "18"),
            ({".node-version": "22"}, "22"),
            (
                {".nvmrc": "16", "package.json": '{"engines": {"node": ">=18 <19"}, "main": "m.js"}'},
                ">=18 <19",
            ),
        ],
    )
    def test_other_node_is_fetched(self, files: dict[str, str], version: str, planning: Planning) -> None:
        plan = planning.plan({"package.json": '{"main": "m.js"}', "m.js": "", **files})
        assert chosen(plan, "node") == version
        assert f"node@{version}" in plan.steps[0].argv
        assert plan.start is not None
        path = plan.start.env["PATH"].split(":")
        assert path.index("{deps}/node/node_modules/.bin") < path.index("/usr/bin")

    @pytest.mark.parametrize("wanted", ["lts/*", "node", "20", "v20.20.2", ">=18"])
    def test_fitting_node_of_the_machine_is_used(self, wanted: str, planning: Planning) -> None:
        plan = planning.plan({"package.json": '{"main": "m.js"}', "m.js": "", ".nvmrc": wanted})
        assert chosen(plan, "node") == "20.20.2"
        assert plan.steps[0].name != "install node"

    def test_what_is_no_version_of_node_is_noticed(self, planning: Planning) -> None:
        plan = planning.plan({"package.json": '{"main": "m.js"}', "m.js": "", ".nvmrc": "newest!"})
        assert any("no version" in notice for notice in plan.notices)

    def test_machine_without_node_is_refused(self, planning: Planning) -> None:
        planning.facts = replace(planning.facts, tools=())
        assert "this machine has none" in planning.refused({"package.json": self.START})

    def test_development_packages_stay_when_the_start_uses_one(self, planning: Planning) -> None:
        text = '{"scripts": {"start": "tsx src/x.ts"}, "devDependencies": {"tsx": "1"}}'
        assert chosen(planning.plan({"package.json": text}), "development packages") == "kept"

    @pytest.mark.parametrize(
        ("package", "lock", "kept"),
        [
            ({}, {"packages": {"": {}}}, True),
            ({}, {"lockfileVersion": 1}, True),
            ({"workspaces": ["part"]}, {"packages": {"": {}}}, False),
            ({"scripts": {"start": "node x.js", "postinstall": "node y.js"}}, {"packages": {"": {}}}, False),
            ({}, {"packages": {"node_modules/a": {"link": True}}}, False),
            ({}, {"packages": {"node_modules/a": {"resolved": "file:a.tgz"}}}, False),
        ],
    )
    def test_packages_are_kept_where_the_project_has_no_part_in_them(
        self, package: dict[str, object], lock: dict[str, object], kept: bool, planning: Planning
    ) -> None:
        content = {"scripts": {"start": "node x.js"}, **package}
        plan = planning.plan({"package.json": json.dumps(content), "package-lock.json": json.dumps(lock)})
        assert ("{cache}/node_modules" in plan.steps[-1].argv) is kept

    @pytest.mark.parametrize(
        ("packages", "again"),
        [
            ({"": {}, "node_modules/a": {}}, ""),
            ({"": {}, "node_modules/a": {"hasInstallScript": True}}, "rebuild"),
            ({}, "rebuild"),
        ],
    )
    def test_install_scripts_run_again_over_what_was_kept(
        self, packages: dict[str, object], again: str, planning: Planning
    ) -> None:
        lock = json.dumps({"packages": packages})
        plan = planning.plan({"package.json": self.START, "package-lock.json": lock})
        assert plan.steps[-1].argv[-1] == again
