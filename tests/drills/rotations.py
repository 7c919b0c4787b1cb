"""A shop on PostgreSQL whose login is rotated, and drills on it without the engine or with it."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.rotate import rotate
from prodproof.facts import Subject
from prodproof.facts.declared import (
    Declared,
    Environment,
    EnvironmentKind,
    ManagedService,
    Permission,
    RotationKind,
    Secret,
    SecretManager,
    SecretRotation,
)
from prodproof.facts.drills import DrillRun
from prodproof.facts.rotations import RotationTested
from prodproof.jobs.order import DrillOrder
from prodproof.reach.world import Settings, World
from prodproof.runner.drill import Carried
from tests.drills.agreeing import agreed
from tests.runner.drill_records import Desk, Memory
from tests.servers.login_app import running as app_running
from tests.servers.postgres import PostgresServer
from tests.servers.vault import VaultServer
from tests.servers.vault import running as vault_running

USERS = ("shop_a", "shop_b")
PASSWORD = "first-password-for-tests"


@dataclass(frozen=True)
class Shop:
    """A database with the two users, and the file with the login of the first."""

    server: PostgresServer
    database: str
    file: Path

    @property
    def login(self) -> str:
        """What the file holds."""
        return self.file.read_text().strip()

    @property
    def url(self) -> str:
        """The administrator's."""
        return self.server.url(self.database)

    def run(self, *statements: str) -> None:
        """As the superuser, in the shop's database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Answers to a question of the superuser."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(question.encode()).fetchall()

    def valid(self) -> list[str]:
        """Users of the shop that can log in."""
        return [
            row[0] for row in self.rows("SELECT rolname FROM pg_roles WHERE rolname ~ '^shop_[ab]' AND rolcanlogin")
        ]


def prepared(server: PostgresServer, folder: Path, name: str) -> Shop:
    """The shop as it is before anything: the first user logs in, the owner owns what there is."""
    server.create_database(name)
    file = folder / "login"
    file.touch(mode=0o600)
    file.write_text(f"postgresql://shop_a:{PASSWORD}@127.0.0.1:{server.port}/{name}\n")
    shop = Shop(server, name, file)
    shop.run(
        "DROP ROLE IF EXISTS shop_a", "DROP ROLE IF EXISTS shop_b", "DROP ROLE IF EXISTS shop_owner",
        "CREATE ROLE shop_owner NOLOGIN",
        f"CREATE ROLE shop_a LOGIN PASSWORD '{PASSWORD}' IN ROLE shop_owner",
        "ALTER ROLE shop_a SET role = shop_owner",
        f"ALTER DATABASE {name} OWNER TO shop_owner",
        "CREATE TABLE visits (id bigserial PRIMARY KEY, at timestamptz DEFAULT now())",
        "ALTER TABLE visits OWNER TO shop_owner",
    )  # fmt: skip
    return shop


def dropped(shop: Shop) -> None:
    """Take the shop away again, so that the next one finds a server as new."""
    with psycopg.connect(shop.server.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {shop.database} WITH (FORCE)".encode())
        for role in ("shop_a", "shop_b", "shop_owner"):
            connection.execute(f"DROP ROLE IF EXISTS {role}".encode())


@contextmanager
def served(shop: Shop, folder: Path, *habits: str, **changes: Any) -> Iterator[Declared]:
    """The application on it, and how it is declared."""
    with app_running(folder, shop.file, *habits) as app:
        made: dict[str, Any] = {
            "kind": RotationKind.POSTGRES, "admin": "file:admin", "users": USERS, "owner_role": "shop_owner",
            "load_url": app.url, "load_rate": 60.0, "load_requests": 120, "pick_up_pid_file": "app.pid",
            "pick_up_within": 4.0, "quiet": 0.7, "within": 600.0,
        }  # fmt: skip
        (folder / "admin").write_text(shop.url)
        yield declared(folder, SecretRotation(**{**made, **changes}))


def declared(folder: Path, rotation: SecretRotation, **changes: Any) -> Declared:
    """A system with one secret that may be rotated."""
    secret = Secret(
        name="database", ref="file:login", environment="staging", purpose="the shop's rows", rotation=rotation,
        allow=frozenset({Permission.DRILLS}),
    )  # fmt: skip
    secret = replace(secret, **changes)
    environment = Environment(name="staging", kind=EnvironmentKind.STAGING)
    return Declared(
        system="shop", environment=environment, trusted=True, root=str(folder), secrets=(secret,), all_secrets=(secret,)
    )


PLACE = "secret/data/shop/database"
AGENT = """\
# What an agent beside the application does: reads the login, writes it where the application looks, and tells it.
import json, os, pathlib, signal, urllib.request

request = urllib.request.Request("{url}/v1/{place}", headers={{"X-Vault-Token": "{token}"}})
with urllib.request.urlopen(request, timeout=20) as answer:
    login = json.load(answer)["data"]["data"]
folder = pathlib.Path("{folder}")
(folder / "login").write_text("postgresql://%(user)s:%(password)s@127.0.0.1:{port}/shop" % login)
os.kill(int((folder / "app.pid").read_text()), signal.SIGHUP)
"""


@contextmanager
def kept_in_vault(shop: Shop, folder: Path) -> Iterator[tuple[VaultServer, Declared]]:
    """The shop's user and password in Vault, with an agent that brings them to the application."""
    (folder / "vault").mkdir()
    with vault_running(folder / "vault") as manager, served(shop, folder) as system:
        manager.ask("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        manager.ask(
            "PUT", "sys/audit/file", {"type": "file", "options": {"file_path": str(folder / "vault" / "audit")}}
        )
        password = shop.login.split(":")[2].partition("@")[0]
        manager.ask("POST", PLACE, {"data": {"user": "shop_a", "password": password, "pool": "4"}})
        # Who reads is not who writes.
        reader = manager.token('path "secret/data/shop/*" { capabilities = ["read"] }')
        writer = manager.token(
            'path "secret/data/shop/*" { capabilities = ["create", "read", "update"] }\n'
            'path "secret/metadata/shop/database.prodproof-rotation" { capabilities = ["delete"] }'
        )
        (folder / "vault" / "reader").write_text(reader)
        (folder / "vault" / "writer").write_text(writer)
        agent = folder / "vault" / "agent.py"
        agent.write_text(AGENT.format(url=manager.url, token=reader, place=PLACE, port=shop.server.port, folder=folder))
        rotation = system.secrets[0].rotation
        assert rotation is not None
        rotation = replace(
            rotation, user_ref="vault:secret/shop/database#user", writer="file:vault/writer",
            pick_up=(sys.executable, str(agent)), pick_up_pid_file=None,
        )  # fmt: skip
        secret = replace(
            system.secrets[0], ref="vault:secret/shop/database#password", rotation=rotation,
            opens=f"postgresql://127.0.0.1:{shop.server.port}/shop",
        )  # fmt: skip
        keeper = SecretManager(
            name="vault", kind="vault", url=manager.url, credentials="file:vault/reader", environment="staging",
            trail="file:vault/audit", services=(ManagedService(name="shop", paths=("secret/shop/*",)),),
        )  # fmt: skip
        yield (
            manager,
            replace(
                system, secrets=(secret,), all_secrets=(secret,), secret_managers=(keeper,),
                all_secret_managers=(keeper,),
            ),
        )  # fmt: skip


def planned(system: Declared) -> DrillPlan:
    """The plan of its rotation."""
    plan = plan_drill(rotate, system.secrets[0], system)
    assert isinstance(plan, DrillPlan), plan
    return plan


def order(plan: DrillPlan, id: str) -> DrillOrder:
    """An order of that plan."""
    return DrillOrder(
        id=id, drill="rotate", target=Subject("secret", "database"), declared=plan.declared, plan=plan.digest,
        by="ana", at=datetime.now(UTC),
    )  # fmt: skip


@dataclass
class Rotation:
    """One rotation with the engine's records in memory, which can be cut off anywhere."""

    system: Declared
    memory: Memory = field(default_factory=Memory)
    desk: Desk = field(default_factory=Desk)
    settings: Settings = field(default_factory=Settings)
    id: str = field(default_factory=lambda: f"rotate-0101-{secrets.token_hex(4)}")

    def forward(self) -> tuple[DrillRun, RotationTested]:
        """Carry it out, or go on with it."""
        carried = self._carried(self.memory)
        return self._told(carried, carried.forward())

    def backward(self) -> DrillRun:
        """Undo what is left of it."""
        carried = self._carried(Memory("back"))
        carried.replay([self.memory.journal()])
        return carried.backward("ben")

    def _carried(self, memory: Memory) -> Carried:
        plan = planned(self.system)
        memory.position = 0
        world = World(declared=self.system, now=datetime.now(UTC), settings=self.settings)
        return Carried(order(plan, self.id), plan, world, self.desk, memory)

    def _told(self, carried: Carried, run: DrillRun) -> tuple[DrillRun, RotationTested]:
        for error in self.desk.crashes:
            raise error
        tell = planned(self.system).exercise.tell
        assert tell is not None
        fact = tell(run, carried.gave)
        assert isinstance(fact, RotationTested)
        agreed(run, fact)
        return run, fact
