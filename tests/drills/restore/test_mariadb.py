"""The restore drill on a real MariaDB: a good dump is proven, and every damage is found and named."""

import gzip
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodproof.drills.plan import plan_drill
from prodproof.drills.restore import restore
from prodproof.facts import Reason, Unseen
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import ComparedWith, DifferenceKind, MomentBy
from prodproof.reach.mariadb_scratch.client import program
from tests.drills.restore.restoring import Result, backup, declared_shop, drilled, shop_store
from tests.reach.backups.mariadb import MariaDb, running

pytestmark = pytest.mark.skipif(program("mariadbd") is None, reason="MariaDB is not installed (mariadb-server)")

PASSWORD = 'with "quotes" and \\ and #'
SHOP = """
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE customer (id int AUTO_INCREMENT PRIMARY KEY, email varchar(80) UNIQUE, note text, updated_at datetime);
CREATE TABLE `order` (
    id bigint PRIMARY KEY, customer_id int, total decimal(10, 2), paid bit(1), raw blob, share double,
    state enum('new', 'paid'), updated_at timestamp NULL,
    CONSTRAINT of_whom FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE TABLE heartbeat (id int PRIMARY KEY, at timestamp NULL, updated_at timestamp NULL);
INSERT INTO customer
    SELECT seq, CONCAT('c', seq, '@example.org'), IF(seq % 2, NULL, 'a\\tb\\n\\\\c'), NOW() - INTERVAL 2 DAY
    FROM seq_1_to_200;
INSERT INTO `order`
    SELECT seq, 1 + seq % 200, seq / 3, seq % 2, UNHEX(MD5(seq)), seq / 7, 'paid', NOW() - INTERVAL 2 DAY
    FROM seq_1_to_300;
INSERT INTO heartbeat VALUES (1, NOW() - INTERVAL 40 SECOND, NOW() - INTERVAL 2 DAY);
CREATE VIEW paid AS SELECT id FROM `order` WHERE state = 'paid';
CREATE TRIGGER touch BEFORE INSERT ON customer FOR EACH ROW SET NEW.email = LOWER(NEW.email);
CREATE EVENT tidy ON SCHEDULE EVERY 1 SECOND DO DELETE FROM shop.customer;
CREATE USER reader@localhost IDENTIFIED BY '{password}';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON shop.* TO reader@localhost;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with tempfile.TemporaryDirectory(prefix="prodproof-test-", dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        with running(Path(name)) as made:
            made.sql(SHOP.replace("{password}", PASSWORD.replace("\\", "\\\\")))
            yield made


@pytest.fixture(scope="module")
def good(server: MariaDb) -> str:
    """What mariadb-dump writes of it, some time after its tables were made."""
    return dumped(server)


def dumped(server: MariaDb, name: str = "shop") -> str:
    words = ("--single-transaction", "--routines", "--events", "--triggers", name)
    return server.run("mariadb-dump", *words).decode("latin-1")


@pytest.fixture
def restored(server: MariaDb, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Restored":
    from urllib.parse import quote

    url = f"mysql://reader:{quote(PASSWORD, safe='')}@localhost/shop?unix_socket={server.socket}"
    monkeypatch.setenv("SHOP_URL", url)
    return Restored(tmp_path, scratch)


class Restored:
    """Restores a dump that is given as text."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch

    def __call__(self, text: str, dsn: str | None = "env:SHOP_URL", packed: bool = False, **store: object) -> Result:
        file = self.root / ("shop.sql.gz" if packed else "shop.sql")
        data = text.encode("latin-1")  # bytes as they are
        file.write_bytes(gzip.compress(data) if packed else data)
        made = shop_store(dsn, self.scratch, kind="mysql", **store)
        return drilled(declared_shop(self.root, made, backup(file, "mysql-dump")))


def test_a_good_dump_is_proven(restored: Restored, good: str, server: MariaDb) -> None:
    ask = {"invariants": (("all paid", "SELECT COUNT(*) = 0 FROM `order` WHERE state <> 'paid'"),)}
    done = restored(good, packed=True, rpo=300, restore={"heartbeat": "heartbeat.at", **ask})
    assert done.run.outcome is DrillOutcome.PROVEN, done.run
    fact = done.restored
    assert (fact.compared_with, fact.differences, fact.tables, fact.rows) == (ComparedWith.SOURCE, (), 3, 501)
    assert fact.recovered_by is MomentBy.HEARTBEAT and fact.loss is not None and 40 <= fact.loss < 300
    assert any(item.name.startswith("MariaDB 10") or item.name.startswith("MariaDB 11") for item in fact.needs)
    assert fact.no_network and fact.of_rows
    start = next(entry for entry in done.run.timeline if entry.name == "start-server")
    assert "without any network" in start.detail
    assert server.sql("SELECT COUNT(*) FROM shop.customer") == "200"


def test_a_dump_that_turns_its_events_on_is_found(restored: Restored, good: str) -> None:
    """Without that, its event would have emptied a table within a second."""
    mine = good.replace("-- Dump completed", "SET GLOBAL event_scheduler = ON;\n-- Dump completed")
    done = restored(mine)
    assert done.run.outcome is DrillOutcome.FAILED and "runs events" in done.run.detail


def test_what_a_dump_says_to_the_client_is_not_done(restored: Restored, good: str, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o777)
        told = good.replace("-- Dump completed", f"\\! touch {name}/done\n-- Dump completed")
        done = restored(told)
        assert not list(Path(name).iterdir())
    assert done.run.outcome is DrillOutcome.FAILED, done.run
    assert {item.kind for item in done.restored.differences} == {DifferenceKind.NOT_LOADED}


def test_a_truncated_dump(restored: Restored, good: str) -> None:
    done = restored(good[: len(good) * 2 // 3])
    assert done.run.outcome is DrillOutcome.FAILED and done.restored.damage == "truncated"


def without_table(text: str, name: str) -> str:
    """A dump without a table, as a filter that was forgotten leaves it."""
    start = text.index(f"DROP TABLE IF EXISTS `{name}`")
    end = text.index("UNLOCK TABLES;", start) + len("UNLOCK TABLES;")
    return text[:start] + text[end:]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda text: without_table(text, "heartbeat"), {(DifferenceKind.MISSING_TABLE, "table heartbeat")}),
        (
            lambda text: re.sub(r"INSERT INTO `heartbeat` VALUES[^;]*;", "", text),
            {(DifferenceKind.EMPTY_TABLE, "heartbeat")},
        ),
        (lambda text: text.replace("c7@example.org", "c7@example.net"), {(DifferenceKind.CHANGED_ROWS, "customer")}),
        (
            lambda text: re.sub(r"\(200,'c200@[^\n]*", ";", text).replace("),\n;", ");"),
            {(DifferenceKind.MISSING_ROWS, "customer"), (DifferenceKind.BROKEN_KEY, "constraint order.of_whom")},
        ),
        (
            lambda text: text.replace("-- Dump completed", "SELECT nonsense;\n-- Dump completed"),
            {(DifferenceKind.NOT_LOADED, "the statement in line")},
        ),
    ],
    ids=["missing table", "empty table", "changed row", "missing row, which others name", "statement that fails"],
)
def test_each_damage_is_found_and_named(
    restored: Restored, server: MariaDb, good: str, damage: object, found: set[tuple[DifferenceKind, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from prodproof.drills import _proof_mariadb
    from prodproof.reach.compare.moments import MARGIN

    # The source was made a moment ago; so the margin for clocks that differ would hide that its tables are older.
    monkeypatch.setattr(_proof_mariadb, "MARGIN", -MARGIN)
    assert callable(damage)
    broken = damage(good)
    assert broken != good
    done = restored(broken, restore={"takes_at_most": 1})
    assert done.run.outcome is DrillOutcome.FAILED, done.run
    assert {(kind, re.sub(r"(?<=in line).*", "", what)) for kind, what in done.found()} == found
    assert "example.net" not in str(done.run) and "example.net" not in str(done.fact)


def held_to(server: MariaDb, monkeypatch: pytest.MonkeyPatch, tables: str) -> None:
    """Another source for one test."""
    server.sql(f"CREATE OR REPLACE DATABASE other; USE other; {tables}; GRANT SELECT ON other.* TO reader@localhost")
    monkeypatch.setenv("SHOP_URL", os.environ["SHOP_URL"].replace("/shop?", "/other?"))


def test_a_source_whose_columns_differ_leaves_open_whether_rows_are_missing(
    restored: Restored, server: MariaDb, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of MySQL 8 may: nothing can be compared, and all came back."""
    held_to(server, monkeypatch, "CREATE TABLE customer (id bigint PRIMARY KEY)")
    done = restored(good)
    assert (done.run.outcome, done.restored.differences) == (DrillOutcome.NOT_PROVEN, ())
    assert (done.restored.tables, done.restored.rows) == (3, 501)
    assert done.restored.uncompared == ("customer: its columns or its key differ from the source",)


def test_a_source_that_was_emptied_shows_nothing(
    restored: Restored, server: MariaDb, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = "; ".join(f"CREATE TABLE `{name}` LIKE shop.`{name}`" for name in ("customer", "order", "heartbeat"))
    held_to(server, monkeypatch, tables)
    done = restored(good)
    assert (done.run.outcome, done.restored.differences, done.restored.undecided) == (DrillOutcome.NOT_PROVEN, (), ())
    assert "none of these tables has a row there" in done.run.detail and done.restored.rows == 501


def test_a_damaged_table_is_told_though_its_keys_cannot_be_read(
    restored: Restored, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prodproof.reach.compare import mariadb

    monkeypatch.setattr(mariadb, "damaged", lambda link, names: ["customer"])
    monkeypatch.setattr(mariadb, "orphans", lambda link: Unseen(Reason.INCOMPLETE, "MariaDB answers with error 1194"))
    done = restored(good)
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.found() == {(DifferenceKind.DAMAGED_PAGE, "customer")}


def test_a_heartbeat_of_after_the_drill_began_loses_nothing(
    restored: Restored, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prodproof.reach.compare import mariadb

    monkeypatch.setattr(mariadb, "newest", lambda link, place: datetime.now(UTC) + timedelta(minutes=1))
    done = restored(good, restore={"heartbeat": "heartbeat.at"})
    assert done.restored.loss == 0


def test_a_source_that_has_moved_on_is_no_damage(restored: Restored, server: MariaDb, good: str) -> None:
    try:
        server.sql(
            "USE shop; INSERT INTO customer VALUES (900, 'new@example.org', NULL, NOW());"
            "UPDATE `order` SET total = 1, updated_at = NOW() WHERE id = 7; CREATE TABLE later (id int PRIMARY KEY)"
        )
        done = restored(good)
    finally:
        server.sql("USE shop; DELETE FROM customer WHERE id = 900; DROP TABLE later")
        server.sql("USE shop; UPDATE `order` SET total = 7 / 3, updated_at = NOW() - INTERVAL 2 DAY WHERE id = 7")
    assert done.restored.differences == ()
    assert [item.what for item in done.restored.undecided] == ["table later"], "nobody can say that it is newer"


def test_without_source_and_invariants_nothing_is_proven(restored: Restored, good: str) -> None:
    done = restored(good, dsn=None)
    assert done.run.outcome is DrillOutcome.NOT_PROVEN and done.restored.tables == 3
    proven = restored(good, dsn=None, restore={"invariants": (("two hundred", "SELECT COUNT(*) = 200 FROM customer"),)})
    assert proven.run.outcome is DrillOutcome.PROVEN and proven.restored.compared_with is ComparedWith.NOTHING
    wrong = restored(good, dsn=None, restore={"invariants": (("none", "SELECT COUNT(*) = 0 FROM customer"),)})
    assert wrong.found() == {(DifferenceKind.INVARIANT, "none")}


def test_several_databases_came_back(restored: Restored, server: MariaDb) -> None:
    server.sql("CREATE DATABASE IF NOT EXISTS other; CREATE TABLE IF NOT EXISTS other.t (id int PRIMARY KEY)")
    both = server.run("mariadb-dump", "--events", "--databases", "shop", "other").decode("latin-1")
    server.sql("DROP DATABASE other")
    done = restored(both, dsn=None)
    assert done.run.outcome is DrillOutcome.NOT_PROVEN and "several databases came back" in done.run.detail
    assert restored(both).run.outcome is DrillOutcome.PROVEN, "the dsn says which one"


def test_without_the_server_it_says_what_is_missing(
    restored: Restored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prodproof.drills import _restore_mariadb
    from prodproof.reach.world import World

    monkeypatch.setattr(_restore_mariadb, "program", lambda *names: None)
    made = shop_store(None, None, kind="mysql")
    plan = plan_drill(restore, made, declared_shop(tmp_path, made, backup("x.sql", "mysql-dump")))
    assert not isinstance(plan, Unseen)
    world = World(declared=plan.declared, now=datetime.now(UTC))
    assert "mariadbd is not installed here (Debian: mariadb-server)" in list(plan.exercise.lacks(world))


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can become another")
def test_an_ordinary_user_can_do_the_same(good: str, scratch: Path) -> None:
    """By a program of its own, as nobody, with a folder of its own."""
    import subprocess
    import sys

    home = scratch / "home"
    home.mkdir(mode=0o755)
    (home / "shop.sql").write_bytes(good.encode("latin-1"))
    for path in (home, home / "shop.sql"):
        shutil.chown(path, "nobody", "nogroup")
    done = subprocess.run(
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", sys.executable, "-c", AS_NOBODY, str(home)],
        capture_output=True, text=True, timeout=300, check=False, cwd=Path(__file__).parent.parent.parent.parent,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    if "Permission denied" in done.stderr and "ensure" in done.stderr:
        pytest.skip("nobody cannot read this work tree")
    shutil.rmtree(home)
    assert done.returncode == 0 and done.stdout.strip().endswith("200"), (done.stdout, done.stderr[-3000:])


AS_NOBODY = """
import sys
from pathlib import Path
from prodproof.reach.cut_off import cut_off
from prodproof.reach.mariadb_scratch.server import ScratchServer
place = Path(sys.argv[1])
(place / "run-of-it").mkdir(mode=0o700)
server = ScratchServer(place / "run-of-it", cut_off(), "drill.start")
try:
    trouble = server.initialise() or server.start(120)
    assert trouble is None, trouble
    loaded = server.load(place / "shop.sql", 120)
    print(loaded, cut_off().no_network)
    print(server.client(loaded.database).ask("SELECT COUNT(*) FROM customer")[0][0])
finally:
    assert server.stop()
"""
