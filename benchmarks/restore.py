"""The restore drill beside the bare restore of the same PostgreSQL dump, phase by phase.

    python -m benchmarks.restore [--megabytes 1024] [--rounds 3] [--scratch /dev/shm] [--json FILE]

A database of that size is made anew, always the same: orders with text, JSON and timestamps, their lines, logs without
a key, indexes and foreign keys. pg_dump writes it in the custom format. The bare side makes an empty cluster with the
drill's settings, and loads the dump with pg_restore and as many jobs; nothing else. The drill does all of that, and
proves what came back against the living source, once with sampled rows and once with every row. All sides take turns;
medians are printed. What is asked: the drill with sampled proof takes less than a quarter longer. Reading the whole
backup beforehand (the tool's own verification), pg_amcheck over every page, and the digests of every row are listed
apart. PostgreSQL is a Debian package.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from prodproof.drills._restore_server import JOBS
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.restore import restore
from prodproof.facts import Unseen
from prodproof.facts.declared import Backup, DataStore, Declared, Environment, EnvironmentKind, Permission, Restoring
from prodproof.facts.drills import DrillOutcome, EntryKind
from prodproof.facts.restores import RestoreTested
from prodproof.reach.cut_off import cut_off
from prodproof.reach.postgres_scratch.cluster import FAST, ScratchCluster
from prodproof.reach.postgres_scratch.load import load
from prodproof.reach.postgres_scratch.programs import program
from prodproof.reach.world import Settings, World
from prodproof.runner.unkept import carry_out

MEGABYTE = 1024 * 1024
KEY = b"benchmark" * 4
ASKED = 1.25
APART = ("verify-backup", "check-pages")
"""Phases of the drill that are listed apart."""

ORDER_BYTES = 1100
"""Bytes that one order takes in the source, with its lines, logs and indexes; measured."""

_TABLES = """
CREATE TABLE customer (id int PRIMARY KEY, email text NOT NULL UNIQUE, updated_at timestamptz NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, state text NOT NULL,
    address text NOT NULL, detail jsonb NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE line (order_id bigint REFERENCES orders, number int, sku text, amount numeric(10, 2),
    updated_at timestamptz NOT NULL, PRIMARY KEY (order_id, number));
CREATE TABLE log (at timestamptz NOT NULL, what text NOT NULL);
CREATE TABLE heartbeat (id int PRIMARY KEY, at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
"""
_ROWS = (
    "INSERT INTO customer SELECT n, 'c' || n || '@example.org', '2026-01-01' FROM generate_series(1, {orders} / 10) n",
    "INSERT INTO orders SELECT n, 1 + n % ({orders} / 10), (ARRAY['new', 'paid', 'sent'])[1 + n % 3],"
    " repeat(md5(n::text), 6), jsonb_build_object('n', n, 'hash', md5((n * 7)::text), 'words', md5((n * 3)::text)),"
    " '2026-01-01' FROM generate_series(1, {orders}) n",
    "INSERT INTO line SELECT n, m, md5((n * m)::text), n % 1000, '2026-01-01'"
    " FROM generate_series(1, {orders}) n, generate_series(1, 3) m",
    "INSERT INTO log SELECT '2026-01-01'::timestamptz + n * interval '1 second', md5(n::text)"
    " FROM generate_series(1, {orders} / 5) n",
    "INSERT INTO heartbeat VALUES (1, now(), '2026-01-01')",
    "CREATE INDEX orders_customer ON orders (customer_id)",
    "CREATE INDEX orders_address ON orders (address)",
    "CREATE INDEX line_sku ON line (sku)",
    "VACUUM ANALYZE",
)

Phases = dict[str, float]


def said(unseen: object) -> None:
    """End with what went wrong."""
    if isinstance(unseen, Unseen):
        sys.exit(unseen.detail)


@contextmanager
def source(folder: Path, megabytes: int) -> Iterator[ScratchCluster]:
    """A server with the database `shop`, and its dump."""
    folder.mkdir(mode=0o700)
    cluster = ScratchCluster(folder, folder / "data", cut_off())
    cluster.cut_off.own(folder)
    try:
        said(cluster.initialise(None))
        said(cluster.start(120, FAST))
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as link:
            link.execute("CREATE DATABASE shop")
        with psycopg.connect(cluster.dsn("shop"), autocommit=True) as link:
            link.execute(_TABLES)
            for statement in _ROWS:
                link.execute(statement.format(orders=megabytes * MEGABYTE // ORDER_BYTES).encode())
        yield cluster
    finally:
        cluster.stop()
        cluster.wipe()


def size_of(cluster: ScratchCluster) -> int:
    """Bytes of the database."""
    with psycopg.connect(cluster.dsn("shop")) as link:
        row = link.execute("SELECT pg_database_size('shop')").fetchone()
        assert row is not None
        return int(row[0])


def bare(dump: Path, scratch: Path) -> Phases:
    """A cluster and pg_restore."""
    place = Path(tempfile.mkdtemp(prefix="prodproof-bench-", dir=scratch))
    cluster = ScratchCluster(place / "server", place / "server/data", cut_off())
    cluster.cut_off.own(place)
    try:
        begun = time.monotonic()
        said(cluster.initialise(None))
        said(cluster.start(120, FAST))
        made = time.monotonic()
        copy = place / "shop.dump"
        shutil.copyfile(dump, copy)
        cluster.cut_off.own(copy)
        said(load(cluster, copy, "custom", jobs=JOBS, seconds=36000))
        loaded = time.monotonic()
    finally:
        cluster.stop()
        shutil.rmtree(place)
    return {"empty cluster": made - begun, "pg_restore": loaded - made}


def drilled(plan: DrillPlan) -> Phases:
    """The drill, by its phases."""
    world = World(declared=plan.declared, now=datetime.now(UTC), settings=Settings(fingerprint_key=KEY))
    ended = carry_out(plan, world, "benchmark")
    if ended.run.outcome is not DrillOutcome.PROVEN:
        sys.exit(f"the drill says: {ended.run.detail}")
    assert isinstance(ended.fact, RestoreTested)
    phases = {entry.name: entry.took or 0.0 for entry in ended.run.timeline if entry.kind is EntryKind.STEP}
    return phases | {"sampled tables": float(len(ended.fact.sampled))}


def plan_for(dump: Path, scratch: Path, full: bool) -> DrillPlan:
    """The drill for that dump."""
    restoring = Restoring(
        heartbeat="heartbeat.at", changed_at=("updated_at",), scratch=str(scratch), full=full,
        invariants=(("no debts", "SELECT min(amount) >= 0 FROM line"),),
    )  # fmt: skip
    store = DataStore(
        name="shop", kind="postgres", environment="bench", dsn="env:PRODPROOF_BENCH_DSN", restore=restoring,
        allow=frozenset({Permission.DRILLS}),
    )  # fmt: skip
    made = Backup(name="dump", kind="dump", path=str(dump), store="shop", environment="bench")
    declared = Declared(
        system="bench", environment=Environment(name="bench", kind=EnvironmentKind.STAGING), trusted=True,
        root=str(dump.parent), data_stores=(store,), backups=(made,),
    )  # fmt: skip
    plan = plan_drill(restore, store, declared)
    if isinstance(plan, Unseen):
        sys.exit(plan.detail)
    return plan


def middle(rounds: list[Phases]) -> Phases:
    """The median of each phase."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def main() -> None:
    """Measure, print, and write JSON if asked."""
    parser = argparse.ArgumentParser(description="The restore drill beside a bare restore.")
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", type=Path, default=Path("/dev/shm"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pg_dump = program("pg_dump")
    if pg_dump is None:
        sys.exit("PostgreSQL is not installed (Debian: postgresql)")
    with (
        tempfile.TemporaryDirectory(prefix="prodproof-bench-", dir=options.scratch) as name,
        tempfile.TemporaryDirectory(prefix="prodproof-bench-", dir=options.scratch) as place,
    ):
        for folder in (name, place):
            os.chmod(folder, 0o711)
        scratch, dump = Path(place), Path(name) / "shop.dump"
        with source(Path(name) / "source", options.megabytes) as cluster:
            os.environ["PRODPROOF_BENCH_DSN"] = cluster.dsn("shop")
            subprocess.run([pg_dump, "-Fc", f"--dbname={cluster.dsn('shop')}", f"--file={dump}"], check=True)
            size = size_of(cluster)
            print(f"{size / MEGABYTE:.0f} MB in the source, a dump of {dump.stat().st_size / MEGABYTE:.0f} MB")
            sides: dict[str, list[Phases]] = {"bare": [], "sampled": [], "full": []}
            for number in range(options.rounds):
                sides["bare"].append(bare(dump, scratch))
                for side, full in (("sampled", False), ("full", True)):
                    sides[side].append(drilled(plan_for(dump, scratch, full)))
                print(f"round {number + 1} of {options.rounds}")
    found = {side: middle(rounds) for side, rounds in sides.items()}
    report(found, size, options.json)


def report(found: dict[str, Phases], size: int, file: Path | None) -> None:
    """The table."""
    bare_total = sum(found["bare"].values())
    print(f"\n{'bare restore':<36}{bare_total:>9.2f} s")
    for name, seconds in found["bare"].items():
        print(f"  {name:<34}{seconds:>9.2f} s")
    totals: dict[str, float] = {}
    for side in ("sampled", "full"):
        phases = {name: value for name, value in found[side].items() if name != "sampled tables"}
        totals[side] = sum(seconds for name, seconds in phases.items() if name not in APART)
        tables = f", {found[side]['sampled tables']:.0f} tables sampled"
        print(f"\n{f'drill, {side} proof{tables}':<36}{totals[side]:>9.2f} s  {totals[side] / bare_total:>5.2f} x bare")
        for name, seconds in phases.items():
            apart = "  apart" if name in APART else ""
            print(f"  {name:<34}{seconds:>9.2f} s{apart}")
    ratio = totals["sampled"] / bare_total
    print(f"\nsampled proof: {ratio:.2f} x bare; asked: under {ASKED}: {'yes' if ratio < ASKED else 'NO'}")
    if file is not None:
        told = {"bytes": size, "phases": found, "ratio_sampled": ratio, "ratio_full": totals["full"] / bare_total}
        file.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
