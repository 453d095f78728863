"""From a built project to what is served."""

import json
import subprocess
import sys
from pathlib import Path

import brotli
import pytest
from site_harness import Build, serving

from capsule.staticsite.built import NoSite
from capsule.staticsite.catalogue import Catalogue, packed_file


class TestFolder:
    """Which folder is published."""

    def found(self, build: Build, expected: str, *, is_set: bool = False) -> tuple[str, str]:
        chosen = build.project.find(expected, is_set=is_set)
        return chosen.folder.relative_to(build.root).as_posix(), chosen.notice

    def test_expected_folder_is_taken(self, build: Build) -> None:
        build.sources({"index.html": "", "public/index.html": ""})
        build.write({"dist/index.html": "", "build/index.html": ""})
        assert self.found(build, "dist") == ("dist", "")

    def test_folder_of_the_source_is_taken_when_no_other_is_made(self, build: Build) -> None:
        build.sources({"public/index.html": ""})
        build.write({"public/build/bundle.js": "", "coverage/index.html": ""})
        assert self.found(build, "public") == ("public", "")

    def test_folder_in_which_an_index_appeared_is_taken_instead(self, build: Build) -> None:
        build.sources({"index.html": "", "public/index.html": "", "docs/index.html": ""})
        build.write({"out/www/index.html": "", "out/www/about/index.html": "", "coverage/index.html": ""})
        folder, notice = self.found(build, "dist")
        assert folder == "out/www"
        assert "it made no folder dist" in notice

    def test_old_site_that_was_committed_yields_to_what_the_build_made(self, build: Build) -> None:
        build.sources({"dist/index.html": "old"})
        build.write({"www/index.html": "new"})
        folder, notice = self.found(build, "dist")
        assert folder == "www"
        assert "no new one in dist" in notice

    def test_usual_name_goes_first(self, build: Build) -> None:
        build.sources({"index.html": ""})
        build.write({"aaa/index.html": "", "build/index.html": "", "node_modules/x/index.html": ""})
        assert self.found(build, "dist")[0] == "build"

    def test_committed_site_that_was_built_anew_is_found(self, build: Build) -> None:
        build.sources({"docs/index.html": "old", "example/index.html": ""})
        build.write({"docs/index.html": "new"})
        assert self.found(build, "dist")[0] == "docs"

    def test_set_folder_is_only_looked_below_of(self, build: Build) -> None:
        build.sources({"package.json": ""})
        build.write({"dist/shop/browser/index.html": "", "other/index.html": ""})
        assert self.found(build, "dist/shop", is_set=True)[0] == "dist/shop/browser"
        with pytest.raises(NoSite, match=r"no folder build\. The build put one into other, dist/shop"):
            build.project.find("build", is_set=True)

    def test_project_folder_holds_what_the_build_made(self, build: Build) -> None:
        build.sources({"index.html": ""})
        build.write({"css/site.css": ""})
        assert self.found(build, "", is_set=True) == (".", "")
        build.write({"dist/index.html": ""})
        assert self.found(build, "", is_set=True)[0] == "dist"

    def test_folder_without_index_is_published_with_a_notice(self, build: Build) -> None:
        build.sources({"data/a.json": "{}"})
        folder, notice = self.found(build, "data", is_set=True)
        assert (folder, notice.startswith("There is no index.html in data.")) == ("data", True)

    def test_link_within_the_project_is_followed_and_one_out_of_it_is_not(self, build: Build) -> None:
        build.sources({"package.json": ""})
        build.write({".output/public/index.html": ""})
        (build.root / "dist").symlink_to(".output/public")
        (build.root / "etc").symlink_to("/etc")
        assert self.found(build, "dist")[0] == ".output/public"
        with pytest.raises(NoSite, match="leaves the project"):
            build.project.find("etc", is_set=True)

    def test_nothing_made_is_told_with_a_way_out(self, build: Build) -> None:
        build.sources({"index.html": ""})
        with pytest.raises(NoSite, match=r"no folder dist\. Set the output directory"):
            build.project.find("dist", is_set=False)


def test_only_what_the_build_named_never_changes(build: Build) -> None:
    build.sources({"public/assets/team-photo2024.jpg": "x", "src/app.js": ""})
    build.write({"dist/assets/team-photo2024.jpg": "x", "dist/assets/app-DiwrgTda.js": "y"})
    build.publish("dist")
    entries = Catalogue.read(build.site).entries
    assert not entries["assets/team-photo2024.jpg"].is_immutable
    assert entries["assets/app-DiwrgTda.js"].is_immutable


def test_hidden_files_packages_and_foreign_links_stay_behind(build: Build) -> None:
    build.write(
        {
            "site/index.html": "",
            "site/.env": "secret",
            "site/.well-known/a": "",
            "site/node_modules/x.js": "",
            "shared/logo.svg": "<svg/>",
            ".secret": "",
        }
    )
    links = {"shared": "../shared", "up": "..", "etc": "/etc", "secret": "../.secret", "gone": "nowhere"}
    for name, to in links.items():
        (build.root / "site" / name).symlink_to(to)
    told = build.publish("site")
    assert sorted(Catalogue.read(build.site).entries) == [".well-known/a", "index.html", "shared/logo.svg"]
    assert [line.split()[2] for line in told[:-1]] == ["etc", "gone", "secret", "up"]
    assert not (build.site / ".env").exists()


async def test_compressed_copy_in_the_source_is_a_file_of_its_own(build: Build) -> None:
    build.sources({"data.csv": "a,b\n" * 1000, "data.csv.gz": "of another day"})
    build.publish()
    async with serving(build.site) as get:
        _, headers, body = await get("/data.csv", "Accept-Encoding: gzip")
        assert headers["content-encoding"] == "gzip"
        assert body != b"of another day"
        assert (await get("/data.csv.gz"))[2] == b"of another day"


def test_what_is_small_or_no_text_is_not_compressed(build: Build) -> None:
    build.write({"small.css": "a{}", "photo.png": "x" * 9000, "page.html": "<p>hello</p>" * 900})
    build.publish()
    entries = Catalogue.read(build.site).entries
    assert [path for path, entry in entries.items() if entry.packed] == ["page.html"]
    assert entries["page.html"].packed["br"] < entries["page.html"].packed["gzip"] < 200


def test_copies_in_brotli_are_the_file_itself(build: Build) -> None:
    text = "".join(f"export const word{number} = {number * 7919 % 1000};\n" for number in range(2000))
    build.sources({"index.html": "<p>hello</p>" * 900})
    build.write({"dist/assets/index-DiwrgTda.js": text, "dist/index.html": "<p>hello</p>" * 900})
    build.publish("dist")
    for path in ("assets/index-DiwrgTda.js", "index.html"):
        copy = packed_file(build.site, path, "br").read_bytes()
        assert brotli.decompress(copy) == (build.site / path).read_bytes()
        assert len(copy) == Catalogue.read(build.site).entries[path].packed["br"]
    hashed = packed_file(build.site, "assets/index-DiwrgTda.js", "br").read_bytes()
    assert hashed == brotli.compress(text.encode(), quality=11)


def test_copy_that_is_larger_than_the_other_one_is_not_kept(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brotli, "compress", lambda content, **_: content[:-1])
    build.write({"page.html": "<p>hello</p>" * 900})
    build.publish()
    assert list(Catalogue.read(build.site).entries["page.html"].packed) == ["gzip"]


def test_command_publishes_and_leaves_no_project(tmp_path: Path) -> None:
    since = tmp_path / "since"
    since.write_text("")
    (tmp_path / "app" / "dist").mkdir(parents=True)
    (tmp_path / "app" / "dist" / "index.html").write_text("x")
    (tmp_path / "app" / "package.json").write_text("{}")
    options = ("--since", since, "--folder", "dist")
    command = (sys.executable, "-I", "-m", "capsule.staticsite.publish", tmp_path / "app", tmp_path / "site")
    done = subprocess.run((*command, *options), capture_output=True, text=True, check=True)
    assert done.stdout == "1 file, 0 kB.\n"
    assert json.loads((tmp_path / "site.json").read_text())["index.html"]["size"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "site", "site.json"]
    assert list((tmp_path / "app").iterdir()) == []


def test_command_without_a_site_says_so_and_fails(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    options = ("--since", tmp_path, "--folder", "dist")
    command = (sys.executable, "-I", "-m", "capsule.staticsite.publish", tmp_path / "app", tmp_path / "site")
    done = subprocess.run((*command, *options), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The build made no folder dist." in done.stderr
