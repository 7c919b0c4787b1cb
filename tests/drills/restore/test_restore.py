"""The restore drill on a real PostgreSQL: a good backup is proven, and every damage is found and named."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from prodproof.drills.plan import DrillPlan, plan_drill, plan_for
from prodproof.drills.point_in_time import point_in_time
from prodproof.drills.restore import restore
from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import ComparedWith, DifferenceKind, MomentBy, ScratchKind
from prodproof.jobs.order import DrillOrder
from prodproof.reach.world import Settings, World
from prodproof.runner.drill import Carried
from prodproof.verdicts import Kind
from tests.drills.agreeing import verdict
from tests.drills.exercises import order
from tests.drills.restore.restoring import (
    KEY,
    Drilling,
    backup,
    damaged,
    declared_shop,
    drilled,
    dump,
    shop_store,
    sql,
)
from tests.runner.drill_records import START, CutError, Desk, Memory
from tests.servers.postgres import PostgresServer, program

pytestmark = pytest.mark.skipif(program("pg_amcheck") is None, reason="PostgreSQL is not installed (postgresql)")


def another_second() -> None:
    """Dumps say in whole seconds when they were made."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.02)


def test_a_good_dump_is_proven(drilling: Drilling, good: Path) -> None:
    restoring = {"heartbeat": "heartbeat.at", "invariants": (("no debts", 'SELECT min(total) >= 0 FROM "order"'),)}
    done = drilling(good, rto=3600, rpo=3600, restore=restoring)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.restored
    assert (fact.differences, fact.undecided, fact.uncompared, fact.sampled) == ((), (), (), ())
    assert (fact.compared_with, fact.tables, fact.invariants) == (ComparedWith.SOURCE, 8, 1)
    assert fact.recovered_by is MomentBy.HEARTBEAT
    assert fact.loss is not None and 29 < fact.loss < 3600
    assert {phase.name for phase in fact.phases if not phase.proof} >= {"restore", "start-server"}
    assert all(phase.seconds is not None for phase in fact.phases)
    assert {need.name for need in fact.needs} >= {"pg_restore", "owner_shop"}, "no dump holds the roles that it names"
    for claim in ("recovery.objectives-met", "recovery.coverage"):
        assert verdict(claim, fact).kind is Kind.HOLDS, verdict(claim, fact)


def test_what_restores_has_no_network_and_none_of_our_environment(
    drilling: Drilling, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "of-production")
    seen: dict[str, str] = {}
    from prodproof.drills import _proof_postgres as proof

    real = getattr(proof, "check_pages")  # noqa: B009 (it is imported there)

    def look(cluster: object, *words: object, **more: object) -> object:
        for pid in cluster.pids:  # type: ignore[attr-defined]  # a ScratchCluster
            seen[Path(f"/proc/{pid}/cmdline").read_bytes().decode()] = os.readlink(f"/proc/{pid}/ns/net")
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            assert b"of-production" not in environment and b"SHOP_URL" not in environment
        return real(cluster, *words, **more)

    monkeypatch.setattr(proof, "check_pages", look)
    done = drilling(good)
    assert seen
    if os.geteuid() == 0:
        assert done.restored.no_network
    if done.restored.no_network:
        assert os.readlink("/proc/self/ns/net") not in seen.values()


def test_each_damage_of_the_data_is_found_and_named(
    drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path
) -> None:
    broken = """
        DROP TABLE line;
        DROP SEQUENCE invoice_number;
        DROP VIEW paid;
        DROP INDEX order_note;
        DELETE FROM django_migrations;
        DELETE FROM stock.picture WHERE id = 7;
        UPDATE customer SET email = 'somebody@example.org' WHERE id = 5;
        SELECT setval('customer_id_seq', 3);
        ALTER TABLE customer ALTER email DROP NOT NULL;
    """
    with damaged(server, shop, broken) as url:
        done = drilling(dump(url, tmp_path / "bad.dump", "-Fc"))
    assert done.run.outcome is DrillOutcome.FAILED, done.run.detail
    kinds = DifferenceKind
    assert done.found() == {
        (kinds.MISSING_TABLE, "table public.line"),
        (kinds.MISSING_SEQUENCE, "sequence public.invoice_number"),
        (kinds.MISSING_OBJECT, "view public.paid"),
        (kinds.MISSING_OBJECT, "index public.order.order_note"),
        (kinds.EMPTY_TABLE, "public.django_migrations"),
        (kinds.MISSING_ROWS, "stock.picture"),
        (kinds.CHANGED_ROWS, "public.customer"),
        (kinds.SEQUENCE_BEHIND, "sequence public.customer_id_seq"),
        (kinds.CHANGED_OBJECT, "column public.customer.email"),
    }, done.found()
    assert verdict("recovery.coverage", done.fact).kind is Kind.BROKEN


def test_a_source_that_has_moved_on_is_no_damage(
    drilling: Drilling, server: PostgresServer, shop: str, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = """
        INSERT INTO customer (email, updated_at) VALUES ('new@example.org', now());
        UPDATE "order" SET total = total + 1, updated_at = now() WHERE id < 100;
        DELETE FROM stock.picture WHERE id < 5;
    """
    with damaged(server, shop, moved) as url:
        monkeypatch.setenv("SHOP_URL", url)
        done = drilling(good)
        assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
        # The heartbeat has no key and line has no time of change: who can say since when they differ?
        sql(url, "DELETE FROM heartbeat; UPDATE line SET amount = 0 WHERE order_id = 9; CREATE TABLE later (id int)")
        sql(url, "INSERT INTO django_migrations (name, applied, updated_at) VALUES ('0002', now(), now())")
        done = drilling(good)
    assert done.run.outcome is DrillOutcome.NOT_PROVEN
    assert done.restored.differences == ()
    assert {item.what for item in done.restored.undecided} >= {"public.heartbeat", "public.line", "table public.later"}


def test_a_source_that_was_emptied_shows_nothing(
    drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That no row of it is missing in the copy says nothing of the copy."""
    dated = "DROP TABLE line; DROP TABLE heartbeat; DROP TABLE event"  # no column of these says when a row was changed
    with damaged(server, shop, dated) as url:
        monkeypatch.setenv("SHOP_URL", url)
        whole = dump(url, tmp_path / "whole.dump", "-Fc")
        sql(url, 'TRUNCATE customer, "order", stock.picture, django_migrations')
        done = drilling(whole)
    assert (done.run.outcome, done.restored.differences, done.restored.undecided) == (DrillOutcome.NOT_PROVEN, (), ())
    assert done.restored.compared_with is ComparedWith.NOTHING
    assert "none of these tables has a row there" in done.run.detail


def test_an_invariant_that_was_not_answered_in_time_is_no_damage(
    drilling: Drilling, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prodproof.drills import _proof_postgres

    monkeypatch.setattr(_proof_postgres, "invariant", lambda link, query: Unseen(Reason.TIMED_OUT, "it took too long"))
    done = drilling(good, restore={"invariants": (("slow", "SELECT true"),)})
    assert (done.run.outcome, done.restored.differences) == (DrillOutcome.NOT_PROVEN, ())
    assert done.restored.uncompared == ("the invariant slow: it took too long",)


def test_times_without_a_zone_may_be_local(
    drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """West of Greenwich, a row that was changed just now says that it was changed hours before the backup."""
    local = "ALTER TABLE customer ALTER updated_at TYPE timestamp USING updated_at AT TIME ZONE 'UTC'"
    with damaged(server, shop, local) as url:
        monkeypatch.setenv("SHOP_URL", url)
        good = dump(url, tmp_path / "local.dump", "-Fc")
        west = "updated_at = now() AT TIME ZONE 'UTC' - interval '7 hours'"
        sql(url, f"UPDATE customer SET email = 'moved@example.org', {west} WHERE id = 5")
        done = drilling(good)
        assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
        sql(url, "UPDATE customer SET email = 'other@example.org' WHERE id = 6")
        assert drilling(good).found() == {(DifferenceKind.CHANGED_ROWS, "public.customer")}


def test_a_missing_table_is_told_from_a_new_and_from_a_renamed_one(
    drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing records migrations; what was made earlier shows by the ids of objects."""
    with damaged(server, shop, "DROP TABLE django_migrations") as url:
        monkeypatch.setenv("SHOP_URL", url)
        with damaged(server, shop, "DROP TABLE django_migrations; DROP TABLE line; DROP VIEW paid") as bad:
            lacking = dump(bad, tmp_path / "bad.dump", "-Fc")
        whole = dump(url, tmp_path / "whole.dump", "-Fc")
        sql(url, "CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later VALUES (1)")
        done = drilling(lacking)
        assert (DifferenceKind.MISSING_TABLE, "table public.line") in done.found()
        assert {item.what for item in done.restored.undecided} >= {"table public.later"}
        sql(url, "DROP TABLE later; ALTER TABLE line RENAME TO position")
        done = drilling(whole)
        assert done.run.outcome is DrillOutcome.NOT_PROVEN and done.restored.differences == ()
        assert "table public.position" in {item.what for item in done.restored.undecided}


def test_nothing_is_left_undecided_with_references(
    drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prodproof.drills.reference import reference

    restoring = {"references": "references", "changed_at": (), "takes_at_most": 1}
    with damaged(server, shop, "SELECT 1") as url:
        monkeypatch.setenv("SHOP_URL", url)
        before = drilling.system(tmp_path / "*.dump", restore=restoring)
        assert drilled(before, reference).run.outcome is DrillOutcome.PROVEN
        another_second()
        another_second()
        whole = dump(url, tmp_path / "whole.dump", "-Fc")
        assert drilled(before, reference).run.outcome is DrillOutcome.PROVEN
        sql(url, "DELETE FROM heartbeat; UPDATE line SET amount = 0; DROP VIEW paid; CREATE TABLE later (id int)")
        done = drilling(whole, restore=restoring)
        assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
        assert done.restored.compared_with is ComparedWith.REFERENCE
    with damaged(server, shop, "UPDATE line SET amount = 5 WHERE order_id = 9; DROP TABLE heartbeat") as url:
        dump(url, tmp_path / "other.dump", "-Fc")
    # The damaged one in the place, and with the times, of the good one.
    times = whole.stat()
    shutil.move(tmp_path / "other.dump", whole)
    os.utime(whole, ns=(times.st_atime_ns, times.st_mtime_ns))
    done = drilling(whole, restore=restoring)
    assert done.found() >= {
        (DifferenceKind.CHANGED_ROWS, "public.line"),
        (DifferenceKind.MISSING_TABLE, "table public.heartbeat"),
    }


def test_a_backup_that_is_valid_but_three_weeks_old(
    drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path
) -> None:
    with damaged(server, shop, "UPDATE heartbeat SET at = at - interval '21 days'") as url:
        old = dump(url, tmp_path / "old.dump", "-Fc")
    done = drilling(
        old, dsn=None, rpo=300, restore={"heartbeat": "heartbeat.at", "invariants": (("one", "SELECT true"),)}
    )
    assert done.run.outcome is DrillOutcome.FAILED, done.run.detail
    assert "too old: 21 days would be lost, and 5 minutes may be" in done.run.detail
    assert done.restored.loss is not None and abs(done.restored.loss - 21 * 86400) < 3600
    assert done.restored.differences == ()


def test_the_newest_dump_from_before_a_moment(drilling: Drilling, shop: str, tmp_path: Path) -> None:
    moment = datetime.now(UTC) - timedelta(days=2)
    made_now = dump(shop, tmp_path / "dump")  # a plain one does not say when it was made
    for name, hours in (("older", 3 * 24), ("old", 2 * 24 + 1), ("new", 1)):
        copy = shutil.copy(made_now, tmp_path / f"{name}.sql")
        made = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
        os.utime(copy, (made, made))
    said = {"invariants": (("one", "SELECT true"),)}
    done = drilled(drilling.system(tmp_path / "*.sql", dsn=None, rpo=7200, restore=said), moment=moment)
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert "old.sql" in done.restored.point and done.restored.moment == moment
    # Counted from that moment, by the dump's own word: an hour, which may be.
    assert done.restored.loss is not None and 3000 < done.restored.loss < 7200


def test_the_moment_is_part_of_the_plan_and_of_the_order(drilling: Drilling, good: Path) -> None:
    system, moment = drilling.system(good), datetime(2026, 3, 1, tzinfo=UTC)
    newest = plan_drill(restore, system.data_stores[0], system)
    then = plan_drill(restore, system.data_stores[0], system, moment=moment)
    later = plan_drill(restore, system.data_stores[0], system, moment=moment + timedelta(seconds=1))
    assert isinstance(newest, DrillPlan) and isinstance(then, DrillPlan) and isinstance(later, DrillPlan)
    assert len({newest.digest, then.digest, later.digest}) == 3
    assert then.exercise.steps[0].says == "choose the newest restore point from before that moment"
    again = plan_for(restore, then.subject, system, {}, moment)
    assert isinstance(again, DrillPlan) and again.digest == then.digest
    given = replace(order(then, "restore-0301-abcdef"), moment=moment)
    assert decode(DrillOrder, encode(given)) == given
    refused = plan_drill(point_in_time, system.data_stores[0], system, moment=moment)
    assert refused == Unseen(Reason.NOT_CONFIGURED, "point-in-time cannot be asked for a moment")


def test_a_truncated_dump(drilling: Drilling, good: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.dump"
    cut.write_bytes(good.read_bytes()[: good.stat().st_size * 2 // 3])
    done = drilling(cut)
    assert done.run.outcome is DrillOutcome.FAILED, done.run.detail
    assert done.restored.damage == "truncated" and "truncated" in done.restored.failure


def test_no_backup_at_all(drilling: Drilling, tmp_path: Path) -> None:
    done = drilling(tmp_path / "*.dump")
    assert done.run.outcome is DrillOutcome.FAILED and "there is no backup of shop" in done.run.detail
    assert (done.restored.backup, done.restored.tool, done.restored.failure) == ("nightly", "dump", done.run.detail)


def test_a_dump_of_a_newer_postgresql(drilling: Drilling, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prodproof.drills import _restore_server

    monkeypatch.setattr(_restore_server, "versions", lambda: {13: Path("/usr/lib/postgresql/13/bin")})
    done = drilling(good)
    assert (done.run.outcome, done.run.reason) == (DrillOutcome.NOT_PROVEN, Reason.TOOL_MISSING)
    assert "it is of PostgreSQL 15, and the newest one here is 13" in done.run.detail


def test_an_invariant_that_does_not_hold(drilling: Drilling, good: Path) -> None:
    wrong = (("few orders", 'SELECT count(*) < 5 FROM "order"'), ("no such table", "SELECT true FROM nothing"))
    done = drilling(good, dsn=None, restore={"invariants": wrong})
    assert done.found() == {(DifferenceKind.INVARIANT, "few orders"), (DifferenceKind.INVARIANT, "no such table")}
    assert done.restored.compared_with is ComparedWith.NOTHING
    assert done.restored.unheld == ("the source: shop has no dsn",) and done.restored.uncompared == ()


def test_without_source_reference_or_invariant_nothing_is_proven(drilling: Drilling, good: Path) -> None:
    done = drilling(good, dsn=None)
    assert done.run.outcome is DrillOutcome.NOT_PROVEN and "not all could be compared" in done.run.detail


def test_a_full_disk(drilling: Drilling, good: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=36m,mode=711", "x", drilling.scratch], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine mounts nothing")
    try:
        from prodproof.drills import _scratch

        done = drilling(good)
        assert done.run.outcome is DrillOutcome.NOT_PROVEN
        assert "no room for the restored data" in done.run.detail and "are needed" in done.run.detail
        with pytest.MonkeyPatch.context() as patch:
            # It looked large enough, and was not.
            patch.setattr(_scratch, "_no_room", lambda base, needed: "")
            done = drilling(good)
        assert done.run.outcome is DrillOutcome.NOT_PROVEN
        assert "full" in done.run.detail, done.run.detail
    finally:
        subprocess.run(["umount", drilling.scratch], check=True)


def test_memory_is_taken_where_there_is_enough(drilling: Drilling, good: Path, tmp_path: Path) -> None:
    store = shop_store("env:SHOP_URL", None)
    done = drilled(declared_shop(tmp_path, store, backup(good)))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert done.restored.scratch in (ScratchKind.MEMORY, ScratchKind.DISK)
    assert not Path(str(done.gave["make-scratch"]["place"])).exists()
    if sys.platform == "linux" and shutil.disk_usage("/dev/shm").free > 2**30:
        assert done.restored.scratch is ScratchKind.MEMORY


def test_what_is_not_declared_is_not_restored(tmp_path: Path, scratch: Path) -> None:
    store = shop_store(None, scratch)
    assert plan_drill(restore, store, declared_shop(tmp_path, store)) == Unseen(
        Reason.NOT_DECLARED, 'no [[backup]] says store = "shop"'
    )
    other = replace(store, kind="redis")
    plan = plan_drill(restore, other, declared_shop(tmp_path, other, backup("x")))
    assert isinstance(plan, Unseen) and plan.why is Reason.NOT_VERIFIABLE_YET


def test_a_folder_of_somebody_else_is_not_taken(drilling: Drilling, good: Path) -> None:
    (drilling.scratch / "prodproof-restore-1").symlink_to("/")
    done = drilled(drilling.system(good), id="restore-1")
    assert done.run.outcome is DrillOutcome.NOT_PROVEN and "somebody else's" in done.run.detail
    (drilling.scratch / "prodproof-restore-1").unlink()


def test_rows_are_never_told(drilling: Drilling, server: PostgresServer, shop: str, tmp_path: Path) -> None:
    """A dump that cannot be loaded makes the server quote rows."""
    plain = tmp_path / "bad.sql"
    text = dump(shop, tmp_path / "good.sql").read_text()
    (tmp_path / "good.sql").unlink()
    plain.write_text(text.replace("\tc7@example.org\t", "\tc8@example.org\t"))
    done = drilling(plain)
    assert done.run.outcome is DrillOutcome.FAILED, done.run.detail
    assert (DifferenceKind.CHANGED_ROWS, "public.customer") in done.found()
    assert any(kind is DifferenceKind.NOT_LOADED for kind, _ in done.found())
    assert "example.org" not in f"{done.run}{done.fact}{done.gave}"


def test_the_good_source_is_untouched(shop: str) -> None:
    with psycopg.connect(shop) as link:
        assert link.execute("SELECT count(*) FROM pg_extension").fetchone() == (1,)


@pytest.mark.parametrize("last", ["do start-server"])
@pytest.mark.parametrize("then", ["resume", "undo"])
def test_a_drill_that_was_killed_is_resumed_or_undone(drilling: Drilling, good: Path, last: str, then: str) -> None:
    """Whoever carries it out is killed once it has acted, and before that is written down."""

    def cut(number: int, when: str) -> None:
        if when == "acted" and memory.acted[-1] == last:
            raise CutError

    memory = Memory(cut=cut)
    plan = plan_drill(restore, drilling.system(good).data_stores[0], drilling.system(good))
    assert not isinstance(plan, Unseen)
    with pytest.raises(CutError):
        engine_of(plan, memory).forward()
    assert list(drilling.scratch.iterdir())
    if then == "resume":
        run = engine_of(plan, memory.again()).forward()
        assert run.outcome is DrillOutcome.PROVEN, run.detail
    else:
        going_back = engine_of(plan, Memory("back"))
        going_back.replay([memory.journal()])
        run = going_back.backward("ben")
    assert run.left == ()
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            assert not os.readlink(place).startswith(str(drilling.scratch))
        except OSError:
            continue


def engine_of(plan: DrillPlan, memory: Memory) -> Carried:
    """The engine, with these records."""
    memory.position = 0
    world = World(declared=plan.declared, now=START, settings=Settings(fingerprint_key=KEY))
    # The scratch of a test has a name of its own, and so has its drill: others may run at the same time.
    given = order(plan, f"restore-{Path(str(plan.target.restore.scratch)).name[-8:].replace('_', 'x')}")
    return Carried(replace(given, target=plan.subject), plan, world, Desk(), memory)


def test_a_wrong_key(drilling: Drilling, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("restic") is None:
        pytest.skip("restic is not installed")
    vault = tmp_path / "vault"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RESTIC_PASSWORD": "the right one"}
    for words in (["init"], ["backup", str(good)]):
        subprocess.run(["restic", "-r", str(vault), "-q", *words], check=True, env=environment, timeout=60)
    store = shop_store("env:SHOP_URL", drilling.scratch)
    for key, outcome in (("the wrong one", DrillOutcome.NOT_PROVEN), ("the right one", DrillOutcome.PROVEN)):
        monkeypatch.setenv("VAULT_KEY", key)
        made = backup("", "restic", repository=str(vault), password="env:VAULT_KEY")
        done = drilled(declared_shop(tmp_path, store, made))
        assert done.run.outcome is outcome, done.run.detail
        if outcome is DrillOutcome.NOT_PROVEN:
            assert done.run.reason is Reason.DENIED and "password" in done.run.detail
        else:
            assert "env:VAULT_KEY" in {need.name for need in done.restored.needs}
        assert key not in f"{done.run}{done.fact}{done.gave}"
