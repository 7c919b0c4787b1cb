"""Keys that AWS gives, and logins that Vault gives, are rotated under load."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import httpx
import pytest

from prodproof.facts.declared import Declared, RotationKind, SecretManager, SecretRotation
from prodproof.facts.drills import DrillOutcome
from tests.drills.rotations import PLACE, Rotation, declared, dropped, kept_in_vault, planned, prepared
from tests.drills.test_rotate import timeline
from tests.drills.test_rotate_kinds import proven
from tests.servers import aws, login_app, postgres

KEY_AGENT = """\
# What an agent beside the application does: reads the key, writes it where the application looks, and tells it.
import os, pathlib, signal
from tests.servers.aws import AwsServer

folder, key = pathlib.Path("{folder}"), pathlib.Path("{folder}/reader").read_text()
client = AwsServer("{url}").client("secretsmanager", key)
(folder / "login").write_text(client.get_secret_value(SecretId="shop", VersionStage="AWSCURRENT")["SecretString"])
os.kill(int((folder / "app.pid").read_text()), signal.SIGHUP)
"""


@contextmanager
def shop_on_aws(folder: Path, *habits: str, **changes: Any) -> Iterator[tuple[Any, Declared]]:
    """A shop that uses AWS with a key that lies in Secrets Manager, in an AWS that looks at keys."""
    with aws.running(folder, keys=True) as server:
        keys = {name: server.user(name, aws.ALL) for name in ("keeper", "reader", "shop")}
        server.client("secretsmanager").create_secret(Name="shop", SecretString=keys["shop"])
        server.lock()
        for name in ("keeper", "reader"):
            (folder / name).write_text(keys[name])
        (folder / "login").write_text(keys["shop"])
        (folder / "agent.py").write_text(KEY_AGENT.format(folder=folder, url=server.url))
        with login_app.running(folder, folder / "login", f"aws={server.url}", *habits) as app:
            made: dict[str, Any] = {
                "kind": RotationKind.AWS_ACCESS_KEY, "admin": "file:keeper", "users": ("shop",),
                "load_url": app.url, "load_rate": 15.0, "load_requests": 40, "writer": "file:keeper",
                "pick_up": ("env", f"PYTHONPATH={Path.cwd()}", sys.executable, str(folder / "agent.py")),
                "pick_up_within": 20.0, "quiet": 3.0,
            }  # fmt: skip
            system = declared(folder, SecretRotation(**{**made, **changes}), ref="aws-sm:shop")
            manager = SecretManager(
                name="aws", kind="aws", url=server.url, region=aws.REGION, credentials="file:reader",
                environment="staging",
            )  # fmt: skip
            yield (
                server.client("iam", keys["keeper"]),
                replace(system, secret_managers=(manager,), all_secret_managers=(manager,)),
            )


def key_states(iam: Any) -> dict[str, str]:
    return {item["AccessKeyId"]: item["Status"] for item in iam.list_access_keys(UserName="shop")["AccessKeyMetadata"]}


def test_an_access_key_of_aws_in_secrets_manager_is_rotated(tmp_path: Path) -> None:
    with shop_on_aws(tmp_path) as (iam, system):
        (old,) = key_states(iam)
        _, fact = proven(system)
        assert (fact.kind, fact.old, fact.old_refused) == ("aws-access-key", old, True)
        assert key_states(iam) == {old: "Inactive", fact.new: "Active"}, "it can still be made good again"
        assert (tmp_path / "login").read_text().startswith(f"{fact.new}:")
        again, _ = Rotation(system).forward()
        assert again.outcome is DrillOutcome.FAILED and "aws iam delete-access-key" in again.detail, timeline(again)


def test_an_application_that_keeps_its_old_access_key_is_found(tmp_path: Path) -> None:
    with shop_on_aws(tmp_path, "at-start", pick_up_within=4.0) as (iam, system):
        (old,) = key_states(iam)
        run, fact = Rotation(system).forward()
        assert run.outcome is DrillOutcome.FAILED and run.detail.startswith("used: "), timeline(run)
        assert (fact.used, run.left, fact.undone) == (False, (), True)
        assert key_states(iam) == {old: "Active"}, "the key that was made in vain is gone"
        assert (tmp_path / "login").read_text().startswith(f"{old}:")


LEASED = """\
CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE shop_owner;
ALTER ROLE "{{name}}" SET role = shop_owner
"""


@contextmanager
def shop_on_vault(server: postgres.PostgresServer, folder: Path, *, static: bool, **more: Any) -> Iterator[Any]:
    """The shop's login lies in Vault's KV engine; Vault's database engine makes it."""
    shop = prepared(server, folder, "shop")
    try:
        with kept_in_vault(shop, folder) as (manager, system):
            given = {"plugin_name": "postgresql-database-plugin", "connection_url": shop.url}
            manager.ask("POST", "sys/mounts/database", {"type": "database"})
            manager.ask("POST", "database/config/shop", given)
            if static:
                shop.run("CREATE ROLE shop_b LOGIN IN ROLE shop_owner", "ALTER ROLE shop_b SET role = shop_owner")
                for user in ("shop_a", "shop_b"):
                    given = {"db_name": "shop", "username": user, "rotation_period": "24h"}
                    manager.ask("POST", f"database/static-roles/{user}", given)
                login = manager.ask("GET", "database/static-creds/shop_a")
                roles: tuple[str, ...] = ("vault-db:database/shop_a", "vault-db:database/shop_b")
            else:
                manager.ask("POST", "database/roles/shop", {"db_name": "shop", "creation_statements": LEASED})
                login, roles = manager.ask("GET", "database/creds/shop"), ("vault-db:database/shop",)
            user, password = login["data"]["username"], login["data"]["password"]
            fields = {"user": user, "password": password, "lease": login["lease_id"], "pool": "4"}
            manager.ask("POST", PLACE, {"data": fields})
            (folder / "login").write_text(f"postgresql://{user}:{password}@127.0.0.1:{server.port}/shop")
            rotation = system.secrets[0].rotation
            assert rotation is not None
            httpx.post(str(rotation.load_url), timeout=20)  # the application reads it
            writer = manager.token(
                'path "secret/data/shop/*" { capabilities = ["create", "read", "update"] }\n'
                'path "secret/metadata/shop/database.prodproof-rotation" { capabilities = ["delete"] }\n'
                'path "database/creds/shop" { capabilities = ["read"] }\n'
                'path "database/static-creds/*" { capabilities = ["read"] }\n'
                'path "database/static-roles/*" { capabilities = ["read"] }\n'
                'path "database/rotate-role/*" { capabilities = ["update"] }\n'
                'path "sys/leases/lookup" { capabilities = ["update"] }\n'
                'path "sys/leases/revoke" { capabilities = ["update"] }'
            )
            (folder / "vault" / "writer").write_text(writer)
            lease = None if static else "vault:secret/shop/database#lease"
            rotation = replace(
                rotation, kind=RotationKind.VAULT_DATABASE, roles=roles, users=(), lease_ref=lease, **more
            )
            secret = replace(system.secrets[0], rotation=rotation)
            yield shop, manager, replace(system, secrets=(secret,), all_secrets=(secret,))
    finally:
        made = shop.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'")
        shop.run(*(f'DROP OWNED BY "{row[0]}"' for row in made), *(f'DROP ROLE "{row[0]}"' for row in made))
        dropped(shop)


def test_a_lease_of_vault_is_replaced_and_the_old_one_revoked(server: postgres.PostgresServer, tmp_path: Path) -> None:
    with shop_on_vault(server, tmp_path, static=False) as (shop, manager, system):
        before = manager.ask("GET", PLACE)["data"]["data"]
        (step,) = planned(system).irreversible
        assert step.name == "retire" and "does not bring back" in step.irreversible
        _, fact = proven(system)
        now = manager.ask("GET", PLACE)["data"]["data"]
        assert (fact.old, fact.new, now["pool"]) == (before["user"], now["user"], "4")
        assert now["lease"] != before["lease"]
        with pytest.raises(HTTPError):
            manager.ask("POST", "sys/leases/lookup", {"lease_id": before["lease"]})
        names = shop.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'")
        assert names == [(now["user"],)]


def test_an_application_that_keeps_its_lease_is_found_and_the_new_one_revoked(
    server: postgres.PostgresServer, tmp_path: Path
) -> None:
    nobody = {"pick_up": ("true",), "pick_up_within": 1.5}
    with shop_on_vault(server, tmp_path, static=False, **nobody) as (shop, manager, system):
        before = manager.ask("GET", PLACE)["data"]["data"]
        run, fact = Rotation(system).forward()
        assert run.outcome is DrillOutcome.FAILED and run.detail.startswith("used: "), timeline(run)
        assert fact.used is False
        # It never used the new one, so it was not seen to go back to the old one either.
        assert manager.ask("GET", PLACE)["data"]["data"]["user"] == before["user"]
        assert run.left == (), run.left
        assert shop.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'") == [(before["user"],)]


def test_two_static_roles_of_vault_take_turns(server: postgres.PostgresServer, tmp_path: Path) -> None:
    with shop_on_vault(server, tmp_path, static=True) as (_, manager, system):
        before = manager.ask("GET", PLACE)["data"]["data"]
        _, fact = proven(system)
        now = manager.ask("GET", PLACE)["data"]["data"]
        assert (fact.old, fact.new, now["user"]) == ("shop_a", "shop_b", "shop_b")
        held = manager.ask("GET", "database/static-creds/shop_b")["data"]["password"]
        assert now["password"] == held
        assert manager.ask("GET", "database/static-creds/shop_a")["data"]["password"] != before["password"]
