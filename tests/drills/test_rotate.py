"""A login of PostgreSQL is rotated under load, on a real server with a real application; and what is found is found."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from prodproof.drills._rotation_retire import none_failed
from prodproof.drills.drill import Proven, Refuted, Scene, Values
from prodproof.facts import Unseen
from prodproof.facts.declared import Declared
from prodproof.facts.drills import DrillOutcome, DrillRun, Happened
from prodproof.facts.rotations import RotationTested
from prodproof.range.processes import as_user
from prodproof.reach.world import World
from tests.drills.rotations import PASSWORD, Rotation, Shop, dropped, prepared, served
from tests.runner.drill_records import Memory
from tests.servers import login_app
from tests.servers.ports import free_port
from tests.servers.postgres import PostgresServer


@pytest.fixture
def shop(server: PostgresServer, tmp_path: Path) -> Iterator[Shop]:
    shop = prepared(server, tmp_path, "shop")
    yield shop
    dropped(shop)


def timeline(run: DrillRun) -> str:
    return "\n".join(f"{item.name}: {item.happened} {item.detail}" for item in run.timeline) + f"\n{run.detail}"


def proven(shop: Shop, system: Declared) -> RotationTested:
    """Rotate; it must be proven."""
    run, fact = Rotation(system).forward()
    assert run.outcome is DrillOutcome.PROVEN and run.left == (), timeline(run)
    assert fact.load is not None and fact.load.failed == 0 and fact.load.requests >= fact.load.wanted
    one_is_valid(shop, str(fact.new))
    return fact


def found(shop: Shop, rotation: Rotation, step: str, says: str, user: str = "shop_a") -> RotationTested:
    """Rotate; a step must find what is said, everything must be put back, and nobody have noticed."""
    run, fact = rotation.forward()
    assert (run.outcome, run.left) == (DrillOutcome.FAILED, ()), timeline(run)
    assert run.detail.startswith(f"{step}: ") and says in run.detail, timeline(run)
    (after,) = [item for item in run.timeline if item.name == "load, after"]
    assert after.happened is Happened.DONE, timeline(run)
    one_is_valid(shop, user)
    return fact


def one_is_valid(shop: Shop, user: str) -> None:
    """What must be so after any rotation."""
    assert shop.valid() == [user]
    assert shop.login.startswith(f"postgresql://{user}:")
    assert not list(shop.file.parent.glob("*prodproof-rotation"))
    psycopg.connect(shop.login).close()


def test_a_login_is_rotated_and_nobody_notices(shop: Shop, tmp_path: Path) -> None:
    with served(shop, tmp_path, load_rate=200.0, load_requests=1000) as system:
        fact = proven(shop, system)
        assert "load" not in {thread.name for thread in threading.enumerate()}, "it ended with the drill"
    assert (fact.kind, fact.old, fact.new, fact.picked_up_by) == ("postgres", "shop_a", "shop_b", "signal")
    assert fact.wrong_refused and fact.new_accepted and fact.stored and fact.used and fact.old_refused
    assert (fact.still_used, fact.came_back, fact.sessions_left, fact.missing) == (None, False, 0, ())
    assert fact.load is not None and fact.load.requests >= 1000 and fact.load.whole
    assert PASSWORD not in shop.login
    with pytest.raises(psycopg.OperationalError, match="shop_a"):
        psycopg.connect(shop.login.replace("shop_b", "shop_a"))


def test_it_goes_back_and_forth_and_both_see_what_the_other_made(shop: Shop, tmp_path: Path) -> None:
    with served(shop, tmp_path) as system:
        with psycopg.connect(shop.login, autocommit=True) as link:
            link.execute("CREATE TABLE made_by_a (id int)")
        proven(shop, system)
        with psycopg.connect(shop.login, autocommit=True) as link:
            link.execute("INSERT INTO made_by_a VALUES (1)")
            link.execute("CREATE TABLE made_by_b (id int)")
        fact = proven(shop, system)
        with psycopg.connect(shop.login, autocommit=True) as link:
            link.execute("DROP TABLE made_by_a, made_by_b")
    assert (fact.old, fact.new) == ("shop_b", "shop_a")


@pytest.mark.parametrize("habit", ["each", "watches"])
def test_applications_pick_it_up_in_their_own_ways(shop: Shop, tmp_path: Path, habit: str) -> None:
    way = {"pick_up_pid_file": None} if habit == "watches" else {}
    with served(shop, tmp_path, habit, **way) as system:
        assert proven(shop, system).picked_up_by == ("waiting" if way else "signal")


def test_no_password_is_shown_to_the_server_or_to_anybody(shop: Shop, tmp_path: Path) -> None:
    shop.run("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    memory = Memory()
    with served(shop, tmp_path) as system:
        rotation = Rotation(system, memory)
        run, fact = rotation.forward()
    assert run.outcome is DrillOutcome.PROVEN, timeline(run)
    password = shop.login.split(":")[2].partition("@")[0]
    log = (shop.server.directory / "log").read_text(errors="replace")
    assert "ALTER ROLE" in log or "CREATE ROLE" in log, "the log shows statements"
    shown = f"{log} {memory.records} {run} {fact} {rotation.desk.events}"
    assert password not in shown and len(password) > 40
    shop.run("ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")


# ---- what is found


def test_requests_that_were_throttled_are_told_apart(shop: Shop, tmp_path: Path) -> None:
    with served(shop, tmp_path, load_requests=1000) as system:
        scene = Scene("rotate-0101-aa", system, system.secrets[0], World(system, datetime.now(UTC)), "requests")

    def said(requests: int, failed: int, throttled: int) -> Proven | Refuted | Unseen:
        gave: Values = {"requests": requests, "failed": failed, "failures": ["500"] * failed, "rate": 99.0}
        return none_failed(replace(scene, gave={"requests": {**gave, "throttled": throttled}}))

    enough, few, lost = said(1000, 0, 3), said(900, 0, 300), said(900, 1, 300)
    assert isinstance(enough, Proven) and "3 more were throttled" in enough.says
    assert isinstance(few, Unseen) and "300 requests were throttled" in few.detail and "load_rate" in few.detail
    assert isinstance(lost, Refuted) and isinstance(said(900, 0, 0), Refuted)


def test_an_application_that_reads_its_password_only_at_start_is_found(shop: Shop, tmp_path: Path) -> None:
    with served(shop, tmp_path, "at-start", pick_up_within=2.0) as system:
        fact = found(shop, Rotation(system), "used", "reads it only at its start")
    assert (fact.used, fact.undone, fact.old_refused) == (False, True, None)


@contextmanager
def trusting(shop: Shop, user: str) -> Iterator[None]:
    """Let somebody in with any password."""
    file = shop.server.directory / "data" / "pg_hba.conf"
    kept = file.read_text()
    file.write_text(f"host shop {user} 127.0.0.1/32 trust\n{kept}")
    shop.run("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        file.write_text(kept)
        shop.run("SELECT pg_reload_conf()")


@pytest.mark.parametrize(("user", "step"), [("shop_a", "control"), ("shop_b", "create")])
def test_trust_in_pg_hba_is_found(shop: Shop, tmp_path: Path, user: str, step: str) -> None:
    with trusting(shop, user), served(shop, tmp_path) as system:
        fact = found(shop, Rotation(system), step, "`trust` in pg_hba")
    assert fact.wrong_refused is (user != "shop_a") and not fact.stored


def test_two_valid_credentials_are_found_before_anything_is_done(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE ROLE shop_b LOGIN PASSWORD 'forgotten' IN ROLE shop_owner")
    with served(shop, tmp_path) as system:
        run, fact = Rotation(system).forward()
    assert run.outcome is DrillOutcome.FAILED and "both credentials are valid: shop_b can log in" in run.detail
    assert fact.problems and fact.new is None
    assert shop.valid() == ["shop_a", "shop_b"], "nothing was touched"


def after_record(memory: Memory, name: str, act: Callable[[], None]) -> None:
    """Do something as soon as a record is written."""
    memory.cut = lambda number, when: act() if when == "after" and memory.records[-1][0] == name else None


def test_a_retired_credential_that_is_valid_again_is_found(shop: Shop, tmp_path: Path) -> None:
    memory = Memory()
    after_record(memory, "prove retire", lambda: shop.run(f"ALTER ROLE shop_a LOGIN PASSWORD '{PASSWORD}'"))
    with served(shop, tmp_path) as system:
        fact = found(shop, Rotation(system, memory), "refused", "both credentials are valid")
    assert fact.old_refused is False


def test_sessions_that_live_on_are_found_and_ended(shop: Shop, tmp_path: Path) -> None:
    memory, seen = Memory(), []
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop_a' AND application_name = 'shop'"
    after_record(memory, "prove pick-up", lambda: seen.append(shop.rows(count)[0][0]))
    with served(shop, tmp_path, "stubborn") as system:
        # Somebody has four connections, and keeps them whatever the file says.
        rotation = Rotation(system, memory)
        held = [psycopg.connect(shop.login, application_name="shop") for _ in range(2)]
        run, fact = rotation.forward()
    assert run.outcome is DrillOutcome.PROVEN, timeline(run)
    assert seen[0] > 2, "the application had been told, and they lived on"
    assert fact.lived_on is not None and fact.lived_on >= 2
    for link in held:
        with pytest.raises(psycopg.OperationalError):
            link.execute("SELECT 1")
    one_is_valid(shop, "shop_b")


def test_a_second_process_that_was_not_told_is_found_before_the_old_one_is_retired(shop: Shop, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with login_app.running(other, shop.file, "at-start") as forgotten, served(shop, tmp_path) as system:
        asked: list[int] = []
        with asking(forgotten.url, asked):
            found(shop, Rotation(system), "drain", "comes back with the old one")
    assert set(asked) == {200}, "it never noticed"


@contextmanager
def asking(url: str, statuses: list[int]) -> Iterator[None]:
    """Ask something again and again, and keep how it answered."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.02):
            statuses.append(httpx.get(url, timeout=10).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


BOUNCER = """\
[databases]
shop = host=127.0.0.1 port={server} user=shop_a password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
auth_file = {folder}/users
pool_mode = transaction
unix_socket_dir =
"""


def test_a_pooler_that_keeps_the_old_login_is_found(shop: Shop, tmp_path: Path) -> None:
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/bin")
    if program is None:
        pytest.skip("pgbouncer is not installed (Debian: pgbouncer)")
    folder = shop.server.directory  # of the user who runs the server, for it refuses to be root, too
    port, ini = free_port(), folder / "pgbouncer.ini"
    ini.write_text(BOUNCER.format(server=shop.server.port, port=port, folder=folder, password=PASSWORD))
    (folder / "users").write_text('"shop_a" "x"\n')
    bouncer = subprocess.Popen(
        [*as_user("nobody"), program, str(ini)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # The application logs in to the pooler, whatever its own login is; the pooler has one of its own.
    direct, pooled = f":{shop.server.port}/", f":{port}/"
    try:
        opens = f"postgresql://127.0.0.1{direct}shop"
        shop.file.write_text(shop.login.replace(direct, pooled) + "\n")
        wait_for(port)
        with served(shop, tmp_path, pick_up_within=2.0) as system:
            secret = replace(system.secrets[0], opens=opens)
            system = replace(system, secrets=(secret,), all_secrets=(secret,))
            run, fact = Rotation(system).forward()
    finally:
        bouncer.terminate()
        bouncer.wait(10)
    assert run.outcome is DrillOutcome.FAILED and "a pooler keeps the old one" in run.detail, timeline(run)
    assert (fact.used, run.left) == (False, ())
    assert shop.valid() == ["shop_a"]


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_tables_that_only_the_old_one_sees_are_found(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE TABLE secret_of_a (id int)", "ALTER TABLE secret_of_a OWNER TO shop_a")
    with served(shop, tmp_path) as system:
        fact = found(shop, Rotation(system), "create", "shop_b: SELECT on secret_of_a")
    assert fact.missing and "shop_b: owning secret_of_a" in fact.missing


def test_a_failing_request_undoes_it(shop: Shop, tmp_path: Path) -> None:
    memory = Memory()
    after_record(memory, "prove store", lambda: shop.run("ALTER TABLE visits RENAME TO away"))
    with served(shop, tmp_path) as system:
        run, fact = Rotation(system, memory).forward()
        assert run.outcome is DrillOutcome.FAILED and "requests failed" in run.detail, timeline(run)
    assert fact.undone and shop.valid() == ["shop_a"]


def test_what_somebody_else_writes_meanwhile_is_not_overwritten(shop: Shop, tmp_path: Path) -> None:
    memory = Memory()
    other = shop.login.replace("shop_a", "somebody")
    after_record(memory, "prove create", lambda: write(shop.file, other))
    with served(shop, tmp_path) as system:
        run, _ = Rotation(system, memory).forward()
    assert run.outcome is DrillOutcome.NOT_PROVEN and "somebody else has changed the secret" in run.detail
    assert shop.login == other


def write(file: Path, text: str) -> None:
    file.write_text(f"{text}\n")


# ---- who may do it


def test_a_role_with_createrole_can_do_it(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'k' IN ROLE pg_signal_backend, pg_read_all_stats")
    try:
        with served(shop, tmp_path) as system:
            (tmp_path / "admin").write_text(shop.url.replace("postgres:for-tests-only", "keeper:k"))
            proven(shop, system)
    finally:
        shop.run("DROP ROLE keeper")


def test_what_the_administrator_lacks_is_said_before_anything_is_done(shop: Shop, tmp_path: Path) -> None:
    shop.run("CREATE ROLE keeper LOGIN PASSWORD 'k'")
    try:
        with served(shop, tmp_path) as system:
            (tmp_path / "admin").write_text(shop.url.replace("postgres:for-tests-only", "keeper:k"))
            fact = found(shop, Rotation(system), "control", "the administrator lacks CREATEROLE")
    finally:
        shop.run("DROP ROLE keeper")
    assert [item.rpartition(" ")[2] for item in fact.problems] == [
        "CREATEROLE", "pg_signal_backend", "pg_read_all_stats",
    ]  # fmt: skip
