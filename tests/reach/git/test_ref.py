"""A ref as a place for files: nothing else of the repository changes, nobody is overwritten, nothing lingers."""

import subprocess
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.ref import DEFAULT_REF, GitRef, Kept, Moved


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    git(tmp_path, "init", "-q", "-b", "main", str(path))
    (path / "file").write_text("content")
    git(path, "add", "file")
    git(path, "commit", "-q", "-m", "first")
    return path


@pytest.fixture(params=["local", "remote"])
def ref(request: pytest.FixtureRequest, repository: Path, tmp_path: Path) -> GitRef:
    if request.param == "local":
        return GitRef.parse("", repository)
    git(tmp_path, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    git(repository, "remote", "add", "origin", str(tmp_path / "remote.git"))
    return GitRef.parse("origin", repository)


def write(ref: GitRef, tmp_path: Path, content: str, expected: str | None, name: str = "a.jsonl") -> str:
    (tmp_path / "new").write_text(content)
    written = ref.write(name, tmp_path / "new", expected)
    assert isinstance(written, str), written
    return written


def test_a_file_is_written_and_read_beside_branches(ref: GitRef, repository: Path, tmp_path: Path) -> None:
    before = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "main"), git(repository, "branch")
    assert ref.read("a.jsonl") == Kept(None, None)

    first = write(ref, tmp_path, "one", None)
    second = write(ref, tmp_path, "two", first)
    third = write(ref, tmp_path, "other", second, "b.jsonl")

    assert ref.read("a.jsonl") == Kept(third, b"two")
    assert ref.read("b.jsonl") == Kept(third, b"other")
    assert ref.read("c.jsonl") == Kept(third, None)
    after = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "main"), git(repository, "branch")
    assert after == before
    assert git(repository, "rev-list", "--count", third) == "1"  # no history that would keep what was erased


def test_whoever_comes_second_is_told_and_overwrites_nothing(ref: GitRef, tmp_path: Path) -> None:
    first = write(ref, tmp_path, "one", None)
    (tmp_path / "new").write_text("another first")
    assert isinstance(ref.write("a.jsonl", tmp_path / "new", None), Moved)
    second = write(ref, tmp_path, "two", first)
    (tmp_path / "new").write_text("three")
    assert isinstance(ref.write("a.jsonl", tmp_path / "new", first), Moved)
    assert ref.read("a.jsonl") == Kept(second, b"two")


def test_another_machine_reads_what_was_pushed(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    git(repository, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(repository, "push", "-q", "origin", "main")
    pushed = write(GitRef.parse("origin/evidence", repository), tmp_path, "one", None)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{tmp_path / 'remote.git'}", str(tmp_path / "clone"))
    assert GitRef.parse("origin/evidence", tmp_path / "clone").read("a.jsonl") == Kept(pushed, b"one")


def test_hooks_of_the_repository_do_not_run(ref: GitRef, repository: Path, tmp_path: Path) -> None:
    for name in ("pre-push", "reference-transaction", "post-checkout"):
        hook = repository / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path / 'ran'}'\nexit 1\n")
        hook.chmod(0o755)
    write(ref, tmp_path, "one", None)
    assert not (tmp_path / "ran").exists()


def test_what_is_no_repository_or_remote_is_unseen(repository: Path, tmp_path: Path) -> None:
    nowhere = GitRef.parse("", tmp_path).read("a")
    assert isinstance(nowhere, Unseen) and nowhere.why is Reason.INCOMPLETE
    absent = GitRef.parse("nobody", repository).read("a")
    assert isinstance(absent, Unseen) and absent.why is Reason.UNREACHABLE
    option = GitRef.parse("--upload-pack=touch", repository).read("a")
    assert isinstance(option, Unseen)


@pytest.mark.parametrize(
    ("text", "ref", "remote"),
    [
        ("", DEFAULT_REF, None),
        ("refs/heads/evidence", "refs/heads/evidence", None),
        ("origin", DEFAULT_REF, "origin"),
        ("origin/evidence", "refs/prodproof/evidence", "origin"),
        ("origin/refs/heads/e", "refs/heads/e", "origin"),
    ],
)
def test_how_a_target_is_written(tmp_path: Path, text: str, ref: str, remote: str | None) -> None:
    parsed = GitRef.parse(text, tmp_path)
    assert (parsed._ref, parsed._remote) == (ref, remote)
