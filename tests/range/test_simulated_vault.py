"""The simulated Vault does what Vault's documentation says of policies, audit and the database engine."""

import itertools
import json
import secrets
import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.range.servers.simulated_vault import policies as acl
from prodproof.range.servers.simulated_vault.core import Vault
from prodproof.range.servers.simulated_vault.request import Answered, Asked, RefusedError
from prodproof.reach.secrets._vault_policy import parsed
from tests.servers import postgres, vault
from tests.servers.vault import VaultServer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ROOT = "root-of-tests"


class Direct:
    """A Vault without a server."""

    def __init__(self) -> None:
        self.vault = Vault(ROOT, NOW)

    def ask(self, operation: str, path: str, data: dict[str, Any] | None = None, token: str = ROOT) -> Answered:
        return self.vault.answer(Asked(operation, path, data or {}, {}, token, NOW))

    def status(self, operation: str, path: str, token: str, data: dict[str, Any] | None = None) -> int:
        try:
            return self.ask(operation, path, data, token).status
        except RefusedError as error:
            return error.status

    def token(self, policy: str) -> str:
        self.ask("update", "sys/policies/acl/p", {"policy": policy})
        auth = self.ask("update", "auth/token/create", {"policies": ["p"]}).auth
        assert auth is not None
        return str(auth["client_token"])


@pytest.fixture
def direct() -> Direct:
    made = Direct()
    made.ask("update", "sys/mounts/secret", {"type": "kv-v2"})
    for name in ("shop/db", "shop/mail", "other/db"):
        made.ask("update", f"secret/data/{name}", {"data": {"key": "planted-value"}})
    return made


@pytest.mark.parametrize(
    ("policy", "path", "allowed"),
    [
        ('path "secret/data/shop/db" { capabilities = ["read"] }', "secret/data/shop/db", True),
        ('path "secret/data/shop/db" { capabilities = ["list"] }', "secret/data/shop/db", False),
        ('path "secret/data/shop/*" { capabilities = ["read"] }', "secret/data/shop/db", True),
        ('path "secret/data/shop/*" { capabilities = ["read"] }', "secret/data/other/db", False),
        ('path "secret/data/+/db" { capabilities = ["read"] }', "secret/data/other/db", True),
        ('path "secret/data/+/db" { capabilities = ["read"] }', "secret/data/shop/mail", False),
        ('path "secret/+/shop/*" { capabilities = ["read"] }', "secret/data/shop/mail", True),
        ('path "secret/*" { capabilities = ["read"] }\npath "secret/data/shop/db" { capabilities = ["deny"] }',
         "secret/data/shop/db", False),
        ('path "secret/data/*" { capabilities = ["deny"] }\npath "secret/data/shop/db" { capabilities = ["read"] }',
         "secret/data/shop/db", True),
        ('path "secret/data/{{identity.entity.name}}/*" { capabilities = ["read"] }', "secret/data/shop/db", False),
        ("", "secret/data/shop/db", False),
    ],
)  # fmt: skip
def test_policies_are_enforced(direct: Direct, policy: str, path: str, allowed: bool) -> None:
    assert direct.status("read", path, direct.token(policy)) == (200 if allowed else 403)


@pytest.mark.parametrize(
    ("patterns", "best"),
    [
        # The examples of the documentation, "Policies", "Priority matching".
        (("secret/*", "secret/data/*"), "secret/data/*"),
        (("secret/+/+/foo/*", "secret/*"), "secret/*"),
        (("+/+/a/foo/*", "secret/*"), "secret/*"),
        (("secret/data/a/foo/x", "secret/data/a/foo/*"), "secret/data/a/foo/x"),
        (("secret/data/a/foo/+", "secret/data/a/foo/*"), "secret/data/a/foo/+"),
    ],
)
def test_the_closest_pattern_counts(patterns: tuple[str, ...], best: str) -> None:
    for order in itertools.permutations(patterns):
        rules = [{pattern: {"read"} if pattern == best else {"deny"}} for pattern in order]
        assert acl.capabilities(rules, "secret/data/a/foo/x") == {"read"}


def test_a_template_is_filled_with_the_login_s_own_name(direct: Direct) -> None:
    policy = 'path "secret/data/{{identity.entity.name}}/*" { capabilities = ["read"] }'
    direct.ask("update", "sys/policies/acl/own", {"policy": policy})
    direct.ask("update", "sys/auth/approle", {"type": "approle"})
    direct.ask("update", "auth/approle/role/web", {"token_policies": "own"})
    role = (direct.ask("read", "auth/approle/role/web/role-id").data or {})["role_id"]
    secret = (direct.ask("update", "auth/approle/role/web/secret-id").data or {})["secret_id"]
    accessor = (direct.ask("read", "sys/auth").data or {})["approle/"]["accessor"]
    entity = (direct.ask("update", "identity/entity", {"name": "shop"}).data or {})["id"]
    alias = {"canonical_id": entity, "mount_accessor": accessor, "name": role}
    direct.ask("update", "identity/entity-alias", alias)
    auth = direct.ask("update", "auth/approle/login", {"role_id": role, "secret_id": secret}, "").auth
    assert auth is not None
    token = str(auth["client_token"])
    assert direct.status("read", "secret/data/shop/db", token) == 200
    assert direct.status("read", "secret/data/other/db", token) == 403
    assert direct.status("update", "auth/approle/login", "", {"role_id": role, "secret_id": "wrong"}) == 400


def test_create_and_update_are_two_rights(direct: Direct) -> None:
    token = direct.token('path "secret/data/*" { capabilities = ["create"] }')
    data = {"data": {"key": "x"}}
    assert direct.status("update", "secret/data/new", token, data) == 200
    assert direct.status("update", "secret/data/shop/db", token, data) == 403


def test_audit_devices_need_sudo(direct: Direct) -> None:
    assert direct.status("read", "sys/audit", direct.token('path "sys/audit" { capabilities = ["read"] }')) == 403
    assert (
        direct.status("read", "sys/audit", direct.token('path "sys/audit" { capabilities = ["read", "sudo"] }')) == 200
    )


def test_the_audit_log_names_who_read_what_and_no_value(direct: Direct, tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    direct.ask("update", "sys/audit/file", {"type": "file", "options": {"file_path": str(log)}})
    token = direct.token('path "secret/data/shop/*" { capabilities = ["read"] }')
    direct.ask("read", "secret/data/shop/db", token=token)
    with pytest.raises(RefusedError):
        direct.ask("read", "secret/data/other/db", token=token)
    text = log.read_text()
    assert "planted-value" not in text and token not in text and ROOT not in text
    entries = [json.loads(line) for line in text.splitlines()]
    reads = [item for item in entries if item["request"]["path"] == "secret/data/shop/db"]
    assert [item["type"] for item in reads] == ["request", "response"]
    hashed = direct.vault.devices.hashed("file/", "planted-value")
    assert reads[1]["response"]["data"]["data"]["key"] == hashed
    refused = [item for item in entries if item["request"]["path"] == "secret/data/other/db"]
    assert refused and "permission denied" in refused[-1]["error"]


def test_without_a_log_that_can_be_written_nothing_is_answered(direct: Direct, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    direct.ask("update", "sys/audit/file", {"type": "file", "options": {"file_path": str(folder / "audit.log")}})
    (folder / "audit.log").unlink()
    folder.rmdir()
    assert direct.status("read", "secret/data/shop/db", ROOT) == 500


def test_both_readers_of_policies_agree() -> None:
    text = (
        'path "a/*" { capabilities = ["read", "list"] }\n# no\npath "b/+/c" { capabilities = ["deny"] }\n'
        'path "d" { policy = "read" }\n'
    )
    ours = {rule.resources[0]: set(rule.actions) for rule in parsed("p", text).rules}
    assert ours == acl.parsed(text)
    assert {rule.resources[0]: set(rule.actions) for rule in parsed("d", acl.DEFAULT).rules} == acl.parsed(acl.DEFAULT)


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[postgres.PostgresServer, VaultServer]]:
    with postgres.running() as database:
        database.directory.chmod(0o755)
        import tempfile

        with tempfile.TemporaryDirectory() as folder, vault.running(Path(folder)) as server:
            server.ask("POST", "sys/mounts/database", {"type": "database"})
            url = "postgresql://{{username}}:{{password}}@127.0.0.1:" + f"{database.port}/postgres"
            login = {"connection_url": url, "username": postgres.SUPERUSER, "password": database.password}
            server.ask("POST", "database/config/shop", login)
            yield database, server


def test_logins_of_the_database_engine_are_real(real: tuple[postgres.PostgresServer, VaultServer]) -> None:
    import psycopg

    database, server = real
    statement = "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
    server.ask(
        "POST", "database/roles/web", {"db_name": "shop", "creation_statements": [statement], "default_ttl": "1h"}
    )
    answer = server.ask("GET", "database/creds/web")
    given = answer["data"]
    url = f"postgresql://{given['username']}:{given['password']}@127.0.0.1:{database.port}/postgres"
    psycopg.connect(url, connect_timeout=5).close()
    server.ask("POST", "sys/leases/revoke", {"lease_id": answer["lease_id"]})
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=5)
    name = f"r{secrets.token_hex(4)}"
    with psycopg.connect(database.url(), autocommit=True) as link:
        link.execute(f'CREATE ROLE "{name}" LOGIN'.encode())
    server.ask("POST", "database/static-roles/r", {"db_name": "shop", "username": name, "rotation_period": "1h"})
    first = server.ask("GET", "database/static-creds/r")["data"]["password"]
    psycopg.connect(f"postgresql://{name}:{first}@127.0.0.1:{database.port}/postgres", connect_timeout=5).close()
    server.ask("POST", "database/rotate-role/r", {})
    assert server.ask("GET", "database/static-creds/r")["data"]["password"] != first
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://{name}:{first}@127.0.0.1:{database.port}/postgres", connect_timeout=5)


def test_a_stranger_is_refused(real: tuple[postgres.PostgresServer, VaultServer]) -> None:
    for token in ("", "wrong"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            real[1].ask("GET", "sys/mounts", token=token)
        assert caught.value.code == 403
