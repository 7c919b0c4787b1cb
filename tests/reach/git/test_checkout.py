"""A version of a repository in a folder of its own; the work tree is left alone, and nothing of it runs."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.git import checkout
from prodproof.reach.git.checkout import before, commit_of, lay_out
from prodproof.reach.git.command import Git

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*words: str) -> str:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *identity, *words], cwd=repository, check=True, capture_output=True, timeout=60)
        return done.stdout.decode().strip()

    git("init", "-q", "-b", "main")
    for number, text in enumerate(("one", "two", "three"), 1):
        (repository / "file").write_text(text)
        git("add", "-A")
        git("commit", "-qm", text)
        if number < 3:
            git("tag", f"v{number}")
    return git


@pytest.fixture
def git(run: Run, tmp_path: Path) -> Git:
    return Git(tmp_path / "repository")


def laid_out(git: Git, commit: str, tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    assert lay_out(git, commit, folder, tmp_path / "index") is None
    return folder


def test_the_version_before_is_the_newest_tag_or_the_parent_or_what_is_named(git: Git, run: Run) -> None:
    head = commit_of(git, "HEAD")
    assert isinstance(head, str) and head == run("rev-parse", "HEAD")
    second, first = run("rev-parse", "v2"), run("rev-parse", "v1")
    assert before(git, head, "tag") == ("v2", second)
    assert before(git, second, "tag") == ("v1", first), "not its own tag"
    assert before(git, head, "commit") == (second[:12], second)
    assert before(git, head, "v1") == ("v1", first)


def test_what_is_not_there_is_said(git: Git, run: Run) -> None:
    head, first = run("rev-parse", "HEAD"), run("rev-parse", "v1")
    for found in (
        commit_of(git, "v9"), commit_of(git, "--all"), before(git, head, "v9"), before(git, first, "tag"),
        before(git, first, "commit"), before(git, head, "main"),
    ):  # fmt: skip
        assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED, found
    assert "say which one" in before(git, first, "tag").detail  # type: ignore[union-attr]  # see above
    assert "current version itself" in before(git, head, "main").detail  # type: ignore[union-attr]


def test_it_is_laid_out_and_the_work_tree_stays_as_it_is(git: Git, run: Run, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / "file").write_text("not committed")
    (repository / "staged").write_text("staged")
    run("add", "staged")
    status, index = run("status", "--porcelain"), (repository / ".git" / "index").read_bytes()
    folder = laid_out(git, run("rev-parse", "v1"), tmp_path)
    assert (folder / "file").read_text() == "one" and os.listdir(folder) == ["file"]
    assert run("status", "--porcelain") == status and (repository / ".git" / "index").read_bytes() == index
    assert run("worktree", "list").count("\n") == 0


def test_from_a_folder_below_or_a_bare_repository_it_is_the_same(run: Run, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / "below").mkdir()
    (repository / "below" / "deep").write_text("x")
    run("add", "-A")
    run("commit", "-qm", "below")
    run("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    for number, place in enumerate((repository / "below", tmp_path / "bare")):
        own = tmp_path / str(number)
        own.mkdir()
        folder = laid_out(Git(place), run("rev-parse", "HEAD"), own)
        assert (folder / "below" / "deep").read_text() == "x" and (folder / "file").exists()


def test_nothing_of_the_repository_runs(git: Git, run: Run, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / ".gitattributes").write_text("* filter=evil\n")
    run("config", "filter.evil.clean", "cat")
    run("config", "filter.evil.smudge", f"touch {tmp_path}/ran; cat")
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    run("add", "-A")
    run("commit", "-qm", "attributes")
    (tmp_path / "ran").unlink(missing_ok=True)
    laid_out(Git(repository), run("rev-parse", "HEAD"), tmp_path)
    assert not (tmp_path / "ran").exists()


def test_one_that_is_too_large_is_not_laid_out(
    git: Git, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "MAX_BYTES", 2)
    found = lay_out(git, run("rev-parse", "HEAD"), tmp_path, tmp_path / "index")
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE and "too many" in found.detail


def test_damage_is_said(git: Git, run: Run, tmp_path: Path) -> None:
    head = run("rev-parse", "HEAD")
    blob = run("rev-parse", "HEAD:file")
    (tmp_path / "repository" / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    folder = tmp_path / "out"
    folder.mkdir()
    found = lay_out(git, head, folder, tmp_path / "index")
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE
