"""Vault: what only it has. The simulator is asked, through hvac."""

import json
import secrets
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import ManagerPosture, Rotation, SecretDescription, Transport
from prodproof.range.components.certificates import Authority
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._vault_policy import parsed
from prodproof.reach.secrets.vault import VaultStore
from tests.reach.secrets.conftest import SETUP
from tests.servers import vault
from tests.servers.vault import VaultServer

DAY = 86400
READER = """
path "secret/*" { capabilities = ["read", "list"] }
path "database/*" { capabilities = ["read", "list"] }
"""


def described(server: VaultServer, reference: str, policy: str = READER) -> SecretDescription | Unseen:
    with closing(VaultStore(server.url, Secret(server.token(policy)))) as store:
        return store.describe(reference)


def seen(server: VaultServer, reference: str, policy: str = READER) -> SecretDescription:
    found = described(server, reference, policy)
    assert isinstance(found, SecretDescription), found
    return found


def test_versions_and_tags(vault_server: VaultServer) -> None:
    name = secrets.token_hex(4)
    for number in range(3):
        vault_server.ask("POST", f"secret/data/{name}", {"data": {"key": f"v{number}"}})
    vault_server.ask("POST", f"secret/metadata/{name}", {"custom_metadata": {"owner": "ana"}})
    vault_server.ask("POST", f"secret/destroy/{name}", {"versions": [1]})
    found = seen(vault_server, f"vault:secret/{name}#key")
    assert (found.found, found.version, found.tags) == (True, "3", (("owner", "ana"),))
    assert [version.stages for version in found.versions] == [("destroyed",), ("kept",), ("current",)]
    assert found.created is not None and abs(datetime.now(UTC) - found.created) < timedelta(minutes=5)
    assert found.rotation is None and found.expires is None


def test_a_deleted_version_is_not_there(vault_server: VaultServer) -> None:
    name = secrets.token_hex(4)
    vault_server.ask("POST", f"secret/data/{name}", {"data": {"key": "v"}})
    vault_server.ask("DELETE", f"secret/data/{name}")
    found = seen(vault_server, f"vault:secret/{name}#key")
    assert (found.found, found.detail) == (False, "its current version is deleted")
    with closing(VaultStore(vault_server.url, Secret(vault_server.token(READER)))) as store:
        value = store.read(f"vault:secret/{name}#key")
    assert isinstance(value, Unseen) and value.why is Reason.NOT_CONFIGURED


def test_a_key_that_the_secret_lacks(vault_server: VaultServer) -> None:
    name = secrets.token_hex(4)
    vault_server.ask("POST", f"secret/data/{name}", {"data": {"key": "v"}})
    found = seen(vault_server, f"vault:secret/{name}#other")
    assert (found.found, found.detail) == (False, "the secret has no such key")


def test_a_version_that_ends_by_itself(vault_server: VaultServer) -> None:
    name = secrets.token_hex(4)
    vault_server.ask("POST", f"secret/metadata/{name}", {"delete_version_after": "24h"})
    vault_server.ask("POST", f"secret/data/{name}", {"data": {"key": "v"}})
    found = seen(vault_server, f"vault:secret/{name}#key")
    assert found.found and found.expires is not None
    assert timedelta(hours=23) < found.expires - datetime.now(UTC) < timedelta(hours=25)


def test_without_the_metadata_the_value_s_own_answer_tells_its_age(vault_server: VaultServer) -> None:
    name = secrets.token_hex(4)
    vault_server.ask("POST", f"secret/data/{name}", {"data": {"key": "planted-value"}})
    policy = f'path "secret/data/{name}" {{ capabilities = ["read"] }}'
    found = seen(vault_server, f"vault:secret/{name}#key", policy)
    assert found.found and found.created is not None and found.version == "1"
    assert "planted-value" not in repr(found)


def test_a_static_role_rotates(tmp_path: Path) -> None:
    setup: list[dict[str, Any]] = [
        *SETUP,
        {"path": "database/config/shop", "data": {"plugin_name": "postgresql-database-plugin"}},
        {"path": "database/static-roles/web", "age": 100 * DAY,
         "data": {"db_name": "shop", "username": "web", "rotation_period": "24h"}},
        {"path": "database/roles/report", "data": {"db_name": "shop", "default_ttl": "1h", "max_ttl": "4h"}},
    ]  # fmt: skip
    with vault.running(tmp_path, setup) as server:
        found = seen(server, "vault-db:database/web")
        last = found.created
        assert last is not None and timedelta(days=99) < datetime.now(UTC) - last < timedelta(days=101)
        assert found.rotation == Rotation(enabled=True, period=DAY, last=last, by="vault")
        report = seen(server, "vault-db:database/report")
        assert report.found and report.rotation == Rotation(enabled=True, period=4 * 3600, by="vault")
        assert not seen(server, "vault-db:database/nobody").found
        token = Secret(server.token(READER))
        with closing(VaultStore(server.url, token)) as store:
            password = store.read("vault-db:database/web")
            assert isinstance(password, Secret) and len(password.reveal()) > 15
            refused = store.read("vault-db:database/report")
            assert isinstance(refused, Unseen) and refused.why is Reason.NOT_PERMITTED
        leased = VaultStore(server.url, Secret(server.root), leases=True)
        assert isinstance(leased.read("vault-db:database/report"), Secret)
        (lease,) = leased._taken
        leased.close()
        with pytest.raises(urllib.error.HTTPError) as caught:
            server.ask("POST", "sys/leases/revoke", {"lease_id": lease})
        assert caught.value.code == 400, "the login was not given back"


def approle(server: VaultServer, policy: str, **role: object) -> str:
    name, policies = f"r{secrets.token_hex(4)}", f"p{secrets.token_hex(4)}"
    server.ask("PUT", f"sys/policies/acl/{policies}", {"policy": policy})
    server.ask("POST", f"auth/approle/role/{name}", {"token_policies": [policies], **role})
    id = server.ask("GET", f"auth/approle/role/{name}/role-id")["data"]["role_id"]
    return f"{id}:{server.ask('POST', f'auth/approle/role/{name}/secret-id')['data']['secret_id']}"


def test_a_login_by_role_ends_with_the_store(vault_server: VaultServer) -> None:
    name = secrets.token_hex(4)
    vault_server.ask("POST", f"secret/data/{name}", {"data": {"key": "v"}})
    store = VaultStore(vault_server.url, Secret(approle(vault_server, READER)))
    assert isinstance(store.read(f"vault:secret/{name}#key"), Secret)
    token = store._client._hvac.token
    assert vault_server.ask("GET", "auth/token/lookup-self", token=token)
    store.close()
    with pytest.raises(urllib.error.HTTPError):
        vault_server.ask("GET", "auth/token/lookup-self", token=token)


@pytest.mark.parametrize("credentials", ["no-such-token", "no-such-role:no-such-secret"])
def test_wrong_credentials_are_denied_and_not_repeated(vault_server: VaultServer, credentials: str) -> None:
    with closing(VaultStore(vault_server.url, Secret(credentials))) as store:
        for answer in (store.read("vault:secret/x#key"), store.describe("vault:secret/x#key")):
            assert isinstance(answer, Unseen) and answer.why is Reason.DENIED, answer
            assert "no-such" not in repr(answer)


def test_nothing_is_taken_from_this_machine_s_environment(
    vault_server: VaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", vault_server.root)
    with closing(VaultStore(vault_server.url)) as store:
        answer = store.read("vault:secret/x#key")
    assert isinstance(answer, Unseen) and answer.why is Reason.NOT_DECLARED


def test_no_token_travels_in_clear() -> None:
    with closing(VaultStore("http://vault.example:8200", Secret("t"))) as store:
        answer = store.read("vault:secret/x#key")
    assert isinstance(answer, Unseen) and answer.why is Reason.NOT_PERMITTED


def test_a_sealed_vault_is_unreachable(tmp_path: Path) -> None:
    with vault.running(tmp_path, SETUP) as server, closing(VaultStore(server.url, Secret(server.root))) as store:
        server.ask("PUT", "sys/seal")
        answer = store.read("vault:secret/x#key")
        assert isinstance(answer, Unseen) and answer.why is Reason.UNREACHABLE
        posture = store.posture()
        assert isinstance(posture, ManagerPosture) and not isinstance(posture.at_rest, Unseen)
        assert posture.at_rest.sealed and isinstance(posture.policies, Unseen)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[VaultServer, Path]]:
    """A Vault with TLS, an audit device, a policy and who holds it."""
    authority = Authority(tmp_path)
    pem = str(authority.issue("127.0.0.1"))
    policy = 'path "secret/data/{{identity.entity.name}}/*" { capabilities = ["read"] }\n# a comment\n'
    setup = [
        *SETUP,
        {"path": "sys/audit/file", "data": {"type": "file", "options": {"file_path": str(tmp_path / "audit.log")}}},
        {"path": "sys/policies/acl/own", "data": {"policy": policy}},
        {"path": "auth/approle/role/shop", "data": {"token_policies": ["own"], "token_max_ttl": "1h"}},
        {"path": "identity/entity", "data": {"name": "shop", "policies": ["more"]}},
    ]
    with vault.running(tmp_path, setup, certificate=pem, key=pem, seal="awskms") as server:
        yield server, authority.ca_file


def test_posture(secured: tuple[VaultServer, Path]) -> None:
    server, ca = secured
    with closing(VaultStore(server.url, Secret(server.root), str(ca))) as store:
        found = store.posture()
    assert isinstance(found, ManagerPosture)
    assert found.transport == Transport(encrypted=True, version="TLSv1.3", trusted=True)
    assert not isinstance(found.at_rest, Unseen) and (found.at_rest.kind, found.at_rest.sealed) == ("awskms", False)
    assert not isinstance(found.audit, Unseen)
    (device,) = found.audit
    assert (device.name, device.kind, device.raw) == ("file", "file", False)
    assert device.target.endswith("/audit.log")
    assert not isinstance(found.policies, Unseen)
    policies = {policy.name: policy for policy in found.policies}
    assert [rule.resources for rule in policies["own"].rules] == [("secret/data/{{identity.entity.name}}/*",)]
    assert not any(policy.unread for policy in found.policies)
    assert not isinstance(found.holders, Unseen)
    (holder,) = found.holders
    assert (holder.name, holder.policies, holder.lifetime) == ("approle/shop", ("own", "default"), 3600)
    assert found.own_policies == ("root",)


def test_a_certificate_that_is_not_trusted(secured: tuple[VaultServer, Path]) -> None:
    server, _ = secured
    with closing(VaultStore(server.url, Secret(server.root))) as store:
        answer = store.read("vault:secret/x#key")
        assert isinstance(answer, Unseen) and answer.why is Reason.UNREACHABLE
        posture = store.posture()
    assert isinstance(posture, ManagerPosture) and isinstance(posture.transport, Transport)
    assert posture.transport.encrypted and not posture.transport.trusted and posture.transport.detail


def test_each_part_of_the_posture_is_denied_by_itself(vault_server: VaultServer) -> None:
    policy = 'path "sys/policies/acl*" { capabilities = ["read", "list"] }'
    with closing(VaultStore(vault_server.url, Secret(vault_server.token(policy)))) as store:
        found = store.posture()
    assert isinstance(found, ManagerPosture)
    assert isinstance(found.audit, Unseen) and found.audit.why is Reason.DENIED
    assert isinstance(found.holders, Unseen) and found.holders.why is Reason.DENIED
    assert not isinstance(found.policies, Unseen)
    assert isinstance(found.transport, Transport) and not found.transport.encrypted


HOSTILE: list[Callable[[], str]] = [
    lambda: "path",
    lambda: 'path "x" {',
    lambda: "{" * 5000,
    lambda: 'path "x" { capabilities = [' + "[" * 3000,
    lambda: "\0" * 100,
    lambda: json.dumps({"path": 5}),
    lambda: json.dumps({"path": {"x": 5}}),
    lambda: 'path "x" { policy = "unheard-of" }',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_policy_that_is_none_is_unread(text: Callable[[], str]) -> None:
    assert parsed("p", text()).unread


def test_every_form_of_a_policy() -> None:
    text = (
        'path "a/+/b" { capabilities = ["deny"] }\npath "c" { policy = "write" } // older\n'
        'path "d/*" {\n  capabilities = ["create"]\n  allowed_parameters = { "x" = ["y"] "*" = [] }\n}\n'
        '/* path "e" { capabilities = ["sudo"] } */ name = "x"\n'
    )
    rules = parsed("p", text).rules
    assert [(rule.resources, rule.allow, rule.actions) for rule in rules] == [
        (("a/+/b",), False, ("deny",)),
        (("c",), True, ("create", "delete", "list", "read", "update")),
        (("d/*",), True, ("create",)),
    ]
    assert json.loads(rules[2].conditions) == {"allowed_parameters": {"x": ["y"], "*": []}}
    as_json = json.dumps({"path": {"a/*": {"capabilities": ["read"]}}})
    assert parsed("p", as_json).rules[0].resources == ("a/*",)
