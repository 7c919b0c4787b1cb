"""What the next commit would bring is found; what is in HEAD already is not new."""

import io
import zipfile
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.system.errors import UserError
from prodproof.trace.search import Outcome
from prodproof.trace.sources.staged import StagedSource
from tests.trace.sources.repos import Repo, searched, secret


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def stage(repo: Repo, name: str, data: bytes) -> None:
    (repo.directory / name).write_bytes(data)
    repo.git("add", name)


def look(repo: Repo, value: bytes, environ: dict[str, str] | None = None) -> Outcome:
    return searched(StagedSource.open("git:staged", repo.directory, environ or {}), value)


def where(outcome: Outcome) -> list[tuple[str, int | None]]:
    assert {(each.place, each.commit) for each in outcome.findings} <= {("git:staged", None)}
    return sorted((each.path, each.line) for each in outcome.findings)


def test_a_new_file_is_found_before_the_first_commit_and_after_it(repo: Repo) -> None:
    value = secret()
    stage(repo, "a", b"1\n" + value)
    assert where(look(repo, value)) == [("a", 2)]
    repo.git("commit", "--quiet", "-m", "first")
    assert where(look(repo, value)) == []
    stage(repo, "b", value + b" other")
    assert where(look(repo, value)) == [("b", 1)]


def test_what_the_file_held_before_is_not_new(repo: Repo) -> None:
    value = secret()
    repo.commit({"a": b"1\n2\n" + value})
    stage(repo, "a", b"1\n" + value + b"\n2\nmore\n")
    assert where(look(repo, value)) == []
    repo.commit({"a": b"1\n2\n3"})
    stage(repo, "a", b"1\n2\n" + value)
    assert where(look(repo, value)) == [("a", 3)]


def test_a_renamed_file_is_not_new(repo: Repo) -> None:
    value = secret()
    repo.commit({"a": value})
    repo.git("mv", "a", "b")
    assert where(look(repo, value)) == []


def test_what_is_not_staged_does_not_count(repo: Repo) -> None:
    value = secret()
    repo.commit({"a": b"1"})
    (repo.directory / "a").write_bytes(value)
    (repo.directory / "new").write_bytes(value)
    assert where(look(repo, value)) == []
    stage(repo, "a", value)
    (repo.directory / "a").write_bytes(b"cleaned only here")
    assert where(look(repo, value)) == [("a", 1)]


def test_archives_large_files_and_links_are_searched(repo: Repo) -> None:
    value = secret()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(".env", value)
    stage(repo, "x.zip", archive.getvalue())
    stage(repo, "large", b"\n" * 3_000_000 + value)
    (repo.directory / "link").symlink_to(value.decode())
    repo.git("add", "link")
    assert where(look(repo, value)) == [("large", 3_000_001), ("link", 1), ("x.zip!.env", 1)]


def test_the_same_file_twice_is_found_twice(repo: Repo) -> None:
    value = secret()
    stage(repo, "a", value)
    stage(repo, "b", value)
    assert where(look(repo, value)) == [("a", 1), ("b", 1)]


def test_deleted_files_and_submodules_bring_nothing(repo: Repo) -> None:
    head = repo.commit({"a": b"a", "b": b"b"})
    repo.git("rm", "--quiet", "a")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendor/lib")
    outcome = look(repo, secret())
    assert (outcome.findings, outcome.gaps) == ((), ())


def test_the_index_of_a_partial_commit_is_the_one_that_counts(repo: Repo, tmp_path: Path) -> None:
    value = secret()
    repo.commit({"a": b"1"})
    other = {"GIT_INDEX_FILE": str(tmp_path / "index")}
    repo.git("read-tree", "HEAD", env=other)
    (repo.directory / "a").write_bytes(value)
    repo.git("add", "a", env=other)
    assert where(look(repo, value)) == []
    assert where(look(repo, value, other)) == [("a", 1)]


def test_a_conflict_is_a_gap(repo: Repo) -> None:
    repo.commit({"a": b"1"})
    ids = [repo.git("hash-object", "-w", "--stdin", stdin=text) for text in (b"x", b"y", b"z")]
    entries = "".join(f"100644 {id} {stage}\ta\n" for stage, id in enumerate(ids, 1))
    repo.git("rm", "--quiet", "--cached", "a")
    repo.git("update-index", "--index-info", stdin=entries.encode())
    assert [(gap.path, gap.why) for gap in look(repo, secret()).gaps] == [("a", Reason.INCOMPLETE)]


def test_a_staged_object_that_is_not_there_is_a_gap(repo: Repo) -> None:
    repo.commit({"a": b"1"})
    stage(repo, "a", b"2")
    repo.loose(repo.git("rev-parse", ":a")).unlink()
    assert [(gap.path, gap.why) for gap in look(repo, secret()).gaps] == [("a", Reason.INCOMPLETE)]


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        StagedSource.open("git:staged", tmp_path, {})
