"""Dockerfiles: what the reference describes, and what people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.reach.files.dockerfile import Dockerfile, is_dockerfile, parse_dockerfile


def parsed(text: str) -> Dockerfile:
    result = parse_dockerfile(text)
    assert isinstance(result, Dockerfile), result
    return result


def test_stages_aliases_and_platforms() -> None:
    file = parsed(
        "FROM --platform=$BUILDPLATFORM node:22.1.0-slim AS Build\nRUN npm ci\n"
        "from build as test\nFROM scratch\nCOPY --from=build --chown=1:1 /a /b\nUSER 1000\n"
    )
    assert [(stage.image, stage.alias, stage.parent) for stage in file.stages] == [
        ("node:22.1.0-slim", "build", None),
        ("build", "test", 0),
        ("scratch", None, None),
    ]
    assert file.stages[0].platform == "$BUILDPLATFORM"
    copy, user = file.stages[2].instructions
    assert copy.flags == {"from": "build", "chown": "1:1"}
    assert copy.arguments == "/a /b"
    assert (user.name, user.value, user.line) == ("USER", "1000", 6)
    assert file.stage("BUILD") == 0
    assert file.stage("2") == 2
    assert file.stage("nginx") is None


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("ARG V=3.12.4\nFROM python:${V}-slim", "python:3.12.4-slim"),
        ("ARG V\nFROM python:$V", None),
        ("ARG V\nFROM python:${V:-3.12}", "python:3.12"),
        ('ARG V="3.12"\nARG IMAGE=python:$V\nFROM "$IMAGE"', "python:3.12"),
        ("FROM python${NOTHING:+:latest}:3", "python:3"),
        ("ARG A=x\nFROM image:${A#pattern}", None),
        ("ARG ARCH=\nFROM ${ARCH}debian", None),
        ("FROM python:3.12 # the best", None),
    ],
)
def test_build_arguments(text: str, image: str | None) -> None:
    result = parse_dockerfile(text)
    assert (None if isinstance(result, Unseen) else result.stages[0].image) == image


def test_continuation_comments_and_heredocs() -> None:
    file = parsed(
        "# syntax=docker/dockerfile:1\n# escape=\\\nFROM debian\n"
        "RUN apt-get update && \\\n  # why\n\n  apt-get install -y x\n"
        "RUN <<EOF cat <<'B'\nUSER root\nEOF\nFROM other\nB\nRUN echo $((1<<N)) <<<word\nCMD [\"a\"]"
    )
    run, documents, shell, command = file.stages[0].instructions
    assert run.value.split() == ["apt-get", "update", "&&", "apt-get", "install", "-y", "x"]
    assert documents.heredocs == ("USER root", "FROM other")
    assert (shell.line, command.line) == (13, 14)
    assert file.syntax == "docker/dockerfile:1"
    assert len(file.stages) == 1


def test_backtick_escape_and_windows_lines() -> None:
    file = parsed("# escape=`\r\nFROM mcr.microsoft.com/x:1\r\nRUN dir C:\\\r\nRUN a `\r\n b\r\n")
    assert [item.value.split() for item in file.stages[0].instructions] == [["dir", "C:\\"], ["a", "b"]]


def test_onbuild_keeps_its_name() -> None:
    assert parsed("FROM a\nONBUILD USER root").stages[0].instructions[0].name == "ONBUILD"


@pytest.mark.parametrize("text", ["", "# nothing", "{{ x }}", "RUN x\nFROM y", "FROM", "FROM a\nRUN <<EOF\nx", "\x00"])
def test_what_is_no_dockerfile(text: str) -> None:
    assert isinstance(parse_dockerfile(text), Unseen)


@given(st.lists(st.sampled_from(["FROM a", "ARG", "X=", "$", "{", "}", "\\", "\n", "<<E", "E", " ", "AS", "`", ":-"])))
def test_never_raises(parts: list[str]) -> None:
    assert isinstance(parse_dockerfile(" ".join(parts)), Dockerfile | Unseen)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile", True),
        ("a/Dockerfile.prod", True),
        ("a/web.dockerfile", True),
        ("Containerfile", True),
        ("Dockerfile.dockerignore", False),
        ("Dockerfile.j2", False),
        ("docs/dockerfiles.md", False),
    ],
)
def test_names(path: str, expected: bool) -> None:
    assert is_dockerfile(path) is expected
