"""How Dockerfiles are read, refused and written anew."""

import pytest

from capsule.build.dockerfile import DockerfileProblem, read_dockerfile

LABELS = {"capsule.built-by": "x"}


def problems(text: str) -> list[str]:
    return [problem.text for problem in read_dockerfile(text, {}).problems()]


class TestReading:
    def test_stages_images_ports_and_user(self) -> None:
        text = (
            "# syntax=docker/dockerfile:1\n"
            "FROM node:20 AS web\n"
            "EXPOSE 1\n"
            "FROM python:3.11-slim\n"
            "COPY --from=web /dist /dist\n"
            "COPY --from=caddy:2 /usr/bin/caddy /usr/bin/\n"
            "EXPOSE 8080 53/udp $PORT\n"
            "USER 1000:1000\n"
        )
        found = read_dockerfile(text, {})
        assert found.images == ["node:20", "python:3.11-slim", "caddy:2"]
        assert found.ports == [8080]
        assert found.user == "1000:1000"
        assert found.syntax == "docker/dockerfile:1"

    def test_arguments_before_the_first_from_are_filled_in(self) -> None:
        text = "ARG PY=3.11\nARG TAG=${PY}-slim\nFROM python:${TAG}\nARG TOKEN OTHER=1\n"
        assert read_dockerfile(text, {}).images == ["python:3.11-slim"]
        assert read_dockerfile(text, {"PY": "3"}).images == ["python:3-slim"]
        assert read_dockerfile(text, {}).arguments == {"PY", "TAG", "TOKEN", "OTHER"}

    def test_defaults_inside_the_image(self) -> None:
        assert read_dockerfile("ARG V\nFROM python:${V:-3.11}\n", {}).images == ["python:3.11"]

    def test_lines_go_on_over_comments_and_empty_lines(self) -> None:
        text = "FROM debian\nRUN one \\\n  # why\n\n  && two\nEXPOSE 80\n"
        found = read_dockerfile(text, {})
        assert found.stages[0].instructions[0].text == "one   && two"
        assert found.ports == [80]

    def test_another_escape_character(self) -> None:
        found = read_dockerfile("# escape=`\nFROM debian\nRUN one `\n two\n", {})
        assert found.stages[0].instructions[0].text == "one  two"
        assert found.written({}, LABELS).startswith("# escape=`\n")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "no FROM"),
            ("RUN x\nFROM a\n", "before the first FROM"),
            ("FROM a b\n", "takes an image"),
            ("FROM debian\nRUNN x\n", "Line 2: `RUNN` is no instruction"),
            ("FROM python:$V\n", "a variable without a value"),
            ("FROM debian\n<<<<<<< HEAD\n", "is no instruction"),
        ],
    )
    def test_what_cannot_be_read_is_said(self, text: str, said: str) -> None:
        with pytest.raises(DockerfileProblem) as caught:
            read_dockerfile(text, {})
        assert said in caught.value.text


class TestLimits:
    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("RUN <<EOF\nmake\nEOF", "here-documents"),
            ("COPY <<EOF /a\nhello\nEOF", "here-documents"),
            ("RUN --mount=type=secret,id=x cat /run/secrets/x", "`RUN --mount=type=secret` cannot be built"),
            ("RUN --mount=source=a,target=/a ls", "`RUN --mount=type=bind` cannot be built"),
            ("RUN --network=none ls", "`RUN --network=none` cannot be built"),
            ("COPY --chmod=755 a /a", "`COPY --chmod` cannot be built"),
            ("ADD http://127.0.0.1:9000/ /a", "`ADD` takes files of the project only"),
            ("ADD $WHERE /a", "`ADD` takes files of the project only"),
            ('ADD ["https://a.example/x", "/a"]', "`ADD` takes files of the project only"),
            ("ONBUILD ADD http://127.0.0.1/ /a", "`ADD` takes files of the project only"),
            ("ONBUILD COPY --from=capsule/7:art_1 / /a", "`ONBUILD` with `--from` cannot be built"),
        ],
    )
    def test_what_would_change_the_result_is_refused(self, line: str, said: str) -> None:
        (problem,) = problems(f"FROM debian\n{line}\n")
        assert problem.startswith("Line 2: ")
        assert said in problem

    def test_archives_of_the_project_are_added(self) -> None:
        assert problems("FROM debian\nADD a.tar.gz /a\nONBUILD RUN make\n") == []

    def test_a_here_string_is_no_here_document(self) -> None:
        assert problems("FROM debian\nRUN bash -c 'cat <<<hello'\n") == []

    def test_what_is_left_out_is_told(self) -> None:
        text = (
            "# syntax=docker/dockerfile:1\nFROM --platform=linux/amd64 debian\n"
            "RUN --mount=type=cache,target=/root/.cache pip install x\nCOPY --link a /a\n"
            "HEALTHCHECK CMD curl localhost\nVOLUME /data\n"
        )
        said = " ".join(read_dockerfile(text, {}).notices())
        for word in ("# syntax", "--platform", "--mount=type=cache", "--link", "HEALTHCHECK", "VOLUME"):
            assert word in said


class TestWriting:
    def test_bases_are_replaced_and_stages_are_not(self) -> None:
        text = (
            "# syntax=a/b:1\nFROM python:3 AS Build\nRUN --mount=type=cache,target=/c \\\n  make\n"
            "FROM build\nCOPY --link --chown=1:1 --from=caddy:2 /a /b\nCOPY --from=build /c /d\n"
        )
        written = read_dockerfile(text, {}).written({"python:3": "base/p:1", "caddy:2": "base/c:2"}, LABELS)
        assert written.splitlines() == [
            "# escape=\\",
            "FROM base/p:1 AS Build",
            'LABEL capsule.built-by="x"',
            "RUN make",
            "FROM build",
            'LABEL capsule.built-by="x"',
            "COPY --from=base/c:2 --chown=1:1 /a /b",
            "COPY --from=build /c /d",
        ]

    def test_what_is_not_touched_stays_as_it_was_written(self) -> None:
        text = 'FROM debian\nRUN one \\\n    && two   # no comment\nCMD ["a", "b"]\n'
        written = read_dockerfile(text, {}).written({}, LABELS)
        assert 'RUN one \\\n    && two   # no comment\nCMD ["a", "b"]\n' in written
