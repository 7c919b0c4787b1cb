"""Every kind of credential on its real server, as the contract's tests ask it."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prodproof.facts import Unseen
from prodproof.facts.declared import RotationKind, SecretRotation
from prodproof.reach.rotation.aws_key import AccessKeys
from prodproof.reach.rotation.command import CommandCredential
from prodproof.reach.rotation.credential import Attempt, Credential, Outcome, Use
from prodproof.reach.rotation.material import AccessKeyForm, LeasedForm, LoginForm, Material
from prodproof.reach.rotation.postgres import PostgresUsers
from prodproof.reach.rotation.redis import RedisUsers
from prodproof.reach.rotation.vault_database import VaultLease, VaultStaticRoles
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._aws_session import Aws
from prodproof.reach.secrets._vault_client import VaultClient
from prodproof.reach.secrets.store import Limits
from tests.servers import aws, postgres, redis, vault
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


def material(text: str) -> Material:
    return Material({REF: Secret(text)})


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
    dropped(server)


def dropped(server: postgres.PostgresServer) -> None:
    with psycopg.connect(server.url(), autocommit=True) as link:
        link.execute("DROP ROLE IF EXISTS a")
        link.execute("DROP ROLE IF EXISTS b")


def of_vault_leases(request: pytest.FixtureRequest, folder: Path) -> Iterator[Case]:
    database, manager = request.getfixturevalue("postgres_server"), request.getfixturevalue("vault_server")
    connected_to(manager, database)
    statement = "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
    manager.ask("POST", "database/roles/shop", {"db_name": "shop", "creation_statements": statement})
    first = manager.ask("GET", "database/creds/shop")
    given = {**first["data"], "lease_id": first["lease_id"]}
    yield from on_vault(manager, database, json.dumps(given), ("vault-db:database/shop",))


def of_static_roles(request: pytest.FixtureRequest, folder: Path) -> Iterator[Case]:
    database, manager = request.getfixturevalue("postgres_server"), request.getfixturevalue("vault_server")
    connected_to(manager, database)
    with psycopg.connect(database.url(), autocommit=True) as link:
        for user in ("a", "b"):
            link.execute(f"CREATE ROLE {user} LOGIN".encode())
            given = {"db_name": "shop", "username": user, "rotation_period": "24h"}
            manager.ask("POST", f"database/static-roles/{user}", given)
    given = manager.ask("GET", "database/static-creds/a")["data"]
    yield from on_vault(manager, database, json.dumps(given), ("vault-db:database/a", "vault-db:database/b"))
    dropped(database)


def connected_to(manager: vault.VaultServer, database: postgres.PostgresServer) -> None:
    given = {"plugin_name": "postgresql-database-plugin", "connection_url": database.url()}
    manager.ask("POST", "database/config/shop", given)


def on_vault(
    manager: vault.VaultServer, database: postgres.PostgresServer, text: str, roles: tuple[str, ...]
) -> Iterator[Case]:
    links = []

    def opened(of: Material) -> Callable[[], Any]:
        login = json.loads(of.reveal()[REF])
        link = psycopg.connect(database.url(), user=login["username"], password=login["password"], autocommit=True)
        links.append(link)
        return lambda: link.execute("SELECT 1")

    def made(url: str, admin: str) -> VaultLease | VaultStaticRoles:
        client, opens = VaultClient(url, Secret(manager.root), None, Limits()), admin.replace(database.password, "x")
        if len(roles) == 1:
            return VaultLease(client, roles, Secret(admin), LeasedForm(REF), opens)
        return VaultStaticRoles(client, roles, Secret(admin), LoginForm(REF), opens)

    credential, port = made(manager.url, database.url()), free_port()
    yield Case(
        credential, material(text), opened,
        lambda: made(f"http://127.0.0.1:{port}", f"postgresql://a:x@127.0.0.1:{port}/postgres"),
    )  # fmt: skip
    credential.close()
    credential._client.close()
    for link in links:
        link.close()


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


def of_aws(request: pytest.FixtureRequest, folder: Path) -> Iterator[Case]:
    server, admin = request.getfixturevalue("aws_server")
    name = f"shop-{secrets.token_hex(4)}"
    iam = server.client("iam", admin)
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def made(url: str) -> AccessKeys:
        return AccessKeys(lambda given: Aws(aws.REGION, url, given), Secret(admin), name, AccessKeyForm(REF), 20)

    credential, old = made(server.url), material(f"{key['AccessKeyId']}:{key['SecretAccessKey']}")
    yield Case(credential, old, None, lambda: made(f"http://127.0.0.1:{free_port()}"))
    credential.close()


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
