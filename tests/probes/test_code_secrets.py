"""Secrets in a repository: its history, what lies beside it, and what a clone lacks."""

import base64
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason
from prodproof.facts.code_secrets import CodeSearch
from prodproof.facts.declared import Secret, SecretAllowed, SecretRule
from prodproof.probes import code_secrets
from prodproof.probes.code_secrets import observe
from prodproof.trace.patterns.canary import made_up, rule_of
from tests.probes.work import Work, seen_by, why, world_of
from tests.probes.work import kept_here as kept_here

DECLARED = Secret(name="signing", ref="env:TEST_SIGNING_KEY")
pytestmark = pytest.mark.usefixtures("kept_here")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    work = Work(tmp_path / "shop")
    work.write("README.md", "# The shop\n")
    return work


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch) -> str:
    value = secrets.token_urlsafe(30)
    monkeypatch.setenv("TEST_SIGNING_KEY", value)
    return value


def look(directory: Path, **declared: Any) -> CodeSearch:
    found = seen_by(observe, world_of(directory, **declared))
    assert isinstance(found, CodeSearch), found
    return found


def places(found: CodeSearch) -> list[tuple[str, str]]:
    return [(item.rule, item.path) for item in found.traced.seen]


def key() -> bytes:
    return made_up(rule_of("aws-access-key-id"))


def test_healthy(work: Work) -> None:
    found = look(work.directory)
    assert (found.traced.seen, found.traced.unsearched, found.uncommitted, found.absent) == ((), (), 0, ())
    assert found.history and found.traced.rules > 100


def test_removed_ten_commits_ago(work: Work) -> None:
    work.write("deploy.conf", key())
    first = work.git("rev-parse", "HEAD")
    work.remove("deploy.conf")
    for _ in range(10):
        work.commit()
    (item,) = look(work.directory).traced.seen
    assert (item.rule, item.path, item.line, item.commit) == ("aws-access-key-id", "deploy.conf", 1, first)


def test_off_every_branch_in_a_stash_and_only_staged(work: Work) -> None:
    work.write("amended.conf", key())
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.put("README.md", b"# The shop\n" + key())
    work.git("stash", "--quiet")
    work.put("staged.conf", key())
    work.git("add", "staged.conf")
    rules = [item.rule for item in look(work.directory).traced.seen]
    assert rules == ["aws-access-key-id"] * 3


def test_in_a_new_and_in_a_changed_file(work: Work) -> None:
    work.put("new.conf", key())
    work.put("README.md", b"# The shop\n" + key())
    found = look(work.directory)
    assert found.uncommitted == 2
    assert sorted(places(found)) == [("aws-access-key-id", "README.md"), ("aws-access-key-id", "new.conf")]


def test_a_changed_file_that_still_has_it_is_told_once(work: Work) -> None:
    text = key()
    work.write("deploy.conf", text)
    work.put("deploy.conf", b"# more\n" + text)
    (item,) = look(work.directory).traced.seen
    assert item.commit


def test_ignored_and_deleted_files_are_no_code(work: Work) -> None:
    work.write(".gitignore", "*.local\n")
    work.write("gone.txt", "x\n")
    work.put("mine.local", key())
    (work.directory / "gone.txt").unlink()
    found = look(work.directory)
    assert (found.uncommitted, found.traced.seen, found.traced.unsearched) == (0, (), ())


def test_the_very_value_in_base64(work: Work, value: str) -> None:
    work.write("notes.md", f"send {base64.b64encode(f'shop:{value}'.encode()).decode()}\n")
    found = look(work.directory, trusted=True, all_secrets=(DECLARED,))
    (item,) = found.traced.seen
    assert (item.rule, item.what, item.path, item.encoding) == ("value", "signing", "notes.md", "base64")
    assert found.traced.values == 1 and not found.traced.unresolved
    assert value not in repr(found)


def test_secrets_of_every_environment(work: Work, value: str) -> None:
    work.write("notes.md", f"{value}\n")
    of_staging = replace(DECLARED, environment="staging")
    assert look(work.directory, trusted=True, secrets=(), all_secrets=(of_staging,)).traced.seen


def test_without_trust_patterns_alone(work: Work, value: str) -> None:
    work.write("notes.md", f"{value}\n")
    work.write("deploy.conf", key())
    found = look(work.directory, all_secrets=(DECLARED,))
    assert places(found) == [("aws-access-key-id", "deploy.conf")]
    (missing,) = found.traced.unresolved
    assert (missing.path, missing.why, found.traced.values) == ("signing", Reason.NOT_PERMITTED, 0)


def test_public_missing_and_short_secrets(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SHORT", "abc")
    found = look(
        work.directory,
        trusted=True,
        all_secrets=(
            replace(DECLARED, public=True),
            Secret(name="absent", ref="env:TEST_THAT_NOBODY_SETS"),
            Secret(name="short", ref="env:TEST_SHORT"),
            Secret(name="login", ref="vault-db:database/shop"),
        ),
    )
    assert {item.path: item.why for item in found.traced.unresolved} == {
        "absent": Reason.NOT_CONFIGURED,
        "short": Reason.INCOMPLETE,
    }


def test_a_team_s_own_rule_and_what_somebody_stands_for(work: Work) -> None:
    own = SecretRule(id="shop-key", what="key of the shop", pattern=r"\b(shop_[0-9a-f]{32})\b", keywords=("shop_",))
    work.write("deploy.conf", f"shop_{secrets.token_hex(16)}\n")
    found = look(work.directory, secret_rules=(own,))
    (item,) = found.traced.seen
    assert (item.rule, item.what) == ("shop-key", "key of the shop")
    today = world_of(work.directory).now.date()
    allowed = SecretAllowed(finding=item.finding, reason="a test", owner="ana", until=today)
    again = look(work.directory, secret_rules=(own,), secrets_allowed=(allowed,))
    assert (again.traced.seen, again.traced.allowed) == ((), 1)


def test_the_second_look_reads_nothing_again_and_sees_the_same(work: Work) -> None:
    work.write("large.txt", "nothing\n" * 20_000)
    work.write("deploy.conf", key())
    first, again = look(work.directory), look(work.directory)
    assert again.traced.seen == first.traced.seen
    assert again.traced.bytes_read < 1_000 < first.traced.bytes_read


def test_another_value_is_searched_for_everywhere_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    later = secrets.token_urlsafe(30)
    work.write("notes.md", f"{later}\n")
    monkeypatch.setenv("TEST_SIGNING_KEY", secrets.token_urlsafe(30))
    assert not look(work.directory, trusted=True, all_secrets=(DECLARED,)).traced.seen
    monkeypatch.setenv("TEST_SIGNING_KEY", later)
    assert look(work.directory, trusted=True, all_secrets=(DECLARED,)).traced.seen


def test_a_shallow_clone_says_so(work: Work, tmp_path: Path) -> None:
    work.write("a", "x\n")
    work.git("clone", "-q", "--depth", "1", f"file://{work.directory}", str(tmp_path / "shallow"))
    (gap,) = look(tmp_path / "shallow").traced.unsearched
    assert gap.why is Reason.INCOMPLETE and "shallow" in gap.detail


def test_a_missing_object_says_so(work: Work) -> None:
    work.write("a.txt", "x\n")
    blob = work.git("rev-parse", "HEAD:a.txt")
    (work.directory / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = look(work.directory)
    assert Reason.INCOMPLETE in {gap.why for gap in found.traced.unsearched}


@pytest.mark.parametrize(
    ("url", "fetch", "absent"),
    [
        ("https://github.com/a/b", "+refs/heads/*:refs/remotes/origin/*", "pull requests of origin"),
        ("git@gitlab.com:a/b.git", "+refs/heads/*:refs/remotes/origin/*", "refs/merge-requests/*"),
        ("https://bitbucket.org/a/b", "+refs/heads/*:refs/remotes/origin/*", None),
        ("/srv/git/b.git", "+refs/heads/*:refs/remotes/origin/*", None),
        ("/srv/git/b.git", "+refs/heads/main:refs/remotes/origin/main", "branches of origin"),
        ("https://github.com/a/b", "+refs/*:refs/*", None),
    ],
)
def test_what_a_remote_has_and_the_clone_does_not_fetch(work: Work, url: str, fetch: str, absent: str | None) -> None:
    work.git("config", "remote.origin.url", url)
    work.git("config", "remote.origin.fetch", fetch)
    found = "; ".join(look(work.directory).absent)
    assert (absent in found) if absent else not found


def test_pull_requests_that_were_fetched(work: Work) -> None:
    work.git("config", "remote.origin.url", "https://github.com/a/b")
    work.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    work.git("config", "--add", "remote.origin.fetch", "+refs/pull/*:refs/pull/*")
    assert look(work.directory).absent == ()


def test_a_bare_repository(work: Work, tmp_path: Path) -> None:
    work.write("deploy.conf", key())
    work.git("clone", "-q", "--bare", f"file://{work.directory}", str(tmp_path / "bare"))
    assert places(look(tmp_path / "bare")) == [("aws-access-key-id", "deploy.conf")]


def test_a_plain_folder_has_no_history(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "deploy.conf").write_bytes(key())
    found = look(tmp_path / "plain")
    assert not found.history
    assert places(found) == [("aws-access-key-id", "deploy.conf")]


def test_no_repository_at_all(tmp_path: Path) -> None:
    assert why(seen_by(observe, world_of(tmp_path / "nothing"))) is Reason.UNREACHABLE


def test_a_damaged_index_is_no_answer(work: Work) -> None:
    (work.directory / ".git" / "index").write_bytes(b"DIRC\0\0\0\x02 no index")
    assert why(seen_by(observe, world_of(work.directory))) is Reason.INCOMPLETE


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://User@GitHub.com:443/a", "github.com"),
        ("ssh://git@host.example/a", "host.example"),
        ("host:a/b.git", "host"),
        ("file:///srv/a", None),
        ("../a", None),
        ("https://[bad", None),
    ],
)
def test_hosts(url: str, host: str | None) -> None:
    assert code_secrets._host(url) == host
