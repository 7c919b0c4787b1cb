"""Whatever lies in a repository is found, with path and commit; what is not there is said."""

import gzip
import hashlib
import io
import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.system.errors import UserError
from prodproof.trace.finding import Finding
from prodproof.trace.search import Outcome
from prodproof.trace.sources import _git_bulk, _git_history, _git_read
from prodproof.trace.sources.git import GitSource
from tests.trace.plain import Literal
from tests.trace.sources.repos import Repo, searched, secret


@pytest.fixture(autouse=True, params=[False, True], ids=["laid out", "as they lie"])
def layout(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small objects are copied for matchers that want them laid out, and searched where git wrote them for others."""
    monkeypatch.setattr(Literal, "borrows", request.param)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": b"nothing here\n"}, "first")
    return made


def look(repo: Repo, value: bytes, **options: object) -> Outcome:
    return searched(GitSource.open("git:repo", repo.directory, **options), value)  # type: ignore[arg-type]  # each test's own


def only(outcome: Outcome) -> Finding:
    assert len(outcome.findings) == 1, outcome.findings
    return outcome.findings[0]


def test_a_key_that_was_removed_again_is_found_with_the_commit_that_brought_it(repo: Repo) -> None:
    value = secret()
    brought = repo.commit({"conf/.env": b"A=1\nKEY=" + value + b"\n"})
    date = repo.git("show", "-s", "--format=%aI", brought)
    repo.commit({"conf/.env": None})
    for number in range(10):
        repo.commit({"README": f"version {number}\n".encode()})
    outcome = look(repo, value)
    finding = only(outcome)
    assert (finding.path, finding.commit, finding.date) == ("conf/.env", brought, date)
    assert (finding.line, finding.offset, finding.place) == (2, 8, "git:repo")
    assert outcome.gaps == ()


@pytest.mark.parametrize("packed", [False, True])
def test_every_kind_of_object_is_searched(repo: Repo, packed: bool) -> None:
    values = {name: secret() for name in ("message", "author", "tag", "note", "stash", "staged", "amended", "dangling")}
    text = {name: value.decode() for name, value in values.items()}
    commit = repo.commit({"a": b"a"}, f"subject\n\n{text['message']}")
    repo.git("commit", "--quiet", "--allow-empty", "-m", "x", f"--author={text['author']} <x@example.com>")
    repo.git("tag", "-a", "v1.0", "-m", text["tag"], commit)
    repo.git("notes", "add", "-m", text["note"], commit)
    (repo.directory / "a").write_bytes(values["stash"])
    repo.git("stash", "push", "--quiet")
    amended = repo.commit({"b": values["amended"]})
    (repo.directory / "b").write_bytes(b"clean")
    repo.git("commit", "--quiet", "--amend", "-a", "-m", "amended")
    dangling = repo.git("hash-object", "-w", "--stdin", stdin=values["dangling"])
    if packed:
        repo.git("repack", "-a", "-d", "-k", "-q")
    (repo.directory / "c").write_bytes(values["staged"])
    repo.git("add", "c")
    found = {name: only(look(repo, value)) for name, value in values.items()}
    assert (found["message"].path, found["message"].commit) == ("commit message", commit)
    assert found["author"].path == "commit message"
    assert (found["tag"].path, found["tag"].commit) == ("message of tag v1.0", commit)
    assert found["note"].path == commit
    assert found["stash"].path == "a"
    assert (found["amended"].path, found["amended"].commit) == ("b", amended)
    assert (found["staged"].path, found["staged"].commit) == ("c", None)
    assert (found["dangling"].path, found["dangling"].commit) == (f"unreachable object {dangling}", None)


def test_a_blob_stands_at_every_path_it_ever_had_each_since_its_oldest_commit(repo: Repo) -> None:
    value = secret()
    first = repo.commit({"one": value})
    second = repo.commit({"one": None, "two": value})
    repo.commit({"two": None})
    repo.commit({"one": value})
    assert {(each.path, each.commit) for each in look(repo, value).findings} == {("one", first), ("two", second)}


@pytest.mark.parametrize("block", [1, 2, 500])
def test_the_oldest_commit_is_told_however_the_history_is_shared_out(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(_git_history, "_BLOCK", block)
    value = secret()
    brought = []
    for number in range(9):
        brought.append(repo.commit({"a": value}))
        repo.commit({"a": b"%d" % number})
    assert only(look(repo, value)).commit == brought[0]


def test_what_only_a_merge_brought_has_the_merge_as_its_commit(repo: Repo) -> None:
    value = secret()
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"side": b"side"})
    repo.git("checkout", "-q", "main")
    repo.commit({"main": b"main"})
    repo.git("merge", "--quiet", "--no-commit", "side")
    (repo.directory / "evil").write_bytes(value)
    repo.git("add", "evil")
    repo.git("commit", "--quiet", "-m", "merge")
    finding = only(look(repo, value))
    assert (finding.path, finding.commit) == ("evil", repo.git("rev-parse", "HEAD"))


def test_names_that_are_not_utf8_keep_their_bytes(repo: Repo) -> None:
    value = secret()
    repo.commit({os.fsdecode(b"caf\xe9 \x01:\n"): value})
    assert only(look(repo, value)).path == os.fsdecode(b"caf\xe9 \x01:\n")


def test_archives_in_history_are_opened(repo: Repo) -> None:
    value = secret()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("etc/.env", value)
    commit = repo.commit({"backup.zip": archive.getvalue(), "log.gz": gzip.compress(value)})
    found = {each.path: each.commit for each in look(repo, value).findings}
    assert found == {"backup.zip!etc/.env": commit, "log.gz": commit}


def test_a_damaged_archive_is_a_gap_at_its_path(repo: Repo) -> None:
    repo.commit({"log.gz": gzip.compress(os.urandom(4000))[:-900]})
    outcome = look(repo, secret())
    assert [(gap.path, gap.why) for gap in outcome.gaps] == [("log.gz", Reason.INCOMPLETE)]


@pytest.mark.parametrize("packed", [False, True])
def test_large_blobs_are_found_in_at_their_end(repo: Repo, packed: bool) -> None:
    value = secret()
    repo.commit({"large": b"x" * 30_000_000 + value, "middle": b"y" * 700_000 + value, "small": value})
    if packed:
        repo.packed()
    assert {(each.path, each.offset) for each in look(repo, value).findings} == {
        ("large", 30_000_000),
        ("middle", 700_000),
        ("small", 0),
    }


def test_many_objects_come_each_once(repo: Repo) -> None:
    value = secret()
    repo.commit({f"{number % 50}/{number}": b"%d " % number + value for number in range(1300)})
    outcome = look(repo, value)
    assert len(outcome.findings) == len({each.path for each in outcome.findings}) == 1300
    assert outcome.gaps == ()


def test_bare_and_sha256_repositories(tmp_path: Path) -> None:
    value = secret()
    repo = Repo(tmp_path / "new", "--object-format=sha256")
    commit = repo.commit({"a": value})
    assert len(commit) == 64
    subprocess.run(["git", "clone", "--quiet", "--bare", repo.directory, tmp_path / "bare"], check=True)
    for directory in (repo.directory, tmp_path / "bare"):
        finding = only(searched(GitSource.open("git:.", directory), value))
        assert (finding.path, finding.commit) == ("a", commit)


def test_objects_of_alternates_and_of_other_work_trees(repo: Repo, tmp_path: Path) -> None:
    value, other = secret(), secret()
    repo.commit({"a": value})
    subprocess.run(["git", "clone", "--quiet", "--shared", repo.directory, tmp_path / "borrower"], check=True)
    assert only(searched(GitSource.open("git:.", tmp_path / "borrower"), value)).path == "a"
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    tree = Repo.__new__(Repo)
    tree.directory, tree.clock = tmp_path / "tree", repo.clock
    commit = tree.commit({"sub/b": other})
    assert only(look(repo, other)).commit == commit
    assert only(searched(GitSource.open("git:.", tmp_path / "tree" / "sub"), other)).commit == commit


def test_a_replaced_object_is_searched_as_it_is_and_as_it_is_shown(repo: Repo) -> None:
    value, shown = secret(), secret()
    repo.commit({"a": value})
    old = repo.git("rev-parse", "HEAD:a")
    new = repo.git("hash-object", "-w", "--stdin", stdin=shown)
    repo.git("replace", old, new)
    assert only(look(repo, value)).path == "a"
    assert len(look(repo, shown).findings) == 1


def test_a_shallow_clone_is_a_gap(repo: Repo, tmp_path: Path) -> None:
    value = secret()
    repo.commit({"a": value})
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", f"file://{repo.directory}", str(tmp_path / "shallow")], check=True
    )
    outcome = searched(GitSource.open("git:.", tmp_path / "shallow"), value)
    assert only(outcome).path == "a"
    assert [gap.why for gap in outcome.gaps] == [Reason.INCOMPLETE]
    assert "shallow" in outcome.gaps[0].detail


@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_partial_clone_is_a_gap_and_fetches_nothing(repo: Repo, tmp_path: Path, left_out: str) -> None:
    value = secret()
    repo.commit({"a": value, "b/c": b"more"}, value.decode())
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    subprocess.run(
        ["git", "clone", "-q", "--no-checkout", f"--filter={left_out}", f"file://{repo.directory}", str(partial)],
        check=True,
    )
    marker = tmp_path / "ran"
    subprocess.run(
        ["git", "-C", str(partial), "config", "remote.origin.uploadpack", f"touch {marker}; git-upload-pack"],
        check=True,
    )
    before = subprocess.run(["git", "-C", partial, "count-objects", "-v"], check=True, capture_output=True).stdout
    outcome = searched(GitSource.open("git:.", partial), value)
    assert only(outcome).path == "commit message"
    assert outcome.gaps
    assert {gap.why for gap in outcome.gaps} == {Reason.INCOMPLETE}
    if left_out == "blob:none":
        assert "3 objects of the history not in this clone: README, a, b/c" in {gap.detail for gap in outcome.gaps}
    after = subprocess.run(["git", "-C", partial, "count-objects", "-v"], check=True, capture_output=True).stdout
    assert after == before
    assert not marker.exists()


def test_damaged_objects_are_gaps_and_the_others_are_searched(repo: Repo) -> None:
    value = secret()
    repo.commit({f"f{number}": b"%d " % number + value for number in range(40)})
    for number, damage in ((3, b""), (17, b"garbage"), (31, None)):
        path = repo.loose(repo.git("rev-parse", f"HEAD:f{number}"))
        whole = path.read_bytes()
        if damage is None:
            path.unlink()
        else:
            path.write_bytes(damage or whole[:-8])
    outcome = look(repo, value)
    assert {each.path for each in outcome.findings} == {f"f{number}" for number in range(40)} - {"f3", "f17", "f31"}
    told = " ".join(f"{gap.path} {gap.detail}" for gap in outcome.gaps)
    assert all(gap.why is Reason.INCOMPLETE for gap in outcome.gaps)
    assert "f3" in told
    assert "f31" in told
    assert "f17" in told


def test_a_damaged_pack_does_not_hide_what_can_be_read(repo: Repo) -> None:
    value = secret()
    repo.commit({f"f{number}": os.urandom(2000) + value for number in range(30)})
    repo.packed()
    pack = next((repo.directory / ".git/objects/pack").glob("*.pack"))
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(40)
    pack.write_bytes(data)
    outcome = look(repo, value)
    assert 26 <= len(outcome.findings) < 30
    assert {gap.why for gap in outcome.gaps} == {Reason.INCOMPLETE}


def test_a_missing_tree_is_a_gap(repo: Repo) -> None:
    value = secret()
    repo.commit({"d/a": value})
    repo.commit({"d/a": b"gone", "later": value + b" "})
    repo.loose(repo.git("rev-parse", "HEAD~:d")).unlink()
    outcome = look(repo, value)
    assert len(outcome.findings) == 2
    assert any("compared" in gap.detail for gap in outcome.gaps)


def test_submodules_are_told(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendor/lib")
    repo.git("commit", "--quiet", "-m", "submodule")
    outcome = look(repo, secret())
    assert [(gap.path, gap.why) for gap in outcome.gaps] == [("vendor/lib", Reason.INCOMPLETE)]


def test_files_of_git_lfs_are_read_where_they_are(repo: Repo) -> None:
    value = secret()
    there, gone = b"large " + value, b"gone " + value
    pointers = {
        name: b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
        % (hashlib.sha256(data).hexdigest().encode(), len(data))
        for name, data in (("there.bin", there), ("gone.bin", gone))
    }
    commit = repo.commit(dict(pointers))
    digest = hashlib.sha256(there).hexdigest()
    kept = repo.directory / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
    kept.parent.mkdir(parents=True)
    kept.write_bytes(there)
    outcome = look(repo, value)
    finding = only(outcome)
    assert (finding.path, finding.offset, finding.commit) == ("there.bin", 6, commit)
    assert [gap.detail for gap in outcome.gaps] == ["1 file of Git LFS not downloaded: gone.bin"]


def test_only_what_is_new_since_a_revision(repo: Repo) -> None:
    old, new, aside = secret(), secret(), secret()
    base = repo.commit({"old": old})
    repo.git("branch", "aside")
    commit = repo.commit({"new": new, "old": b"changed"})
    repo.commit({"old": old})
    repo.git("checkout", "-q", "aside")
    repo.commit({"aside": aside})
    repo.git("checkout", "-q", "main")
    assert only(look(repo, new, since=base)).commit == commit
    assert look(repo, old, since=base).findings == ()
    assert look(repo, aside, since=base).findings == ()
    assert look(repo, old, since=base).gaps == ()
    assert only(look(repo, aside, since=base, revisions=("aside",))).path == "aside"
    assert only(look(repo, old, revisions=("main",))).path == "old"


@pytest.mark.parametrize("revision", ["nowhere", "--all", "-x", "HEAD:README", ""])
def test_what_is_no_commit_is_refused(repo: Repo, revision: str) -> None:
    with pytest.raises(UserError):
        GitSource.open("git:.", repo.directory, revisions=(revision,))


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        GitSource.open("git:.", tmp_path)
    with pytest.raises(UserError):
        GitSource.open("git:.", tmp_path / "nothing")


def test_an_empty_repository_has_nothing(tmp_path: Path) -> None:
    outcome = searched(GitSource.open("git:.", Repo(tmp_path / "empty").directory), secret())
    assert (outcome.findings, outcome.gaps) == ((), ())


def test_nothing_that_its_configuration_names_is_run(repo: Repo, tmp_path: Path) -> None:
    value = secret()
    marker = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    repo.commit({"a": value, ".gitattributes": b"* diff=evil filter=evil\n"})
    for key in (
        "core.fsmonitor", "core.pager", "diff.external", "diff.evil.textconv", "diff.evil.command",
        "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "core.sshCommand",
        "core.alternateRefsCommand",
    ):  # fmt: skip
        repo.git("config", key, str(program))
    assert only(look(repo, value)).path == "a"
    assert not marker.exists()


def instead_of_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a git first on the path that does something else where objects are read, at once or one by one."""
    real = shutil.which("git")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *"cat-file --batch"|*"cat-file --batch --buffer") {script};; esac\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_a_git_that_is_killed_again_and_again_is_given_up(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_git_read, "MAX_DAMAGED", 5)
    repo.commit({f"f{number}": b"%d" % number for number in range(30)})
    instead_of_reading(tmp_path, monkeypatch, "kill -9 $$")
    gaps = look(repo, secret()).gaps
    assert {gap.why for gap in gaps} == {Reason.INCOMPLETE}
    assert any("more than 5 objects cannot be read" in gap.detail for gap in gaps)


@pytest.mark.parametrize("times", [1, 2])
def test_a_git_that_is_killed_in_the_middle_loses_nothing(
    times: int, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = secret()
    repo.commit({f"f{number}": b"%d" % number + value for number in range(30)})
    real = shutil.which("git")
    # Several read at once; a folder is made by one of them alone.
    first = " || ".join(f"mkdir {tmp_path}/killed-{number} 2>/dev/null" for number in range(times))
    # Whoever asks for one object at a time waits for its answer, which is short.
    much = 'case "$*" in *--buffer) much=1500;; *) much=60;; esac'
    cut = f'if {first}; then {much}; {real} "$@" | {{ head -c $much; kill -9 $$; }}; fi'
    instead_of_reading(tmp_path, monkeypatch, cut)
    outcome = look(repo, value)
    assert len(list(tmp_path.glob("killed-*"))) == times
    assert ({each.path for each in outcome.findings}, outcome.gaps) == ({f"f{number}" for number in range(30)}, ())


def test_a_git_that_hangs_is_given_up(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_git_bulk, _git_read):
        monkeypatch.setattr(module, "IDLE", 0.2)
    instead_of_reading(tmp_path, monkeypatch, "sleep 600")
    assert {gap.why for gap in look(repo, secret()).gaps} == {Reason.TIMED_OUT}


def test_without_git_nothing_is_opened(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="git is not installed"):
        GitSource.open("git:.", repo.directory)
