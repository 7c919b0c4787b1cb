"""The rollback drill on a real Django project: a way back that works, and each that does not."""

import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.drills import _scratch
from prodproof.drills.rollback import rollback
from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.rollbacks import Phase, RollbackTried, Trouble
from prodproof.reach.cut_off import cut_off
from prodproof.reach.django import version
from prodproof.reach.postgres_scratch.cluster import ScratchCluster
from prodproof.reach.postgres_scratch.programs import program
from prodproof.reach.world import World
from tests.drills.rollback_shop import (
    ENQUEUE,
    FIRST,
    INVOICE,
    JOBS,
    MODELS,
    NOTE,
    POSTGRES,
    PYTHON,
    REHEARSAL,
    SETTINGS,
    WELL,
    WITH_NOTE,
    WSGI,
    conducted,
    drilled,
    maybe_planned,
    migration,
    planned,
    repository,
)
from tests.runner.drill_records import CutError, Memory, undone

pytestmark = pytest.mark.skipif(not cut_off().no_network, reason="unshare is refused here")

DAMAGED_MODELS = (
    MODELS.replace("    picture = models.UUIDField()\n", "")
    .replace("total = ", "amount = ")
    .replace("(max_length=80)", "(max_length=80)\n    points = models.IntegerField(default=0)")
)
DAMAGED: Mapping[str, str] = {
    "shop/models.py": DAMAGED_MODELS,
    "shop/migrations/0002_next.py": migration(
        'migrations.RemoveField("Profile", "picture")',
        'migrations.RenameField("Order", "total", "amount")',
        'migrations.AddField("Customer", "points", models.IntegerField(default=0))',
    ),
    "urls.py": FIRST["urls.py"].replace("{Order.objects.count()} orders", "no orders"),
    "shop/management/commands/enqueue.py": ENQUEUE.replace('{"order": 1}', '{"order_id": 1}'),
    "shop/management/commands/work.py": JOBS.replace('payload["order"]', 'payload["order_id"]'),
}
"""A version with four ways to be left without a way back."""


def found(told: RollbackTried | Unseen, *wanted: tuple[Trouble, Phase, str]) -> None:
    assert isinstance(told, RollbackTried), told
    assert [(item.trouble, item.phase, item.what) for item in told.troubles] == list(wanted), told.troubles
    assert decode(RollbackTried, encode(told)) == told


def test_there_is_a_way_back_from_a_version_that_only_adds(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST, WELL)
    run, told = drilled(shop, replace(REHEARSAL, objective=300))
    assert (run.outcome, run.left) == (DrillOutcome.PROVEN, ())
    found(told)
    assert isinstance(told, RollbackTried)
    assert told.migrations == ("shop.0002_next",) and told.irreversible == () and not told.reversed
    assert [item.phase for item in told.phases] == list(Phase) and all(item.seconds > 0 for item in told.phases)
    assert (told.queue, told.version_page, told.models, told.untried, told.cut_off) == (True, True, 5, (), True)
    assert told.previous.asked == "v1" and told.current.asked == "HEAD"
    assert told.took is not None and told.objective == 300
    assert not list(_scratch.MEMORY.glob(f"prodproof-{run.id}*")), "nothing stays"
    status = (tmp_path / "shop" / ".git" / "index").stat()
    assert status.st_size > 0 and not list(shop.glob("*.sqlite3"))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> RollbackTried:
    shop = repository(tmp_path_factory.mktemp("damaged") / "shop", FIRST, DAMAGED)
    run, told = drilled(shop)
    assert run.outcome is DrillOutcome.FAILED and run.left == ()
    assert isinstance(told, RollbackTried)
    return told


def test_a_dropped_column_is_found(damaged: RollbackTried) -> None:
    (one,) = [item for item in damaged.troubles if item.what == "shop.Profile" and item.trouble is Trouble.UNREADABLE]
    assert one.phase is Phase.PREVIOUS and "no such column: shop_profile.picture" in one.detail


def test_a_renamed_column_is_found(damaged: RollbackTried) -> None:
    (one,) = [item for item in damaged.troubles if item.what == "shop.Order" and item.trouble is Trouble.UNREADABLE]
    assert one.phase is Phase.PREVIOUS and "total" in one.detail


def test_a_new_column_that_must_not_be_empty_is_found(damaged: RollbackTried) -> None:
    (one,) = [item for item in damaged.troubles if item.what == "shop.Customer"]
    assert (one.trouble, one.phase) == (Trouble.UNWRITABLE, Phase.PREVIOUS)
    assert "NOT NULL constraint failed: shop_customer.points" in one.detail


def test_a_job_that_the_previous_version_cannot_read_is_found(damaged: RollbackTried) -> None:
    (one,) = [item for item in damaged.troubles if item.trouble is Trouble.QUEUE]
    assert (one.phase, one.what) == (Phase.PREVIOUS, "work") and "KeyError" in one.detail
    assert damaged.queue is False


def test_a_migration_without_a_way_back_is_found_where_the_way_back_is_to_undo_it(tmp_path: Path) -> None:
    one_way = {"shop/migrations/0002_next.py": migration("migrations.RunPython(lambda apps, editor: None)")}
    shop = repository(tmp_path / "shop", FIRST, one_way)
    run, told = drilled(shop, replace(REHEARSAL, reverse=True))
    assert run.outcome is DrillOutcome.FAILED and "RunPython" in run.detail
    found(told, (Trouble.IRREVERSIBLE, Phase.UPGRADE, "shop.0002_next"))


def test_migrations_are_undone_where_that_is_the_way_back(tmp_path: Path) -> None:
    next_one = {
        "shop/models.py": WITH_NOTE.replace("total = ", "amount = "),
        "shop/migrations/0002_next.py": migration(NOTE, INVOICE, 'migrations.RenameField("Order", "total", "amount")'),
    }
    shop = repository(tmp_path / "shop", FIRST, next_one)
    run, told = drilled(shop, replace(REHEARSAL, reverse=True))
    assert run.outcome is DrillOutcome.PROVEN, run.detail
    found(told)
    assert isinstance(told, RollbackTried) and told.reversed


def test_a_migration_that_can_be_undone_only_without_data_is_found(tmp_path: Path) -> None:
    next_one = {
        "shop/models.py": MODELS.replace("models.UUIDField()", "models.UUIDField(null=True)"),
        "shop/migrations/0002_next.py": migration(
            'migrations.AlterField("Profile", "picture", models.UUIDField(null=True))'
        ),
    }
    shop = repository(tmp_path / "shop", FIRST, next_one)
    run, told = drilled(shop, replace(REHEARSAL, reverse=True))
    assert run.outcome is DrillOutcome.FAILED and isinstance(told, RollbackTried)
    (one,) = told.troubles
    assert (one.trouble, one.phase) == (Trouble.IRREVERSIBLE, Phase.ROLLBACK) and "NOT NULL" in one.detail


def test_a_version_that_does_not_start_is_found(tmp_path: Path) -> None:
    broken = {"wsgi.py": "import nothing_of_the_kind\n" + WSGI}
    shop = repository(tmp_path / "shop", FIRST, {**WELL, **broken})
    run, told = drilled(shop)
    assert run.outcome is DrillOutcome.FAILED
    assert isinstance(told, RollbackTried)
    assert told.troubles[0].trouble in (Trouble.NOT_STARTED, Trouble.UNHEALTHY)
    assert told.troubles[0].phase is Phase.CURRENT and "could not be loaded" in told.troubles[0].detail


def test_a_previous_version_that_is_not_well_on_the_newer_tables_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "START_SECONDS", 5.0)
    gone = {
        "shop/models.py": MODELS.replace("class Order(", "class Purchase("),
        "shop/migrations/0002_next.py": migration('migrations.RenameModel("Order", "Purchase")'),
        "urls.py": FIRST["urls.py"].replace("Order", "Purchase"),
    }
    shop = repository(tmp_path / "shop", FIRST, gone)
    run, told = drilled(shop)
    assert run.outcome is DrillOutcome.FAILED
    found(told, (Trouble.UNHEALTHY, Phase.ROLLBACK, "/healthz"))


def test_rows_that_a_migration_loses_are_found(tmp_path: Path) -> None:
    code = "def lose(apps, editor):\n    apps.get_model('shop', 'Profile').objects.all().delete()\n"
    lossy = {"shop/migrations/0002_next.py": migration(NOTE, "migrations.RunPython(lose)", code=code),
             "shop/models.py": WITH_NOTE.partition("\nclass Invoice")[0]}  # fmt: skip
    shop = repository(tmp_path / "shop", FIRST, lossy)
    run, told = drilled(shop)
    assert run.outcome is DrillOutcome.FAILED
    found(told, (Trouble.LOST, Phase.CURRENT, "shop.Profile"))


def test_a_migration_that_fails_is_found(tmp_path: Path) -> None:
    code = "def fail(apps, editor):\n    raise ValueError('no')\n"
    shop = repository(
        tmp_path / "shop",
        FIRST,
        {"shop/migrations/0002_next.py": migration("migrations.RunPython(fail)", code=code)},
    )
    run, told = drilled(shop)
    assert run.outcome is DrillOutcome.FAILED and "ValueError" in run.detail
    assert isinstance(told, RollbackTried)
    assert {item.trouble for item in told.troubles} == {Trouble.MIGRATION}


def test_what_cannot_be_installed_is_found(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST, WELL)
    fails = ("sh", "-c", "echo 'no such package: nothing' >&2; exit 1")
    run, told = drilled(shop, replace(REHEARSAL, prepare=fails))
    assert run.outcome is DrillOutcome.FAILED
    found(told, (Trouble.NOT_PREPARED, Phase.BEFORE, "previous"))
    assert isinstance(told, RollbackTried) and told.troubles[0].detail == "no such package: nothing"


def test_what_is_installed_in_the_checkout_is_what_runs(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST, {"urls.py": FIRST["urls.py"].replace("well", "fine")})
    makes = ("sh", "-c", f'printf "#!/bin/sh\nexec {PYTHON} "\\$@"\n" > python && chmod +x python')
    changes = {"prepare": makes, "manage": ("{checkout}/python", "manage.py"), "enqueue": (), "run_job": ()}
    run, told = drilled(shop, replace(REHEARSAL, **changes))  # type: ignore[arg-type]  # fields of it
    assert run.outcome is DrillOutcome.PROVEN, run.detail
    found(told)


def test_a_version_page_that_names_another_version_is_found(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST, {"urls.py": FIRST["urls.py"].replace('["SHOP_VERSION"]', '["LANG"]')})
    run, told = drilled(shop, replace(REHEARSAL, variables=(*REHEARSAL.variables, ("LANG", "C.UTF-8"))))
    assert run.outcome is DrillOutcome.FAILED
    found(told, (Trouble.WRONG_VERSION, Phase.CURRENT, "/version"))


def test_settings_that_lead_elsewhere_stop_it_before_anything_is_touched(tmp_path: Path) -> None:
    elsewhere = tmp_path / "production.sqlite3"
    elsewhere.touch(mode=0o666)
    fixed = SETTINGS.replace('os.environ["SHOP_FILE"]', repr(str(elsewhere)))
    shop = repository(tmp_path / "shop", {**FIRST, "settings.py": fixed}, WELL)
    run, told = drilled(shop)
    assert (run.outcome, run.reason) == (DrillOutcome.NOT_PROVEN, Reason.NOT_PERMITTED)
    assert isinstance(told, Unseen) and "not the scratch one" in told.detail
    assert elsewhere.stat().st_size == 0


def test_a_previous_version_that_never_worked_proves_nothing(tmp_path: Path) -> None:
    broken = {**FIRST, "settings.py": "import nothing_of_the_kind\n"}
    shop = repository(tmp_path / "shop", broken, {"settings.py": SETTINGS})
    run, told = drilled(shop)
    assert run.outcome is DrillOutcome.NOT_PROVEN
    assert isinstance(told, Unseen) and "does not run even by itself" in told.detail


def test_a_copy_of_real_data_is_what_it_begins_with(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST, WELL)
    copy = shop / "copy.sqlite3"
    with closing(sqlite3.connect(copy)) as link:
        link.execute("CREATE TABLE other (id integer)")
        link.commit()
    before = copy.read_bytes()
    run, told = drilled(shop, replace(REHEARSAL, copy_of="copy.sqlite3"))
    assert run.outcome is DrillOutcome.PROVEN and isinstance(told, RollbackTried) and told.copied
    assert copy.read_bytes() == before


@pytest.mark.skipif(program("initdb") is None, reason="PostgreSQL is not installed")
def test_the_same_on_postgresql(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST, DAMAGED)
    run, told = drilled(shop, POSTGRES)
    assert run.outcome is DrillOutcome.FAILED and run.left == ()
    assert isinstance(told, RollbackTried)
    by = {(item.trouble, item.what): item.detail for item in told.troubles}
    assert "column shop_profile.picture does not exist" in by[Trouble.UNREADABLE, "shop.Profile"]
    assert 'null value in column "points"' in by[Trouble.UNWRITABLE, "shop.Customer"]
    assert "Failing row" not in str(told), "no values"
    assert (Trouble.QUEUE, "work") in by


@pytest.mark.skipif(program("initdb") is None, reason="PostgreSQL is not installed")
def test_a_dump_is_what_it_begins_with_and_one_that_is_cut_off_proves_nothing(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST, WELL)
    whole = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE other (id integer);\n"
    (shop / "shop.sql").write_text(f"{whole}\n--\n-- PostgreSQL database dump complete\n--\n\n")
    run, told = drilled(shop, replace(POSTGRES, copy_of="shop.sql", enqueue=(), run_job=()))
    assert run.outcome is DrillOutcome.PROVEN, run.detail
    assert isinstance(told, RollbackTried) and told.copied and told.database == "postgresql" and told.queue is None
    (shop / "shop.sql").write_text(whole)
    run, told = drilled(shop, replace(POSTGRES, copy_of="shop.sql"))
    assert run.outcome is not DrillOutcome.PROVEN and isinstance(told, Unseen) and run.left == ()


@pytest.mark.parametrize("then", ["resume", "undo"])
@pytest.mark.skipif(program("initdb") is None, reason="PostgreSQL is not installed")
def test_after_a_kill_it_goes_on_or_back_and_leaves_nothing(tmp_path: Path, then: str) -> None:
    def cut(number: int, when: str) -> None:
        if len(first.acted) and first.acted[-1] == "do upgrade" and when == "acted":
            raise CutError

    shop = repository(tmp_path / "shop", FIRST, WELL)
    first, id = Memory(cut=cut), f"rollback-{secrets.token_hex(4)}"
    plan = planned(shop, POSTGRES)
    with pytest.raises(CutError):
        conducted(plan, first, id).forward()
    place = _scratch.MEMORY / f"prodproof-{id}"
    server = ScratchCluster(place / "data" / "pg", place / "data" / "pg" / "data", cut_off())
    assert place.exists() and server.pids
    server.stop()  # as after a restart of the machine
    if then == "resume":
        run = conducted(plan, first.again(), id).forward()
        assert run.outcome is DrillOutcome.PROVEN, run.detail
    else:
        run = undone(plan, first, id=id)
        assert run.outcome is DrillOutcome.NOT_PROVEN
    assert run.left == () and not place.exists() and not server.pids


def test_what_it_is_not_told_it_does_not_begin(tmp_path: Path) -> None:
    assert isinstance(maybe_planned(tmp_path, None), Unseen)
    wrong = maybe_planned(tmp_path, replace(REHEARSAL, variables=(("A", "{secret}"),)))
    assert isinstance(wrong, Unseen) and "{secret}" in wrong.detail
    alone = maybe_planned(tmp_path, replace(REHEARSAL, run_job=()))
    assert isinstance(alone, Unseen) and "together" in alone.detail
    plan = planned(tmp_path, replace(REHEARSAL, copy_of="away.sqlite3", manage=("/nowhere/python", "manage.py")))
    assert plan.subject == Subject("app", "acme/shop#staging") and rollback.fact is RollbackTried
    lacking = list(plan.exercise.lacks(World(declared=plan.declared, now=None)))  # type: ignore[arg-type]  # no clock
    assert lacking == ["git is not installed", "there is no file away.sqlite3", "there is no program /nowhere/python"]


def test_without_a_version_before_it_nothing_is_proven(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", FIRST)
    run, told = drilled(shop)
    assert run.outcome is DrillOutcome.NOT_PROVEN and isinstance(told, Unseen)
    assert run.left == ()
