"""A small shop in a real PostgreSQL, backups of it, and restore drills carried out in this process."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from prodproof.drills.drill import Drill
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.restore import restore
from prodproof.facts import Unseen
from prodproof.facts.declared import Backup, DataStore, Declared, Environment, EnvironmentKind, Permission, Restoring
from prodproof.facts.restores import DifferenceKind, RestoreTested
from prodproof.reach.world import Settings, World
from prodproof.runner.unkept import Ended, carry_out
from tests.drills.agreeing import agreed
from tests.servers.postgres import PostgresServer, program

KEY = b"k" * 32

SHOP = """
CREATE SCHEMA stock;
CREATE TYPE state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN price AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE ROLE {role} NOLOGIN;
CREATE TABLE customer (id serial PRIMARY KEY, email text NOT NULL UNIQUE, settings jsonb, updated_at timestamptz);
CREATE TABLE "order" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customer,
    state state NOT NULL DEFAULT 'new', total price,
    note varchar(20) CHECK (note IN ('gift', 'urgent')), tags text[], updated_at timestamptz
);
CREATE TABLE stock.picture (id serial PRIMARY KEY, file text, thumb bytea, raw json, updated_at timestamptz);
CREATE TABLE line (order_id bigint REFERENCES "order", number int, amount float8, PRIMARY KEY (order_id, number));
CREATE TABLE event (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE heartbeat (at timestamptz);
CREATE SEQUENCE invoice_number START 100;
CREATE TABLE django_migrations (id serial PRIMARY KEY, name text, applied timestamptz, updated_at timestamptz);
INSERT INTO django_migrations (name, applied, updated_at)
    VALUES ('0001_initial', now() - interval '9 days', now() - interval '9 days');
CREATE VIEW paid AS
    SELECT c.email, o.total FROM customer c JOIN "order" o ON o.customer_id = c.id WHERE o.state = 'paid';
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) AS total FROM "order" GROUP BY 1;
CREATE INDEX order_note ON "order" (lower(note)) WHERE state <> 'sent';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.settings := coalesce(NEW.settings, '{{}}'); RETURN NEW; END$$;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE stock.picture ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON stock.picture TO {role} USING (id > 0);
GRANT SELECT ON customer TO {role};
ALTER TABLE customer OWNER TO {role};
INSERT INTO customer (email, settings, updated_at)
    SELECT 'c' || n || '@example.org', jsonb_build_object('n', n), now() - interval '2 days'
    FROM generate_series(1, 200) n;
INSERT INTO "order" (customer_id, state, total, note, tags, updated_at)
    SELECT 1 + n % 200, (ARRAY['new', 'paid', 'sent']::state[])[1 + n % 3], n, CASE WHEN n % 2 = 0 THEN 'gift' END,
        ARRAY['a', NULL, 'x,"y'], now() - interval '2 days' FROM generate_series(1, 500) n;
INSERT INTO line SELECT n, 1, n / 3.0 FROM generate_series(1, 500) n;
INSERT INTO stock.picture (file, thumb, raw, updated_at)
    SELECT 'p' || n || '.jpg', decode(md5(n::text), 'hex'), '{{"a":  1}}', now() - interval '2 days'
    FROM generate_series(1, 20) n;
INSERT INTO event SELECT '2025-12-31 00:00+00'::timestamptz + n * interval '1 hour', 'e' || n
    FROM generate_series(1, 48) n;
INSERT INTO heartbeat VALUES (now() - interval '90 s'), (now() - interval '30 s');
SELECT nextval('invoice_number');
REFRESH MATERIALIZED VIEW totals;
"""

CHANGED_AT = ("updated_at",)


def make_shop(server: PostgresServer, name: str) -> str:
    """A database with a little of everything; returns its URL."""
    url = server.create_database(name)
    sql(url, SHOP.format(role=f"owner_{name}"))
    return url


def sql(url: str, statements: str) -> None:
    """Carry statements out."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


def dump(url: str, path: Path, *words: str) -> Path:
    """What pg_dump makes of a database."""
    pg_dump = program("pg_dump")
    assert pg_dump is not None
    subprocess.run([pg_dump, f"--dbname={url}", f"--file={path}", *words], check=True, timeout=120)
    return path


class Result(Ended):
    """A restore, or another drill of backups."""

    @property
    def restored(self) -> RestoreTested:
        """The fact of a restore."""
        assert isinstance(self.fact, RestoreTested), self.fact
        return self.fact

    def found(self) -> set[tuple[DifferenceKind, str]]:
        """Kind and name of each damage."""
        return {(item.kind, item.what) for item in self.restored.differences}


def declared_shop(root: Path, store: DataStore, *backups: Backup, **changes: Any) -> Declared:
    """A system with these backups."""
    environment = Environment(name="staging", kind=EnvironmentKind.STAGING)
    made: dict[str, Any] = {
        "system": "shop", "environment": environment, "trusted": True, "root": str(root),
        "data_stores": (store,), "backups": backups,
    }  # fmt: skip
    return Declared(**{**made, **changes})


def shop_store(dsn: str | None, scratch: Path | None, **changes: Any) -> DataStore:
    """The shop's database as it is declared."""
    restoring = Restoring(
        scratch=str(scratch) if scratch else None, **{"changed_at": CHANGED_AT, **changes.pop("restore", {})}
    )
    made: dict[str, Any] = {
        "name": "shop", "kind": "postgres", "environment": "staging", "dsn": dsn, "restore": restoring,
        "allow": frozenset({Permission.DRILLS}),
    }  # fmt: skip
    return DataStore(**{**made, **changes})


def backup(path: Path | str, kind: str = "dump", **changes: Any) -> Backup:
    """A declared backup of the shop."""
    made: dict[str, Any] = {"name": "nightly", "kind": kind, "path": str(path), "store": "shop"}
    return Backup(**{**made, "environment": "staging", **changes})


def drilled(declared: Declared, drill: Drill = restore, id: str = "", moment: datetime | None = None) -> Result:
    """Carry a drill out for the first data store; under an id of its own, for others run at the same time."""
    plan = plan_drill(drill, declared.data_stores[0], declared, moment=moment)
    assert not isinstance(plan, Unseen), plan
    return carried(plan, id or f"{drill.name}-{os.urandom(6).hex()}")


def carried(plan: DrillPlan, id: str) -> Result:
    """Carry a plan out."""
    world = World(declared=plan.declared, now=datetime.now(UTC), settings=Settings(fingerprint_key=KEY))
    ended = carry_out(plan, world, "ana", id=id)
    if ended.fact is not None:
        agreed(ended.run, ended.fact)
    return Result(ended.run, ended.gave, ended.fact)


class Drilling:
    """Restores what it is given."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch

    def system(self, path: Path, kind: str = "dump", dsn: str | None = "env:SHOP_URL", **store: object) -> Declared:
        """A system whose backup lies there."""
        return declared_shop(self.root, shop_store(dsn, self.scratch, **store), backup(path, kind))

    def __call__(self, path: Path, kind: str = "dump", **store: object) -> Result:
        return drilled(self.system(path, kind, **store))  # type: ignore[arg-type]  # fields of the caller


@contextmanager
def damaged(server: PostgresServer, shop: str, statements: str) -> Iterator[str]:
    """A copy of the shop's database with something wrong in it."""
    name = f"damaged{os.urandom(4).hex()}"
    sql(server.url(), f"CREATE DATABASE {name} TEMPLATE shop")
    sql(server.url(name), statements)
    yield server.url(name)
    sql(server.url(), f"DROP DATABASE {name} WITH (FORCE)")
