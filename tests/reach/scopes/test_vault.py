"""What logins of the simulated Vault may do, asked and tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Power
from prodproof.facts.secret_scope import SecretScope, Trial
from prodproof.reach.scopes.vault import scope_of
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.vault import VaultStore
from tests.servers import vault

OWN = 'path "secret/data/reports/*" { capabilities = ["read"] }'
MAY = (Power.parse("vault: read on secret/reports/*"),)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vault.VaultServer]:
    setup = [
        {"path": "sys/mounts/secret", "data": {"type": "kv", "options": {"version": "2"}}},
        {"path": "secret/data/reports/mail", "data": {"data": {"key": "1"}}},
        {"path": "secret/data/shop/database", "data": {"data": {"key": "2"}}},
    ]
    with vault.running(tmp_path_factory.mktemp("vault"), setup) as running:
        yield running


def look(server: vault.VaultServer, token: str) -> SecretScope | Unseen:
    stored = VaultStore(server.url, Secret(server.root)).names().secrets
    assert len(stored) == 2
    return scope_of(Secret(token), server.url, None, stored, MAY)


def seen(server: vault.VaultServer, policy: str) -> SecretScope:
    found = look(server, server.token(policy))
    assert isinstance(found, SecretScope), found
    return found


def test_a_login_for_one_folder(server: vault.VaultServer) -> None:
    scope = seen(server, OWN)
    assert (scope.holdings, scope.powers, scope.within) == ((), (), 1)
    assert scope.trial == Trial(act="reading a secret that does not exist in secret/data/shop", refused=True)
    assert scope.expires is not None


@pytest.mark.parametrize(
    ("more", "name", "actions"),
    [
        ('path "secret/data/shop/*" { capabilities = ["read"] }', "secret/shop/database", ("read",)),
        ('path "secret/metadata/shop/*" { capabilities = ["delete"] }', "secret/shop/database", ("delete",)),
        ('path "sys/policies/acl/*" { capabilities = ["create", "update"] }', "sys/policies/acl", ("create", "update")),
        ('path "secret/data/+/+" { capabilities = ["read"] }', "secret/*", ("read",)),
    ],
)
def test_more_than_that(server: vault.VaultServer, more: str, name: str, actions: tuple[str, ...]) -> None:
    found = {item.name: item.actions for item in seen(server, f"{OWN}\n{more}").holdings}
    assert found[name] == actions


def test_a_denied_path_within_a_wide_one(server: vault.VaultServer) -> None:
    policy = 'path "secret/*" { capabilities = ["read"] }\npath "secret/data/shop/*" { capabilities = ["deny"] }'
    assert [item.name for item in seen(server, policy).holdings] == ["secret/*"]


def test_root(server: vault.VaultServer) -> None:
    found = look(server, server.root)
    assert isinstance(found, SecretScope)
    assert found.powers == ("root",)
    assert isinstance(found.trial, Unseen)


def test_a_token_that_is_none(server: vault.VaultServer) -> None:
    found = look(server, "none")
    assert isinstance(found, Unseen) and found.why is Reason.DENIED


def test_nobody_answers(tmp_path: Path) -> None:
    found = scope_of(Secret("t"), "http://127.0.0.1:1", None, (), MAY)
    assert isinstance(found, Unseen) and found.why is Reason.UNREACHABLE
