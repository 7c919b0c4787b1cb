"""Age, audit, set-up and scope of secrets, looked at as a run does: Vault's simulator, moto, a CloudTrail simulator."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import (
    Declared,
    Environment,
    ManagedService,
    Permission,
    Power,
    Secret,
    SecretManager,
)
from prodproof.facts.secret_age import SecretAge
from prodproof.facts.secret_audit import CanaryRead
from prodproof.facts.secret_managers import ManagerSetup
from prodproof.facts.secret_scope import SecretScope
from prodproof.guarantees.secrets import access_audited, manager_hardened, rotated_on_schedule, scoped
from prodproof.probes import secret_age, secret_audit, secret_managers, secret_scope
from prodproof.reach.world import World
from prodproof.verdicts import Kind
from tests.servers import aws, cloudtrail, vault

DAY = 86400
BASE = Declared(system="x", environment=Environment(name="production"), trusted=True)
POLICY = 'path "secret/data/shop/*" { capabilities = ["read"] }'


def setup(directory: Path) -> list[dict[str, Any]]:
    audit = {"type": "file", "options": {"file_path": str(directory / "audit.log")}}
    static = {"db_name": "shop", "username": "shop", "rotation_period": "720h"}
    return [
        {"path": "sys/audit/file", "data": audit},
        {"path": "sys/mounts/secret", "data": {"type": "kv", "options": {"version": "2"}}},
        {"path": "secret/data/shop/key", "data": {"data": {"key": "first"}}, "age": 400 * DAY},
        {"path": "secret/data/other/key", "data": {"data": {"key": "other"}}, "age": 3 * DAY},
        {"path": "sys/policies/acl/shop", "data": {"policy": POLICY}},
        {"path": "sys/mounts/database", "data": {"type": "database"}},
        {"path": "database/config/shop", "data": {"plugin_name": "postgresql-database-plugin"}},
        {"path": "database/static-roles/shop", "data": static, "age": 20 * DAY},
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vault")
    path.chmod(0o700)
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[vault.VaultServer]:
    with vault.running(folder, setup(folder)) as running:
        (folder / "login").write_text(running.root)
        yield running


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.AwsServer]:
    with aws.running(tmp_path_factory.mktemp("aws")) as running:
        yield running


def managed(manager: SecretManager, *secrets: Secret, **more: Any) -> World:
    declared = replace(
        BASE, secret_managers=(manager,), all_secret_managers=(manager,), secrets=secrets, all_secrets=secrets, **more
    )
    return World(declared, datetime.now(UTC))


def in_vault(server: vault.VaultServer, **more: Any) -> SecretManager:
    login = f"file:{server.directory / 'login'}"
    return SecretManager(name="vault", kind="vault", url=server.url, credentials=login, **more)


@pytest.fixture
def in_aws(cloud: aws.AwsServer, tmp_path: Path) -> SecretManager:
    (tmp_path / "login").write_text("AKIAREADER:reading")
    shop = ManagedService(name="shop", policy="shop", paths=("shop/*",))
    login = f"file:{tmp_path / 'login'}"
    return SecretManager(name="aws", kind="aws", url=cloud.url, region=aws.REGION, credentials=login, services=(shop,))


def only(survey: object, kind: type[Any]) -> Any:
    assert isinstance(survey, Survey)
    (observation,) = survey.observations
    assert isinstance(observation.seen, kind), observation.seen
    return observation.seen


# ---- age


def age(world: World) -> SecretAge:
    found: SecretAge = only(secret_age.observe.observe(world.declared, world), SecretAge)
    return found


def test_the_age_of_a_version_in_vault(server: vault.VaultServer) -> None:
    secret = Secret(name="key", ref="vault:secret/shop/key#key", rotate_every=90 * DAY)
    found = age(managed(in_vault(server), secret))
    assert found.created is not None and (datetime.now(UTC) - found.created).days == 400
    assert not found.rotatable
    verdict = rotated_on_schedule.judge(found, secret, datetime.now(UTC))
    assert verdict.kind is Kind.BROKEN and "400 days old" in verdict.message


def test_a_database_login_that_vault_rotates(server: vault.VaultServer) -> None:
    secret = Secret(name="db", ref="vault-db:database/shop", rotate_every=90 * DAY)
    found = age(managed(in_vault(server), secret))
    assert found.rotatable and found.rotation is not None and found.rotation.period == 30 * DAY
    assert rotated_on_schedule.judge(found, secret, datetime.now(UTC)).kind is Kind.HOLDS
    late = rotated_on_schedule.judge(found, secret, datetime.now(UTC) + timedelta(days=12))
    assert late.kind is Kind.BROKEN and "was due on" in late.message


def test_a_file_proves_no_age_and_a_certificate_does(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s" * 40)
    secret = Secret(name="key", ref="file:key", rotate_every=90 * DAY)
    world = World(replace(BASE, root=str(tmp_path), secrets=(secret,)), datetime.now(UTC))
    found = age(world)
    verdict = rotated_on_schedule.judge(found, secret, world.now)
    assert (found.created, verdict.reason) == (None, Reason.INSUFFICIENT_PROOF)
    (tmp_path / "key").write_text(certificate(days=30))
    found = age(world)
    assert found.form == "certificate" and found.expires is not None
    assert rotated_on_schedule.judge(found, secret, world.now).kind is Kind.HOLDS
    assert rotated_on_schedule.judge(found, secret, world.now + timedelta(days=31)).kind is Kind.BROKEN


def certificate(days: int) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=1))
    made = builder.not_valid_after(now + timedelta(days=days)).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("text", ["a.b.c", "eyJ.eyJ.x", "-----BEGIN CERTIFICATE-----x-----END CERTIFICATE-----"])
def test_what_only_looks_dated_is_not(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    world = World(replace(BASE, root=str(tmp_path), secrets=(Secret(name="k", ref="file:key"),)), datetime.now(UTC))
    assert (age(world).form, age(world).expires) == ("", None)


def test_a_database_secret_of_aws_that_nothing_rotates(cloud: aws.AwsServer, in_aws: SecretManager) -> None:
    client = cloud.client("secretsmanager")
    value = json.dumps({"engine": "postgres", "username": "shop", "password": "x" * 20})
    client.create_secret(Name="shop/rds", SecretString=value)
    secret = Secret(name="rds", ref="aws-sm:shop/rds#password", rotate_every=90 * DAY)
    found = age(managed(in_aws, secret))
    assert found.rotatable and found.rotation is not None and not found.rotation.enabled
    verdict = rotated_on_schedule.judge(found, secret, datetime.now(UTC))
    assert verdict.kind is Kind.BROKEN and "its rotation is off" in verdict.message


def test_without_trust_nothing_is_read(server: vault.VaultServer) -> None:
    world = managed(
        in_vault(server),
        Secret(name="key", ref="vault:secret/shop/key#key"),
    )
    world = replace(world, declared=replace(world.declared, trusted=False))
    for probe in (secret_age, secret_scope):
        seen = only(probe.observe.observe(world.declared, world), Unseen)
        assert seen.why in (Reason.NOT_PERMITTED, Reason.NOT_DECLARED)


# ---- set-up


def look_at(manager: SecretManager) -> tuple[ManagerSetup, Declared]:
    world = managed(manager)
    found: ManagerSetup = only(secret_managers.observe.observe(manager, world), ManagerSetup)
    return found, world.declared


def test_what_policies_of_vault_reach(server: vault.VaultServer) -> None:
    shop = ManagedService(name="shop", policy="shop", paths=("secret/shop/*",))
    found, declared = look_at(in_vault(server, services=(shop,)))
    assert isinstance(found.policies, tuple)
    reach = next(item for item in found.policies if item.policies == ("shop",))
    assert [item.name for item in reach.reaches] == ["secret/shop/key"]
    assert found.root_tokens == 1
    messages = " ".join(item.message for item in manager_hardened.judge(found, declared).findings)
    assert "plain HTTP" in messages and "root token" in messages and "the policy shop" not in messages
    server.ask("POST", "sys/policies/acl/wide", {"policy": 'path "secret/*" { capabilities = ["read", "delete"] }'})
    try:
        found, declared = look_at(in_vault(server, services=(shop,)))
        messages = " ".join(item.message for item in manager_hardened.judge(found, declared).findings)
        assert "the policy wide reaches" in messages and "secret/other/key (delete, read)" in messages
        assert "no declared service has it" in messages
    finally:
        server.ask("DELETE", "sys/policies/acl/wide")


def test_a_template_is_filled_with_the_login_s_identity(server: vault.VaultServer) -> None:
    text = 'path "secret/data/{{identity.entity.name}}/*" { capabilities = ["read"] }'
    server.ask("POST", "sys/policies/acl/own", {"policy": text})
    server.ask("POST", "sys/auth/approle", {"type": "approle"})
    server.ask("POST", "auth/approle/role/shop", {"token_policies": ["own"]})
    role = server.ask("GET", "auth/approle/role/shop/role-id")["data"]["role_id"]
    accessor = server.ask("GET", "sys/auth")["data"]["approle/"]["accessor"]
    try:
        found, _ = look_at(in_vault(server))
        assert isinstance(found.policies, tuple)
        assert any("identity.entity.name" in text for item in found.policies for text in item.unresolved)
        entity = server.ask("POST", "identity/entity", {"name": "shop"})["data"]["id"]
        alias = {"name": role, "canonical_id": entity, "mount_accessor": accessor}
        server.ask("POST", "identity/entity-alias", alias)
        found, _ = look_at(in_vault(server))
        assert isinstance(found.policies, tuple)
        login = next(item for item in found.policies if item.holder == "the login approle/shop")
        assert ([item.name for item in login.reaches], login.unresolved) == (["secret/shop/key"], ())
    finally:
        server.ask("DELETE", "sys/auth/approle")
        server.ask("DELETE", "sys/policies/acl/own")


def test_a_reader_without_rights_leaves_it_unknown(server: vault.VaultServer, tmp_path: Path) -> None:
    (tmp_path / "login").write_text(server.token('path "nothing" { capabilities = ["read"] }'))
    found, _ = look_at(replace(in_vault(server), credentials=f"file:{tmp_path / 'login'}"))
    parts = (found.policies, found.root_tokens, found.listeners)
    assert all(isinstance(part, Unseen) and part.why is Reason.DENIED for part in parts)


def test_what_roles_of_aws_reach(cloud: aws.AwsServer, in_aws: SecretManager) -> None:
    cloud.client("secretsmanager").create_secret(Name="billing/key", SecretString="b" * 20)
    client = cloud.client("iam")
    client.create_role(RoleName="shop", AssumeRolePolicyDocument="{}")

    def may(resource: str) -> None:
        statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        client.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=document)

    may("arn:aws:secretsmanager:*:*:secret:shop/*")
    found, declared = look_at(in_aws)
    messages = [item.message for item in manager_hardened.judge(found, declared).findings]
    assert not any("the role shop" in message for message in messages)
    may("*")
    found, declared = look_at(in_aws)
    messages = [item.message for item in manager_hardened.judge(found, declared).findings]
    assert any("the role shop reaches" in message and "billing/key" in message for message in messages)


# ---- audit


def canary(manager: SecretManager) -> CanaryRead:
    survey = secret_audit.observe.observe(manager, managed(manager))
    found: CanaryRead = only(survey, CanaryRead)
    assert isinstance(survey, Survey) and survey.observations[0].proof is Proof.ACTIVE
    return found


def test_the_read_of_a_canary_is_in_vault_s_trail(
    server: vault.VaultServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_audit, "FILE_WAIT", 0.5)
    manager = in_vault(server, canary="vault:secret/shop/key#key", trail=f"file:{folder / 'audit.log'}")
    found = canary(manager)
    assert found.recorded is True and found.file is not None
    assert access_audited.judge(found).reason in (Reason.INSUFFICIENT_PROOF, None)
    (folder / "other.log").touch()
    elsewhere = canary(replace(manager, trail=f"file:{folder / 'other.log'}"))
    assert elsewhere.recorded is False
    assert access_audited.judge(elsewhere).kind is Kind.BROKEN


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"canary": None}, Reason.NOT_DECLARED),
        ({"trail": None}, Reason.NOT_DECLARED),
        ({"trail": "file:/nowhere/audit.log"}, Reason.UNREACHABLE),
        ({"canary": "vault:secret/shop/none#key"}, Reason.NOT_CONFIGURED),
    ],
)
def test_what_keeps_it_from_being_looked_for(
    server: vault.VaultServer, folder: Path, change: dict[str, Any], reason: Reason
) -> None:
    whole = in_vault(server, canary="vault:secret/shop/key#key", trail=f"file:{folder / 'audit.log'}")
    manager = replace(whole, **change)
    seen = only(secret_audit.observe.observe(manager, managed(manager)), Unseen)
    assert seen.why is reason


def test_cloudtrail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_audit, "CLOUD_WAIT", 0.5)
    monkeypatch.setattr(secret_audit, "CLOUD_PAUSE", 0.1)
    (tmp_path / "login").write_text("AKIAREADER:reading")
    with cloudtrail.running() as cloud:
        manager = SecretManager(
            name="aws",
            kind="aws",
            url=cloud.url,
            region=aws.REGION,
            credentials=f"file:{tmp_path / 'login'}",
            canary="aws-sm:canary",
            trail="cloudtrail:main",
        )
        found = canary(manager)
        assert found.recorded is True
        assert access_audited.judge(found).kind is Kind.HOLDS
        cloud.lock = "GOVERNANCE"
        assert "can be deleted" in access_audited.judge(canary(manager)).message
        cloud.lock, cloud.records = "COMPLIANCE", False
        assert "had nothing of it" in access_audited.judge(canary(manager)).message


def test_moto_has_no_event_history_and_that_is_unknown(cloud: aws.AwsServer, in_aws: SecretManager) -> None:
    cloud.client("secretsmanager").create_secret(Name="canary", SecretString="c" * 20)
    cloud.client("s3").create_bucket(Bucket="trails", CreateBucketConfiguration={"LocationConstraint": aws.REGION})
    cloud.client("cloudtrail").create_trail(Name="main", S3BucketName="trails")
    found = canary(replace(in_aws, canary="aws-sm:canary", trail="cloudtrail:main"))
    assert isinstance(found.recorded, Unseen)
    assert access_audited.judge(found).kind is Kind.BROKEN  # the trail was never started, and its bucket has no lock


# ---- scope


def scope(world: World) -> SecretScope | Unseen:
    survey = secret_scope.observe.observe(world.declared, world)
    assert isinstance(survey, Survey)
    seen = survey.observations[0].seen
    assert isinstance(seen, SecretScope | Unseen)
    return seen


LOGIN = frozenset({Permission.LOGIN})


def test_a_login_of_vault_is_compared_with_its_purpose(server: vault.VaultServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(server.token(POLICY))
    secret = Secret(
        name="job",
        ref=f"file:{tmp_path / 'token'}",
        may=(Power.parse("vault: read on secret/shop/*"),),
        allow=LOGIN,
        rotate_every=DAY,
    )
    found = scope(managed(in_vault(server), secret))
    assert isinstance(found, SecretScope), found
    assert scoped.judge(found, secret).kind is Kind.HOLDS
    (tmp_path / "token").write_text(server.token('path "secret/data/*" { capabilities = ["read", "update"] }'))
    found = scope(managed(in_vault(server), secret))
    assert isinstance(found, SecretScope)
    assert scoped.judge(found, secret).kind is Kind.BROKEN


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (Secret(name="a", ref="env:A"), Reason.NOT_DECLARED),
        (Secret(name="a", ref="env:A", may=(Power.parse("postgres: SELECT on t"),)), Reason.NOT_PERMITTED),
        (Secret(name="a", ref="env:A", may=(Power.parse("stripe: charge"),), allow=LOGIN), Reason.INSUFFICIENT_PROOF),
        (Secret(name="a", ref="env:NONE", may=(Power.parse("vault: read on s"),), allow=LOGIN), Reason.NOT_CONFIGURED),
    ],
)
def test_what_is_not_logged_in_with(secret: Secret, reason: Reason) -> None:
    world = World(replace(BASE, secrets=(secret,)), datetime.now(UTC))
    found = scope(world)
    assert isinstance(found, Unseen) and found.why is reason


def test_a_key_of_aws_is_compared_with_its_purpose(cloud: aws.AwsServer, in_aws: SecretManager, tmp_path: Path) -> None:
    client = cloud.client("iam")
    client.create_user(UserName="report")
    client.create_group(GroupName="readers")
    client.add_user_to_group(GroupName="readers", UserName="report")
    key = client.create_access_key(UserName="report")["AccessKey"]
    (tmp_path / "key").write_text(f"{key['AccessKeyId']}:{key['SecretAccessKey']}")

    def give(action: str, resource: str, effect: str = "Allow", name: str = "own") -> None:
        statement = {"Effect": effect, "Action": action, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        client.put_group_policy(GroupName="readers", PolicyName=name, PolicyDocument=document)

    secret = Secret(
        name="report",
        ref=f"file:{tmp_path / 'key'}",
        may=(Power.parse("s3:GetObject arn:aws:s3:::shop/*"),),
        allow=LOGIN,
        rotate_every=DAY,
    )
    world = managed(in_aws, secret)
    give("s3:GetObject", "arn:aws:s3:::shop/reports/*")
    found = scope(world)
    assert isinstance(found, SecretScope), found
    assert (found.holdings, found.within) == ((), 1)
    give("s3:*", "arn:aws:s3:::shop/*")
    found = scope(world)
    assert isinstance(found, SecretScope)
    assert [(item.name, item.actions) for item in found.holdings] == [("arn:aws:s3:::shop/*", ("s3:*",))]
    give("*", "*", "Deny", "nothing-else")
    found = scope(world)
    assert isinstance(found, SecretScope) and found.holdings == ()


def test_no_fact_holds_a_value(server: vault.VaultServer, folder: Path) -> None:
    secret = Secret(name="key", ref="vault:secret/shop/key#key", rotate_every=DAY)
    manager = in_vault(server, canary=secret.ref, trail=f"file:{folder / 'audit.log'}")
    facts = (age(managed(manager, secret)), look_at(manager)[0], canary(manager))
    for fact in facts:
        text = repr(fact)
        assert "first" not in text and server.root not in text and os.fspath(folder / "login") not in text
