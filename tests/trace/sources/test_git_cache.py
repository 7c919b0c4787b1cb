"""A repository that was searched is not read again, and nothing that was found, or could not be read, is forgotten."""

import contextlib
import gzip
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodproof.trace.cache import Cache, Kept
from prodproof.trace.finding import Finding
from prodproof.trace.search import Outcome, Search
from prodproof.trace.sources import _git_feed, _git_memory
from prodproof.trace.sources.git import GitSource
from prodproof.trace.stream import Hit, Slab
from tests.trace.plain import CONTROL, Literal
from tests.trace.sources.repos import Repo, searched, secret


class Searched:
    """A repository, a cache, and one value to search for, again and again."""

    def __init__(self, base: Path) -> None:
        self.value = secret()
        self.repo = Repo(base / "repo")
        self.cache = Cache(base / "cache", "rules")
        self.repo.commit({f"f{number}": b"clean %d" % number for number in range(20)})
        self.commit = self.repo.commit({"found": b"x\n" + self.value})

    def again(self) -> Outcome:
        return searched(GitSource.open("git:.", self.repo.directory, self.cache), self.value)

    def files(self) -> list[Path]:
        return sorted(self.cache.directory.iterdir())


NOTHING = 2 * len(CONTROL)
"""Bytes that are read for the controls alone: one marker for each thread."""


@pytest.fixture
def made(tmp_path: Path) -> Searched:
    return Searched(tmp_path)


def test_what_has_not_changed_is_not_read_again(made: Searched) -> None:
    first = made.again()
    second = made.again()
    assert first.bytes_read > NOTHING
    assert second.bytes_read == NOTHING
    assert (second.findings, second.gaps) == (first.findings, ())
    assert (second.findings[0].path, second.findings[0].commit, second.findings[0].line) == ("found", made.commit, 2)


def test_only_what_is_new_is_read(made: Searched) -> None:
    made.again()
    commit = made.repo.commit({"new": made.value + b"new"})
    outcome = made.again()
    assert {each.path: each.commit for each in outcome.findings} == {"found": made.commit, "new": commit}
    assert outcome.bytes_read - NOTHING < 400
    made.repo.packed()
    packed = made.again()
    assert packed.findings == outcome.findings
    assert packed.bytes_read == NOTHING


def test_what_is_gone_is_no_finding_any_more(made: Searched) -> None:
    made.again()
    made.repo.git("reset", "--quiet", "--hard", "HEAD~")
    made.repo.git("reflog", "expire", "--expire=now", "--all")
    moved = made.again()
    blob = moved.findings[0].path.removeprefix("unreachable object ")
    assert (len(blob), moved.findings[0].commit) == (40, None)
    made.repo.git("gc", "--quiet", "--prune=now")
    assert made.again().findings == ()


def test_a_gap_is_told_every_time_until_it_is_closed(made: Searched) -> None:
    data = b"large " + made.value
    digest = hashlib.sha256(data).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n"
    made.repo.commit({"big": pointer.encode(), "bad.gz": gzip.compress(os.urandom(3000))[:-500]})
    head = made.repo.git("rev-parse", "HEAD")
    made.repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendor/lib")
    first = made.again()
    second = made.again()
    assert {gap.path for gap in first.gaps} == {"", "bad.gz", "vendor/lib"}
    assert second.gaps == first.gaps
    assert second.findings == first.findings
    kept = made.repo.directory / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
    kept.parent.mkdir(parents=True)
    kept.write_bytes(data)
    third = made.again()
    assert {each.path for each in third.findings} == {"found", "big"}
    assert {gap.path for gap in third.gaps} == {"bad.gz", "vendor/lib"}


def test_what_comes_into_an_alternate_is_read(made: Searched, tmp_path: Path) -> None:
    lender = Repo(tmp_path / "lender")
    lender.commit({"x": b"x"})
    alternates = made.repo.directory / ".git/objects/info/alternates"
    alternates.write_text(f"{lender.directory}/.git/objects\n")
    made.again()
    assert made.again().bytes_read == NOTHING
    blob = lender.git("hash-object", "-w", "--stdin", stdin=made.value + b"lent")
    assert {each.path for each in made.again().findings} == {"found", f"unreachable object {blob}"}


def test_another_digest_shares_nothing(made: Searched) -> None:
    made.again()
    made.cache = Cache(made.cache.directory, "other rules")
    made.value = b"clean 7"
    assert [each.path for each in made.again().findings] == ["f7"]


def damaged(file: Path, damage: str, elsewhere: Path) -> None:
    data = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(data[:-20])
    elif damage == "flipped":
        data[-5] ^= 1
        file.write_bytes(data)
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "foreign":
        file.write_bytes(b"prodproof searched 1\n" + os.urandom(200))
    elif damage == "link":
        (elsewhere / file.name).write_bytes(data)
        file.unlink()
        file.symlink_to(elsewhere / file.name)
    else:
        file.chmod(0o666)


DAMAGES = ("cut", "flipped", "empty", "foreign", "link", "writable")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_no_cache(made: Searched, damage: str, tmp_path: Path) -> None:
    first = made.again()
    for file in made.files():
        damaged(file, damage, tmp_path)
    outcome = made.again()
    assert outcome.bytes_read == first.bytes_read
    assert outcome.findings == first.findings
    assert made.again().bytes_read == NOTHING


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("damage", DAMAGES)
def test_where_one_of_its_files_is_damaged_the_answer_stays(
    made: Searched, damage: str, which: int, tmp_path: Path
) -> None:
    first = made.again()
    damaged(made.files()[which], damage, tmp_path)
    assert made.again().findings == first.findings
    made.repo.commit({"more": made.value + b" more"})
    assert len(made.again().findings) == len(first.findings) + 1


def test_its_files_are_private_and_hold_no_value(made: Searched) -> None:
    made.again()
    assert made.cache.directory.stat().st_mode & 0o777 == 0o700
    for file in made.files():
        assert file.stat().st_mode & 0o777 == 0o600
        assert made.value not in file.read_bytes()


def test_a_search_without_its_controls_keeps_nothing(made: Searched) -> None:
    made.again()
    made.repo.commit({"new": b"new"})
    source = GitSource.open("git:.", made.repo.directory, made.cache)
    assert not Search([source], [Literal(made.value, blind=True)], threads=2).run().complete
    assert made.files() == []


def test_what_a_bound_left_out_is_looked_for_again(made: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        made.repo.commit({"more": made.value + b"%d" % number})
    with monkeypatch.context() as bounded:
        bounded.setattr("prodproof.trace.search.MAX_FINDINGS", 2)
        first = made.again()
        assert (len(first.findings), first.more) == (2, 3)
        assert NOTHING < made.again().bytes_read < first.bytes_read / 2
    assert len(made.again().findings) == 5
    assert made.again().bytes_read == NOTHING


def test_a_search_that_is_stopped_goes_on_where_it_was(made: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_git_feed, "CHECKPOINT", 200_000)
    monkeypatch.setattr(_git_memory, "SAVED_EVERY", 0)
    made.repo.commit({f"large{number}": os.urandom(100_000) for number in range(40)})

    class Stopping(Literal):
        """Stops the search in its middle, as a signal would."""

        def fork(self) -> "Stopping":
            return self

        def search(self, slab: Slab) -> Iterator[Hit]:
            if self.slabs == 10:
                search.stop()
            return super().search(slab)

    search = Search([GitSource.open("git:.", made.repo.directory, made.cache)], [Stopping(made.value)], threads=1)
    stopped = search.run()
    assert stopped.interrupted
    assert stopped.bytes_read < 3_000_000
    rest = made.again()
    assert 1_000_000 < rest.bytes_read < 3_500_000
    assert [each.path for each in rest.findings] == ["found"]
    assert made.again().bytes_read == NOTHING


def test_a_search_that_crashed_goes_on_where_it_was(made: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_git_feed, "CHECKPOINT", 200_000)
    monkeypatch.setattr(_git_memory, "SAVED_EVERY", 0)
    made.repo.commit({f"large{number}": os.urandom(100_000) for number in range(40)})

    class Crashing(Literal):
        def fork(self) -> "Crashing":
            return self

        def search(self, slab: Slab) -> Iterator[Hit]:
            if self.slabs == 10:
                raise ZeroDivisionError
            return super().search(slab)

    source = GitSource.open("git:.", made.repo.directory, made.cache)
    with contextlib.suppress(ZeroDivisionError):
        Search([source], [Crashing(made.value)], threads=1).run()
    rest = made.again()
    assert 1_000_000 < rest.bytes_read < 3_500_000
    assert [each.path for each in rest.findings] == ["found"]


def test_a_search_since_a_revision_does_not_stand_for_the_whole(made: Searched) -> None:
    base = made.repo.git("rev-parse", "HEAD")
    made.repo.commit({"new": made.value + b"new"})
    source = GitSource.open("git:.", made.repo.directory, made.cache, since=base)
    assert [each.path for each in searched(source, made.value).findings] == ["new"]
    assert {each.path for each in made.again().findings} == {"found", "new"}


def test_a_cache_that_cannot_be_written_stops_nothing(made: Searched, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    made.cache = Cache(tmp_path / "file" / "cache", "rules")
    assert len(made.again().findings) == len(made.again().findings) == 1


def test_where_the_cache_of_a_user_is(tmp_path: Path) -> None:
    at = tmp_path / "x"
    assert Cache.of_user("d", {"XDG_CACHE_HOME": str(at)}).directory == at / "prodproof" / "trace"
    for environ in ({"HOME": str(at)}, {"HOME": str(at), "XDG_CACHE_HOME": "relative"}):
        assert Cache.of_user("d", environ).directory == at / ".cache" / "prodproof" / "trace"


def test_what_was_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "d")
    finding = Finding("", "caf\udce9", 3, "k", "r", "plain", "f", line=2, context="a…b")
    kept = Kept(os.urandom(200), {"ab" * 20: (finding,)}, ("cd" * 20,), "s", "h", {"ab" * 20: ()})
    assert cache.save("place", kept)
    assert cache.load("place") == kept
    assert cache.load("another") == Kept()


def test_files_that_nobody_uses_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "d")
    for name in ("old", "used"):
        cache.save(name, Kept(b"x" * 20))
        for file in tmp_path.iterdir():
            if file.stat().st_mtime > 1_000_000_000:
                os.utime(file, (0, 0))
    assert cache.load("used").clean
    cache.save("new", Kept())
    assert cache.load("used").clean
    assert not cache.load("old").clean
