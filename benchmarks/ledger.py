"""How fast the ledger verifies, beside what no verifier can do without: hashing and reading.

    python -m benchmarks.ledger [--records 1000000] [--json FILE]

Prints medians of interleaved rounds as ratios to the floor, which is the SHA-256 chain of the same bytes in memory
plus reading them from the same SQLite file.
"""

import argparse
import hashlib
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from prodproof.facts import Proof
from prodproof.ledger import Ledger, open_ledger
from prodproof.ledger.database import FILE_NAME
from prodproof.ledger.entry import About, Draft, genesis
from prodproof.ledger.export import ExportSource
from prodproof.ledger.verification import verify

RECORD_BYTES = 500
TOPICS = 200
PAYLOADS = 1000
BATCH = 10_000
AT = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Fill a ledger, measure, print, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        with open_ledger(state, system="benchmark", environ={}) as ledger:
            measured = measure(
                ledger, state / FILE_NAME, Path(folder) / "export.jsonl", options.records, options.rounds
            )
    print(f"{options.records:,} records of {measured['bytes_each']:.0f} bytes, medians of {options.rounds} rounds")
    print(f"{'':44}{'seconds':>9}{'x floor':>9}{'records/s':>12}")
    floor = measured["floor: chain in memory + read"]
    for name, seconds in measured.items():
        if name != "bytes_each":
            print(f"{name:44}{seconds:9.3f}{seconds / floor:9.2f}{options.records / seconds:12,.0f}")
    if options.json:
        result = {
            "records": options.records,
            "seconds": measured,
            "ratio_to_floor": measured["verify the database"] / floor,
            "records_per_second": options.records / measured["verify the database"],
        }
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measure(ledger: Ledger, database: Path, export: Path, records: int, rounds: int) -> dict[str, float]:
    """Seconds for each thing measured, by its name."""
    started = time.perf_counter()
    fill(ledger, records)
    appended = time.perf_counter() - started
    bodies, size = read(database), database.stat().st_size
    assert len(bodies) == records and size
    ledger.export(export)
    works: dict[str, Callable[[], object]] = {
        "floor: sha256 chain in memory": lambda: chain(bodies),
        "floor: sqlite read": lambda: stream(database),
        "verify the database": lambda: checked(ledger.verify().ok),
        "verify an export": lambda: checked(verify(ExportSource(export)).ok),
        "latest surveys of all steps": lambda: ledger.latest_surveys(
            [f"step {i}" for i in range(TOPICS)], "production"
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    floor = medians["floor: sha256 chain in memory"] + medians["floor: sqlite read"]
    return {
        **medians,
        "floor: chain in memory + read": floor,
        "append": appended,
        "bytes_each": sum(map(len, bodies)) / records,
    }


def fill(ledger: Ledger, records: int) -> None:
    """Append entries of the shape and size that a run writes, each referring to one of a thousand payloads."""
    payloads = [json.dumps({"n": number}).encode().replace(b" ", b"") for number in range(PAYLOADS)]
    digests = [hashlib.sha256(payload).hexdigest() for payload in payloads]
    for start in range(0, records, BATCH):
        drafts = []
        for number in range(start, min(records, start + BATCH)):
            digest = digests[number % PAYLOADS]
            observation = {
                "at": "2026-01-01T00:00:00.000000Z",
                "digest": digest,
                "proof": Proof.OUTSIDE.value,
                "subject": ["host", f"{number}.shop.example"],
                "vantage": "outside",
            }
            survey = {"fact": "benchmark.Nothing", "gaps": [], "listed": [], "observations": [observation]}
            about = About("facts", "production", f"step {number % TOPICS}")
            what: dict[str, object] = {"padding": "x" * 90, "surveys": [survey]}
            drafts.append(Draft(about, AT, what, "0" * 32, {digest: payloads[number % PAYLOADS]}))
        ledger._append(drafts)


def chain(bodies: list[bytes]) -> bytes:
    """The least that verification must do."""
    sha256, head = hashlib.sha256, genesis("benchmark")
    for body in bodies:
        head = sha256(head + body).digest()
    return head


def stream(database: Path) -> None:
    """The least that reading costs, without keeping anything."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT body, hash FROM ledger_entry ORDER BY id")
        while rows.fetchmany(512):
            pass
    connection.close()


def read(database: Path) -> list[bytes]:
    """Every body."""
    with sqlite3.connect(database) as connection:
        rows = [body for (body, _) in connection.execute("SELECT body, hash FROM ledger_entry ORDER BY id")]
    connection.close()
    return rows


def checked(ok: bool) -> None:
    """A benchmark of a verifier that refuses would mean nothing."""
    if not ok:
        raise SystemExit("the benchmark's own ledger does not verify")


if __name__ == "__main__":
    main()
