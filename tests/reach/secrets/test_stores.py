"""From a declaration to the stores; components; files; Django; what Kubernetes alone has."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as tables
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Declared, Environment, SecretManager
from prodproof.facts.django import DjangoSettings, SecretShape, Source
from prodproof.facts.secrets import Holder, ManagerPosture, SecretDescription
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.components import components_of, prints_of
from prodproof.reach.secrets.django import DjangoStore
from prodproof.reach.secrets.kubernetes import KubernetesStore
from prodproof.reach.secrets.local import FileStore
from prodproof.reach.secrets.stores import Stores
from prodproof.trace.finding import fingerprint
from tests.servers.aws import AwsServer
from tests.servers.kubernetes import KubernetesServer
from tests.servers.vault import VaultServer

KEY = b"k" * 32


def declaration(root: Path, *managers: SecretManager, trusted: bool = True) -> Declared:
    return Declared(
        system="shop",
        environment=Environment(name="production"),
        trusted=trusted,
        root=str(root),
        secret_managers=managers,
        all_secret_managers=managers,
    )


def secret(ref: str, **more: str) -> tables.Secret:
    return tables.Secret(name="x", ref=ref, **more)  # type: ignore[arg-type]  # texts alone are given


def test_nothing_is_resolved_without_trust(tmp_path: Path) -> None:
    with Stores(declaration(tmp_path, trusted=False), environment={"A": "value"}) as stores:
        answer = stores.read(secret("env:A"))
    assert isinstance(answer, Unseen) and answer.why is Reason.NOT_PERMITTED


def test_references_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of-a-file")
    with Stores(declaration(tmp_path), environment={"A": "of-the-environment"}) as stores:
        found = [stores.read(secret(ref)) for ref in ("env:A", "file:key", f"file:{tmp_path}/key")]
        assert [item.reveal() for item in found if isinstance(item, Secret)] == [
            "of-the-environment",
            "of-a-file",
            "of-a-file",
        ]
        unknown = stores.read(secret("docker:prodproof-none"))
        assert isinstance(unknown, Unseen) and unknown.why is Reason.NOT_CONFIGURED


def test_vault_is_asked_only_where_it_is_declared(tmp_path: Path, vault_server: VaultServer) -> None:
    vault_server.ask("POST", "secret/data/stores", {"data": {"key": "of-vault"}})
    with Stores(declaration(tmp_path)) as stores:
        answer = stores.read(secret("vault:secret/stores#key"))
        assert isinstance(answer, Unseen) and answer.why is Reason.NOT_DECLARED
    one = SecretManager(name="vault", kind="vault", url=vault_server.url, credentials="env:TOKEN")
    other = SecretManager(name="other", kind="vault", url=vault_server.url, credentials="env:NONE")
    with Stores(declaration(tmp_path, one, other), environment={"TOKEN": vault_server.root}) as stores:
        found = stores.read(secret("vault:secret/stores#key", manager="vault"))
        assert isinstance(found, Secret) and found.reveal() == "of-vault"
        for about, reason in (({}, Reason.NOT_DECLARED), ({"manager": "other"}, Reason.NOT_CONFIGURED)):
            answer = stores.read(secret("vault:secret/stores#key", **about))
            assert isinstance(answer, Unseen) and answer.why is reason
        assert stores.manager(one) is stores.manager(one)


def test_each_environment_has_its_manager(tmp_path: Path, vault_server: VaultServer, aws_server: AwsServer) -> None:
    staging = SecretManager(name="vault", kind="vault", environment="staging", url=vault_server.url)
    with Stores(declaration(tmp_path, staging)) as stores:
        production = stores.of(secret("vault:secret/a#b"))
        assert isinstance(production, Unseen) and production.why is Reason.NOT_DECLARED
        assert not isinstance(stores.of(secret("vault:secret/a#b", environment="staging")), Unseen)
    aws = SecretManager(name="aws", kind="aws", url=aws_server.url, region="eu-central-1", credentials="env:KEYS")
    aws_server.client("secretsmanager").create_secret(Name="stores", SecretString="of-aws")
    with Stores(declaration(tmp_path, aws), environment={"KEYS": "id:key"}) as stores:
        found = stores.read(secret("aws-sm:stores"))
        assert isinstance(found, Secret) and found.reveal() == "of-aws"
        described = stores.describe(secret("aws-sm:stores"))
        assert isinstance(described, SecretDescription) and described.found


def test_a_file_that_everybody_can_read_is_known(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "key").write_text("x")
    (tmp_path / "key").chmod(0o644)
    (tmp_path / "own").write_text("x")
    (tmp_path / "own").chmod(0o600)
    store = FileStore(tmp_path)
    found = store.describe("file:key")
    assert isinstance(found, SecretDescription) and found.file is not None
    passable = all(folder.stat().st_mode & 0o001 for folder in (tmp_path / "key").resolve().parents)
    assert (found.file.mode, found.file.readable_by_others) == (0o644, passable)
    assert found.created is not None
    own = store.describe("file:own")
    assert isinstance(own, SecretDescription) and own.file is not None and not own.file.readable_by_others
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    for name in ("folder", "empty"):
        other = store.describe(f"file:{name}")
        assert isinstance(other, SecretDescription) and not other.found
    os.mkfifo(tmp_path / "pipe")
    assert isinstance(store.read("file:pipe"), Unseen)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("plain-secret", {"": "plain-secret"}),
        ("postgres://shop:p%40ss@db:5432/shop?sslmode=require", {"password": "p@ss"}),
        ("postgres://shop@db/shop", {}),
        ("redis://:word@cache/0", {"password": "word"}),
        ("amqp://shop:a/b#c@mq//", {"password": "a/b#c"}),
        ("https://hooks.example/T1/B2/abc", {"": "https://hooks.example/T1/B2/abc"}),
        ("https://api.example/?token=a%20b&page=2", {"token": "a b"}),
        ("host=db user=shop password='two words' dbname=x", {"password": "two words"}),
        ("Server=db;User Id=sa;Password=word;", {"password": "word"}),
        (
            json.dumps({"username": "shop", "password": "one", "port": 5432, "db": {"name": "n", "password": "two"}}),
            {"password": "one", "db.password": "two"},
        ),
        (json.dumps({"url": "postgres://shop:three@db/x", "host": "db"}), {"url.password": "three"}),
        (f"{'a' * 20},{'b' * 20}", {"0": "a" * 20, "1": "b" * 20}),
        ("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", {}),
        (
            "-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----",
            {"": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"},
        ),
        ("  \n", {}),
    ],
)
def test_parts_of_a_value(value: str, parts: dict[str, str]) -> None:
    assert {part.name: part.value.reveal() for part in components_of(Secret(value))} == parts


@given(st.text(max_size=300))
def test_any_text_has_parts_of_it(value: str) -> None:
    for part in components_of(Secret(value)):
        assert part.value.reveal()
        assert value not in repr(part) or len(value) < 20


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_a_password_is_the_same_part_in_each_environment(password: str) -> None:
    from urllib.parse import quote

    first, second = (
        {item.fingerprint for item in prints_of(Secret(f"postgres://{user}:{quote(password, safe='')}@{host}/x"), KEY)}
        for user, host in (("shop", "db.internal"), ("staging", "localhost:5433"))
    )
    assert first == second and len(first) == 1


def test_fingerprints_are_those_of_searches() -> None:
    (part,) = prints_of(Secret("some-secret"), KEY)
    assert part.fingerprint.startswith(fingerprint(KEY, b"some-secret"))
    assert prints_of(Secret("some-secret"), b"o" * 32) != (part,)


def test_an_application_is_known_by_fingerprint(tmp_path: Path) -> None:
    shapes = (
        SecretShape(name="SECRET_KEY", fingerprint="aa", length="50-or-more"),
        SecretShape(name="CACHES.default.LOCATION", component="password", fingerprint="bb", length="8-15"),
        SecretShape(name="KEYS.0", fingerprint="cc", length="16-31"),
        SecretShape(name="EMAIL_HOST_PASSWORD", length="empty"),
    )
    settings = DjangoSettings(source=Source.EFFECTIVE, module="shop.settings", secrets=shapes)
    store = DjangoStore(settings)
    found = store.fingerprints("django:CACHES.default.LOCATION", KEY)
    assert not isinstance(found, Unseen) and [(item.component, item.fingerprint) for item in found] == [
        ("password", "bb")
    ]
    keys = store.fingerprints("django:KEYS", KEY)
    assert not isinstance(keys, Unseen) and [item.fingerprint for item in keys] == ["cc"]
    value = store.read("django:SECRET_KEY")
    assert isinstance(value, Unseen) and value.why is Reason.NOT_PERMITTED
    for name in ("EMAIL_HOST_PASSWORD", "OTHER"):
        described = store.describe(f"django:{name}")
        assert isinstance(described, SecretDescription) and not described.found
    static = DjangoStore(DjangoSettings(source=Source.STATIC, module="shop.settings", secrets=shapes))
    answer = static.describe("django:SECRET_KEY")
    assert isinstance(answer, Unseen) and answer.why is Reason.INSUFFICIENT_PROOF


def test_roles_of_kubernetes(kubernetes_server: KubernetesServer) -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["db"]}
    pods = {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}
    kubernetes_server.roles["roles"] = [
        {"kind": "Role", "metadata": {"name": "reader", "namespace": "shop"}, "rules": [rule, pods]}
    ]
    kubernetes_server.roles["clusterroles"] = [
        {"kind": "ClusterRole", "metadata": {"name": "all"},
         "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    ]  # fmt: skip
    kubernetes_server.roles["rolebindings"] = [
        {"kind": "RoleBinding", "metadata": {"name": "b", "namespace": "shop"},
         "roleRef": {"kind": "Role", "name": "reader"}, "subjects": [{"kind": "ServiceAccount", "name": "web"}]},
        {"kind": "RoleBinding", "metadata": {"name": "c", "namespace": "shop"},
         "roleRef": {"kind": "ClusterRole", "name": "all"}, "subjects": [{"kind": "User", "name": "ana"}]},
    ]  # fmt: skip
    environment = {"HOME": os.fspath(kubernetes_server.directory)}
    with closing(KubernetesStore(kubernetes_server.configuration(), environment=environment)) as store:
        found = store.posture()
    assert isinstance(found, ManagerPosture)
    assert not isinstance(found.policies, Unseen) and not isinstance(found.holders, Unseen)
    assert [(policy.name, [item.resources for item in policy.rules]) for policy in found.policies] == [
        ("role/shop/reader", [("shop/db",)]),
        ("clusterrole/all", [("*/*",)]),
    ]
    assert found.holders == (
        Holder(name="shop/web", policies=("role/shop/reader",)),
        Holder(name="user:ana", policies=("clusterrole/all@shop",)),
    )
    assert not isinstance(found.transport, Unseen) and found.transport.encrypted and found.transport.trusted
    assert isinstance(found.at_rest, Unseen)
    assert decode(ManagerPosture, encode(found)) == found


def test_a_secret_of_kubernetes_is_as_old_as_its_data(kubernetes_server: KubernetesServer) -> None:
    kubernetes_server.put("shop", "dated", {"key": b"v"}, "2026-10-01T12:00:00Z")
    environment = {"HOME": os.fspath(kubernetes_server.directory)}
    store = KubernetesStore(kubernetes_server.configuration(), environment=environment)
    found = store.describe("k8s:shop/dated#key")
    assert isinstance(found, SecretDescription) and found.created is not None
    assert found.created.isoformat() == "2026-10-01T12:00:00+00:00"
    other = store.describe("k8s:shop/dated#other")
    assert isinstance(other, SecretDescription) and (other.found, other.detail) == (False, "the secret has no such key")
