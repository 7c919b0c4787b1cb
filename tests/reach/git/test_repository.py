"""A repository may be anything: each kind of damage has its own true reason, and none stops the run."""

import os
import subprocess
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.repository import RepositoryReader, shown

IDENTITY = {
    "PATH": os.environ["PATH"],
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ALLOW_PROTOCOL": "file",
}


def git(directory: Path, *arguments: str) -> str:
    answer = subprocess.run(
        ["git", "-C", str(directory), *arguments], check=True, env=IDENTITY, capture_output=True, text=True
    )
    return answer.stdout


@pytest.fixture
def made(tmp_path: Path) -> Path:
    directory = tmp_path / "repo"
    directory.mkdir()
    git(directory, "init", "--quiet", "--initial-branch=main")
    (directory / "a.txt").write_text("alpha")
    (directory / "sub").mkdir()
    (directory / "sub" / "b.yml").write_text("b: 1")
    (directory / ".gitignore").write_text("ignored.txt\n")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "-m", "one")
    return directory


def opened(path: Path) -> RepositoryReader:
    reader = RepositoryReader.open(path)
    assert isinstance(reader, RepositoryReader), reader
    return reader


def why(answer: object) -> Reason:
    assert isinstance(answer, Unseen), answer
    return answer.why


def test_reads_tracked_and_new_files_but_not_ignored_ones(made: Path) -> None:
    (made / "new.txt").write_text("new")
    (made / "ignored.txt").write_text("no")
    reader = opened(made)
    assert reader.files == (".gitignore", "a.txt", "new.txt", "sub/b.yml")
    assert reader.text("a.txt") == "alpha"
    assert reader.gaps == ()


def test_commit_says_when_tracked_files_differ(made: Path) -> None:
    head = git(made, "rev-parse", "HEAD").strip()
    assert opened(made).commit == head
    os.utime(made / "a.txt", (1, 1))
    assert opened(made).commit == head, "a changed time is no change"
    (made / "a.txt").write_text("beta")
    assert opened(made).commit == f"{head}-dirty"


def test_commit_says_when_new_files_are_read_too(made: Path) -> None:
    head = git(made, "rev-parse", "HEAD").strip()
    (made / "new.yml").write_text("a: 1")
    reader = opened(made)
    assert reader.commit == f"{head}-dirty"
    assert "new.yml" in reader.files
    (made / ".git" / "info" / "exclude").write_text("new.yml\n")
    assert opened(made).commit == head, "what is ignored is not read"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.yml", ()),
        ("**/*.yml", ("sub/b.yml",)),
        ("**/*.txt", ("a.txt",)),
        ("sub/*", ("sub/b.yml",)),
        ("**", (".gitignore", "a.txt", "sub/b.yml")),
        ("s?b/[a-c].yml", ("sub/b.yml",)),
    ],
)
def test_globs(made: Path, pattern: str, expected: tuple[str, ...]) -> None:
    assert opened(made).glob(pattern) == expected


def test_bare(made: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(made), "bare.git")
    reader = opened(tmp_path / "bare.git")
    assert reader.files == (".gitignore", "a.txt", "sub/b.yml")
    assert reader.text("sub/b.yml") == "b: 1"
    assert reader.commit == git(made, "rev-parse", "HEAD").strip()


def test_shallow(made: Path, tmp_path: Path) -> None:
    (made / "a.txt").write_text("two")
    git(made, "commit", "--quiet", "-am", "two")
    git(tmp_path, "clone", "--quiet", "--depth=1", made.as_uri(), "shallow")
    assert opened(tmp_path / "shallow").shallow
    assert not opened(made).shallow


def test_missing_objects_are_a_gap_not_an_absence(made: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(made), "bare.git")
    bare = tmp_path / "bare.git"
    blob = git(made, "rev-parse", "HEAD:a.txt").strip()
    loose = bare / "objects" / blob[:2] / blob[2:]
    if not loose.exists():
        pack = next((bare / "objects" / "pack").glob("*.pack"))
        moved = pack.rename(tmp_path / "moved.pack")
        pack.with_suffix(".idx").unlink()
        with moved.open("rb") as file:
            subprocess.run(["git", "-C", str(bare), "unpack-objects", "-q"], stdin=file, check=True, env=IDENTITY)
    loose.unlink()
    reader = opened(bare)
    assert "a.txt" in reader.files
    assert why(reader.data("a.txt")) is Reason.INCOMPLETE
    assert reader.text("sub/b.yml") == "b: 1"


def test_missing_tree_is_a_gap(made: Path) -> None:
    tree = git(made, "rev-parse", "HEAD:sub").strip()
    git(made, "config", "core.bare", "true")
    (made / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    reader = opened(made / ".git")
    assert reader.files == ()
    assert [gap.why for gap in reader.gaps] == [Reason.INCOMPLETE]


def test_submodules_are_gaps(made: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(made), "other")
    git(made, "submodule", "add", "--quiet", str(tmp_path / "other"), "vendor/other")
    reader = opened(made)
    assert not any(path.startswith("vendor/other") for path in reader.files)
    assert "vendor/other" in reader.gaps[0].detail


def test_links_out_of_the_repository_are_not_followed(made: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside")
    (made / "out").symlink_to(tmp_path / "secret")
    (made / "loop").symlink_to("loop")
    (made / "in").symlink_to("a.txt")
    (made / "round").symlink_to(".")
    reader = opened(made)
    assert why(reader.data("out")) is Reason.NOT_PERMITTED
    assert why(reader.data("loop")) is Reason.INCOMPLETE
    assert reader.text("in") == "alpha"
    assert why(reader.data("round")) is Reason.NOT_PERMITTED


def test_special_and_large_files(made: Path) -> None:
    os.mkfifo(made / "pipe")
    (made / "large").write_bytes(b"x" * 5000)
    reader = opened(made)
    assert why(reader.data("pipe")) is Reason.INCOMPLETE
    assert why(reader.data("large", limit=4999)) is Reason.INCOMPLETE
    assert len(reader.data("large", limit=5000) or b"") == 5000  # type: ignore[arg-type]  # not Unseen, asserted by len
    assert why(reader.data("absent")) is Reason.INCOMPLETE


def test_names_that_are_not_utf8(made: Path) -> None:
    with open(os.path.join(os.fsencode(made), b"caf\xe9\n.txt"), "w") as file:
        file.write("odd")
    reader = opened(made)
    name = next(path for path in reader.files if path.startswith("caf"))
    assert reader.text(name) == "odd"
    assert shown(name) == "caf\\xe9\\x0a.txt"


def test_a_plain_directory(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yml").write_text("x: 1")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "y.yml").write_text("y: 1")
    reader = opened(tmp_path)
    assert (reader.git, reader.commit, reader.files) == (None, None, ("a/x.yml",))


def test_an_empty_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert (opened(tmp_path).files, opened(tmp_path).commit) == ((), None)


def test_what_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    assert why(RepositoryReader.open(tmp_path / "absent")) is Reason.UNREACHABLE
    assert why(RepositoryReader.open(tmp_path / "file")) is Reason.UNREACHABLE
    assert why(RepositoryReader.open(tmp_path / "loop")) is Reason.INCOMPLETE


def test_its_own_configuration_runs_nothing(made: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    (made / ".gitattributes").write_text("* filter=trap diff=trap\n")
    for key in (
        "core.fsmonitor",
        "filter.trap.clean",
        "filter.trap.process",
        "diff.trap.command",
        "diff.trap.textconv",
    ):
        git(made, "config", key, f"touch {trap}; cat")
    git(made, "config", "core.pager", f"touch {trap}; cat")
    hook = made / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    (made / "a.txt").write_text("omega")
    reader = opened(made)
    assert reader.commit is not None and reader.commit.endswith("-dirty")
    assert "a.txt" in reader.files
    assert not trap.exists()


def test_a_subdirectory_stands_for_itself(made: Path) -> None:
    assert opened(made / "sub").files == ("b.yml",)
