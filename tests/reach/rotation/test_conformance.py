"""What every kind of credential answers, each on its real server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import RotationKind, SecretRotation
from prodproof.reach.rotation.command import CommandCredential
from prodproof.reach.rotation.credential import Attempt, Credential, Outcome, Use
from prodproof.reach.rotation.material import LoginForm, Material
from prodproof.reach.rotation.postgres import PostgresUsers
from prodproof.reach.rotation.redis import RedisUsers
from prodproof.reach.secret import Secret
from tests.servers import postgres, redis
from tests.servers.ports import free_port
from tests.servers.tokens import Tokens, commands

REF = "file:secret"
ROOT = Path(__file__).parent.parent.parent.parent
WORDS = "old-password-for-tests"


@dataclass
class Case:
    """One kind, with the credential that is good at first."""

    credential: Credential
    old: Material
    opened: Callable[[Material], Callable[[], Any]] | None
    """Opens a session; returns what uses it. None where there are no sessions."""

    away: Callable[[], Credential]
    """The same where nobody answers."""


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    with postgres.running() as server:
        yield server


def material(text: str) -> Material:
    return Material({REF: Secret(text)})


@pytest.fixture(params=["postgres", "redis", "command"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    yield from {"postgres": of_postgres, "redis": of_redis, "command": of_commands}[request.param](request, tmp_path)


def of_postgres(request: pytest.FixtureRequest, folder: Path) -> Iterator[Case]:
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    with psycopg.connect(server.url(), autocommit=True) as link:
        link.execute(f"CREATE ROLE a LOGIN PASSWORD '{WORDS}'".encode())
    old = material(f"postgresql://a:{WORDS}@127.0.0.1:{server.port}/postgres")
    links = []

    def opened(of: Material) -> Callable[[], Any]:
        link = psycopg.connect(of.reveal()[REF], autocommit=True)
        links.append(link)
        return lambda: link.execute("SELECT 1")

    def made(url: str) -> PostgresUsers:
        return PostgresUsers(Secret(url), ("a", "b"), LoginForm(REF))

    credential = made(server.url())
    yield Case(credential, old, opened, lambda: made(f"postgresql://a:x@127.0.0.1:{free_port()}/postgres"))
    credential.close()
    for link in links:
        link.close()
    with psycopg.connect(server.url(), autocommit=True) as link:
        link.execute("DROP ROLE a")
        link.execute("DROP ROLE IF EXISTS b")


def of_redis(request: pytest.FixtureRequest, folder: Path) -> Iterator[Case]:
    with redis.running(folder) as server:
        admin = server.client()
        admin.execute_command("ACL", "SETUSER", "a", "on", f">{WORDS}", "~shop:*", "+@all", "-@dangerous", "(~x +get)")
        old = material(f"redis://a:{WORDS}@127.0.0.1:{server.port}/0")
        clients = [admin]

        def opened(of: Material) -> Callable[[], Any]:
            user, _, password = of.reveal()[REF].removeprefix("redis://").partition("@")[0].partition(":")
            client = server.client(user, password)
            client.get("shop:x")
            clients.append(client)
            # Through its connection, which does not log in anew when it was cut.
            return lambda: (client.connection.send_command("PING"), client.connection.read_response())

        def made(url: str) -> RedisUsers:
            return RedisUsers(Secret(url), ("a", "b"), LoginForm(REF))

        credential = made(server.url)
        yield Case(credential, old, opened, lambda: made(f"redis://a:x@127.0.0.1:{free_port()}/0"))
        credential.close()
        for client in clients:
            client.close()


def of_commands(request: pytest.FixtureRequest, folder: Path) -> Iterator[Case]:
    Tokens(folder).put("token-old")
    broken = dict.fromkeys(commands(folder), ("sh", "-c", "exit 7"))

    def made(programs: dict[str, Any]) -> CommandCredential:
        return CommandCredential(SecretRotation(kind=RotationKind.COMMAND, **programs), REF, ROOT, "drill.create", b"k")

    yield Case(made(commands(folder)), material("token-old"), None, lambda: made(broken))


def created(case: Case) -> Material:
    proposed = case.credential.proposed(case.old)
    assert not isinstance(proposed, Unseen)
    made = case.credential.create(case.old, proposed)
    assert isinstance(made, Material), made
    return made


def outcome(case: Case, of: Material) -> Outcome:
    tried = case.credential.attempt(of)
    assert isinstance(tried, Attempt), tried
    return tried.outcome


def sessions(case: Case, of: Material) -> int:
    use = case.credential.use(of)
    assert isinstance(use, Use)
    return len(use.sessions)


def test_the_present_one_is_accepted_and_a_wrong_one_refused(case: Case) -> None:
    assert case.credential.problems(case.old) in ((), [])
    assert outcome(case, case.old) is Outcome.ACCEPTED
    assert outcome(case, case.credential.wrong(case.old)) is Outcome.REFUSED


def test_the_new_one_is_good_beside_the_old_one_and_may_do_the_same(case: Case) -> None:
    new = created(case)
    assert new != case.old
    assert outcome(case, new) is outcome(case, case.old) is Outcome.ACCEPTED
    assert outcome(case, case.credential.wrong(new)) is Outcome.REFUSED
    assert not case.credential.missing(case.old, new)
    assert case.credential.name(new) != case.credential.name(case.old)


def test_made_twice_it_is_one(case: Case) -> None:
    first = created(case)
    proposed = first if case.credential.kind != "command" else None
    assert case.credential.create(case.old, proposed) == first
    assert outcome(case, first) is Outcome.ACCEPTED


def test_the_retired_one_is_refused_and_comes_back(case: Case) -> None:
    new = created(case)
    for _ in range(2):
        assert case.credential.retire(case.old) is None
        assert outcome(case, case.old) is Outcome.REFUSED
    assert outcome(case, new) is Outcome.ACCEPTED
    assert case.credential.can_restore
    assert case.credential.restore(case.old) is None
    assert outcome(case, case.old) is Outcome.ACCEPTED
    assert outcome(case, case.credential.wrong(case.old)) is Outcome.REFUSED


def test_sessions_of_a_retired_one_live_on_until_they_are_ended(case: Case) -> None:
    if case.opened is None:
        assert case.credential.end_sessions(case.old, busy=True) == 0
        return
    use = case.opened(case.old)
    assert sessions(case, case.old) == 1
    new = created(case)
    case.credential.retire(case.old)
    use()
    assert sessions(case, case.old) == 1 and sessions(case, new) == 0
    assert case.credential.end_sessions(case.old, busy=False) == 1
    with pytest.raises(Exception, match=r"."):
        use()
    assert case.credential.end_sessions(case.old, busy=True) == 0


def test_use_by_others_is_seen_and_our_own_is_not(case: Case) -> None:
    before = case.credential.use(case.old)
    assert isinstance(before, Use)
    outcome(case, case.old)
    assert case.credential.use(case.old) == before
    if case.opened is None:
        return
    case.opened(case.old)
    now = case.credential.use(case.old)
    assert isinstance(now, Use) and len(now.sessions - before.sessions) == 1
    assert any("127.0.0.1" in who for who in now.who)


def test_nothing_shows_a_value(case: Case, capfd: pytest.CaptureFixture[str]) -> None:
    new = created(case)
    told = [case.credential.attempt(new), case.credential.use(new), case.credential.retire(new), new, case.credential]
    shown = f"{told!r} {capfd.readouterr()}"
    for value in (*new.reveal().values(), *case.old.reveal().values()):
        assert value.rpartition("://")[2].partition("@")[0].rpartition(":")[2] not in shown


def test_where_nobody_answers_nothing_is_said(case: Case) -> None:
    away = case.away()
    for seen in (away.use(case.old), away.create(case.old, case.credential.wrong(case.old)), away.retire(case.old)):
        assert isinstance(seen, Unseen) and seen.why in (Reason.UNREACHABLE, Reason.INCOMPLETE)
    away.close()


def test_two_good_ones_are_found(case: Case) -> None:
    if case.credential.kind == "command":
        return  # its programs know of no others
    new = created(case)
    problems = case.credential.problems(case.old)
    assert not isinstance(problems, Unseen)
    assert any(item.startswith(f"both credentials are valid: {case.credential.name(new)}") for item in problems)


def test_a_redis_that_forgets_its_users_is_found(tmp_path: Path) -> None:
    with redis.running(tmp_path, keeps=False) as server:
        client = server.client()
        client.execute_command("ACL", "SETUSER", "a", "on", f">{WORDS}", "~*", "+@all")
        client.close()
        credential = RedisUsers(Secret(server.url), ("a", "b"), LoginForm(REF))
        problems = credential.problems(material(f"redis://a:{WORDS}@127.0.0.1:{server.port}/0"))
        credential.close()
    assert not isinstance(problems, Unseen) and "forgets its users" in problems[0]


def test_a_timeout_is_no_refusal(tmp_path: Path) -> None:
    rotation = SecretRotation(kind=RotationKind.COMMAND, attempt=("sh", "-c", "exit 3"))
    seen = CommandCredential(rotation, REF, tmp_path, "x", b"k").attempt(material("t"))
    assert seen == Unseen(Reason.INCOMPLETE, "attempt ended with exit code 3, which is no answer")
