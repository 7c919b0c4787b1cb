"""Which build of a program is installed, told without starting it."""

import os
from pathlib import Path

import pytest

from prodproof.reach.programs import build_of


def install(home: Path, version: str | None, text: str = "#!/bin/sh\nexit 1\n") -> None:
    program = home / "bin" / "code-sieve"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(text)
    program.chmod(0o755)
    if version:
        (home / f"lib/python3.12/site-packages/code_sieve-{version}.dist-info").mkdir(parents=True)


def build(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PATH", os.fspath(home / "bin"))
    return build_of("code-sieve")


def test_a_python_program_is_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, version in (("one", "3.2.1"), ("two", "3.2.1"), ("three", "3.3.0")):
        install(tmp_path / name, version)
    (tmp_path / "link/bin").mkdir(parents=True)
    (tmp_path / "link/bin/code-sieve").symlink_to(tmp_path / "three/bin/code-sieve")
    found = [build(tmp_path / name, monkeypatch) for name in ("one", "two", "three", "link")]
    assert found == ["3.2.1", "3.2.1", "3.3.0", "3.3.0"]


def test_another_program_is_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, None)
    first = build(tmp_path, monkeypatch)
    assert first == build(tmp_path, monkeypatch) != ""
    install(tmp_path, None, "#!/bin/sh\nexit 22\n")
    assert build(tmp_path, monkeypatch) != first


def test_none_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(tmp_path, monkeypatch) == ""
