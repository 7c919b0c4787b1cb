"""What is particular to one kind of credential."""

import json
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import RotationKind, SecretRotation
from prodproof.reach.rotation.aws_key import AccessKeys
from prodproof.reach.rotation.command import CommandCredential
from prodproof.reach.rotation.credential import Attempt, Outcome, Use
from prodproof.reach.rotation.material import AccessKeyForm, LeasedForm, LoginForm
from prodproof.reach.rotation.redis import RedisUsers
from prodproof.reach.rotation.vault_database import VaultLease
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._aws_session import Aws
from prodproof.reach.secrets._vault_client import VaultClient
from prodproof.reach.secrets.store import Limits
from tests.reach.rotation.cases import REF, WORDS, Case, created, material, outcome
from tests.servers import aws, postgres, redis, vault


def keys_of(case: Case, request: pytest.FixtureRequest) -> dict[str, str]:
    assert isinstance(case.credential, AccessKeys)
    server, admin = request.getfixturevalue("aws_server")
    listed = server.client("iam", admin).list_access_keys(UserName=case.credential._user)["AccessKeyMetadata"]
    return {item["AccessKeyId"]: item["Status"] for item in listed}


@pytest.mark.parametrize("case", ["aws"], indirect=True)
def test_a_key_that_a_crash_lost_is_deleted_and_made_anew(case: Case, request: pytest.FixtureRequest) -> None:
    lost, found = created(case), created(case)
    assert lost != found and outcome(case, found) is Outcome.ACCEPTED and outcome(case, lost) is Outcome.REFUSED
    names = {case.credential.name(case.old), case.credential.name(found)}
    assert keys_of(case, request) == dict.fromkeys(names, "Active")


@pytest.mark.parametrize("case", ["aws"], indirect=True)
def test_a_second_key_that_somebody_uses_is_never_deleted(case: Case, request: pytest.FixtureRequest) -> None:
    theirs = created(case)
    server, _ = request.getfixturevalue("aws_server")
    with pytest.raises(Exception, match="AccessDenied"):
        server.client("sqs", theirs.reveal()[REF]).list_queues()  # it may not, and has been used
    before = keys_of(case, request)
    assert case.credential.create(case.old, None) == Unseen(
        Reason.INCOMPLETE, f"{case.credential.name(theirs)} was made meanwhile and is used"
    )
    assert keys_of(case, request) == before


@pytest.mark.parametrize("case", ["aws"], indirect=True)
def test_one_that_was_made_and_is_taken_back_is_gone(case: Case, request: pytest.FixtureRequest) -> None:
    new = created(case)
    for _ in range(2):
        assert case.credential.discard(new) is None
        assert keys_of(case, request) == {case.credential.name(case.old): "Active"}
    assert case.credential.use(new) == Use(frozenset(), 0)
    assert case.credential.problems(case.old) == []


@pytest.mark.parametrize("case", ["aws"], indirect=True)
def test_last_use_tells_who_still_uses_a_key(case: Case, request: pytest.FixtureRequest) -> None:
    before = case.credential.use(case.old)
    server, _ = request.getfixturevalue("aws_server")
    with pytest.raises(Exception, match="AccessDenied"):
        server.client("sqs", case.old.reveal()[REF]).list_queues()
    after = case.credential.use(case.old)
    assert isinstance(before, Use) and isinstance(after, Use) and before.count == 0 and after.count
    assert after.who == {f"sqs in {aws.REGION}"}
    assert outcome(case, case.old) is Outcome.ACCEPTED
    mine = case.credential.use(case.old)
    assert isinstance(mine, Use) and (mine.count, mine.who) == (after.count, frozenset()), "our own try is not told"


@pytest.mark.parametrize("case", ["aws"], indirect=True)
def test_an_inactive_second_key_is_told_before_anything_is_done(case: Case) -> None:
    new = created(case)
    assert case.credential.retire(case.old) is None
    problems = case.credential.problems(new)
    assert not isinstance(problems, Unseen)
    (line,) = problems
    assert line.startswith(
        f"AWS allows two keys, and {case.credential.name(case.old)} is the second one: aws iam delete"
    )


@pytest.mark.parametrize("case", ["vault-lease"], indirect=True)
def test_sessions_of_a_login_that_was_dropped_are_seen_without_its_name(
    case: Case, postgres_server: postgres.PostgresServer, vault_server: vault.VaultServer
) -> None:
    assert case.opened is not None
    case.opened(case.old)
    created(case)
    assert case.credential.retire(case.old) is None
    # Another process, which does not know the number that the user had, ends nothing, and still sees it.
    client = VaultClient(vault_server.url, Secret(vault_server.root), None, Limits())
    roles, admin = ("vault-db:database/shop",), Secret(postgres_server.url())
    other = VaultLease(client, roles, admin, LeasedForm(REF), postgres_server.url())
    use = other.use(case.old)
    assert isinstance(use, Use) and len(use.sessions) == 1 and other.end_sessions(case.old, busy=True) == 0
    other.close()
    assert case.credential.end_sessions(case.old, busy=True) == 1


@pytest.mark.parametrize("case", ["vault-lease"], indirect=True)
def test_a_login_whose_lease_vault_does_not_know_is_told(case: Case, vault_server: vault.VaultServer) -> None:
    login = json.loads(case.old.reveal()[REF])
    forged = material(json.dumps({**login, "lease_id": "database/creds/shop/of-yesterday"}))
    problems = case.credential.problems(forged)
    assert not isinstance(problems, Unseen) and "no lease of database/creds/shop that Vault knows" in problems[0]
    del login["lease_id"]
    without = case.credential.problems(material(json.dumps(login)))
    assert isinstance(without, Unseen) and without.why is Reason.NOT_DECLARED


@pytest.mark.parametrize("case", ["vault-lease"], indirect=True)
def test_a_lease_that_is_over_and_left_its_user_behind_is_told(case: Case) -> None:
    login = json.loads(case.old.reveal()[REF])
    elsewhere = material(json.dumps({**login, "lease_id": "database/creds/shop/forgotten"}))
    told = case.credential.retire(elsewhere)
    assert told == Unseen(Reason.INCOMPLETE, "its lease is over, and it is still accepted")


@pytest.mark.parametrize("case", ["vault-static"], indirect=True)
def test_a_user_of_no_static_role_is_told(case: Case) -> None:
    login = json.loads(case.old.reveal()[REF])
    problems = case.credential.problems(material(json.dumps({**login, "username": "postgres"})))
    assert not isinstance(problems, Unseen) and "none of the static roles: a and b" in problems[0]


def test_a_wrong_clock_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    def raised(message: str) -> Any:
        class Client:
            def get_caller_identity(self) -> None:
                raise ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": message}}, "GetCallerIdentity")

        return Client()

    keys = AccessKeys(lambda given: Aws(aws.REGION, None, given), Secret("a:b"), "shop", AccessKeyForm(REF))
    monkeypatch.setattr(
        Aws, "client", lambda self, service: raised("Signature expired: 20260101T000000Z is now earlier")
    )
    assert isinstance(keys.attempt(material("AKIA:x")), Unseen)
    monkeypatch.setattr(
        Aws, "client", lambda self, service: raised("The request signature we calculated does not match")
    )
    assert keys.attempt(material("AKIA:x")) == Attempt(Outcome.REFUSED, "SignatureDoesNotMatch")


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
