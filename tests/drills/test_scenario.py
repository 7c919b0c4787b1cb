"""Three ways of losing a data store, practised on real programs, each as its own runbook says."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills.plan import DrillPlan
from prodproof.facts import Reason, Subject, Unseen
from prodproof.facts.declared import Declared, ScenarioKind
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.runbooks import RunbookProblemKind
from prodproof.reach.compare import sqlite as comparing_sqlite
from prodproof.reach.cut_off import alone_with_loopback
from tests.drills.practising import book, git, planned, practised, with_scenario
from tests.drills.restore.restoring import Drilling, backup, declared_shop, dump, make_shop, shop_store
from tests.servers.postgres import PostgresServer

RESTART, CORRUPTION, LOSS = ScenarioKind.SERVICE_RESTART, ScenarioKind.LOGICAL_CORRUPTION, ScenarioKind.TOTAL_LOSS
alone = pytest.mark.skipif(alone_with_loopback() is None, reason="this machine cuts nobody off from the network")

SERVICE = """\
import http.server, os, signal, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *words): pass
def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
server, hung = serve(), False
def restart(*words):
    global server
    server.shutdown(); server.server_close()
    if os.path.exists("stays-away"): return
    time.sleep(1); server = serve(); open("restarted", "a").write("x")
signal.signal(signal.SIGHUP, restart)
open("pid", "w").write(str(os.getpid()))
while True: signal.pause()
"""

RESTARTING = """\
# The shop does not answer

```sh step=restart lasting irreversible="it was down anyway" repeat=safe time=30s
kill -HUP "$(cat pid)"
```
```sh prove=restart
kill -0 "$(cat pid)"
```

```person step=tell time=5m whom=on-call
Say in the channel that it is back.
```
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    """A service that goes away for a second when it is told to restart; its address."""
    (tmp_path / "service.py").write_text(SERVICE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    child = subprocess.Popen([sys.executable, "service.py", str(port)], cwd=tmp_path)
    until = time.monotonic() + 30
    while not (tmp_path / "pid").exists() and time.monotonic() < until:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/healthz"
    child.send_signal(signal.SIGKILL)
    child.wait(10)


def shop(root: Path, **store: Any) -> Declared:
    """A system with one data store and no backup."""
    return declared_shop(root, shop_store(None, None, **store))


def test_a_restart_is_followed_and_its_silence_is_counted(tmp_path: Path, service: str) -> None:
    book(tmp_path, RESTARTING)
    done = practised(with_scenario(shop(tmp_path), RESTART, health=service), {"runbook-tell": "ben"})
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.practised
    assert (tmp_path / "restarted").read_text() == "x"
    assert (fact.kind, fact.steps, fact.persons, fact.followed) == (RESTART, 1, 1, 2)
    assert fact.unanswered is not None and 0.5 < fact.unanswered < 20
    assert fact.took is not None and fact.took >= fact.unanswered
    assert (fact.authors, fact.strangers) == (("ben",), 0)
    assert (fact.followed_by, fact.unknown_followers) == (("ana", "ben"), 0)
    assert (fact.failure, fact.problems, fact.loss, fact.no_network) == ("", (), None, None)


def test_a_service_that_stays_away_is_found(tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodproof.drills.scenario.SHORTEST", 2)
    book(tmp_path, RESTARTING.partition("```person")[0])
    (tmp_path / "stays-away").touch()
    done = practised(with_scenario(shop(tmp_path), RESTART, health=service, rto=2))
    assert done.run.outcome is DrillOutcome.FAILED
    assert "the service does not answer" in done.practised.failure


def test_a_service_that_is_down_before_is_not_restarted(tmp_path: Path, service: str) -> None:
    book(tmp_path, RESTARTING)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    done = practised(with_scenario(shop(tmp_path), RESTART, health=service))
    assert done.run.outcome is DrillOutcome.NOT_PROVEN and isinstance(done.fact, Unseen)
    assert not (tmp_path / "restarted").exists()


@pytest.mark.parametrize(
    ("script", "kind"),
    [("frobnicate --now", RunbookProblemKind.PROGRAM), ("./restart.sh", RunbookProblemKind.COMMAND)],
)
def test_a_step_whose_command_does_not_exist_stops_it_before_anything_is_done(
    tmp_path: Path, service: str, script: str, kind: RunbookProblemKind
) -> None:
    book(tmp_path, f"{RESTARTING}\n[gone](gone.md)\n\n```sh step=more looks\n{script}\n```\n")
    done = practised(with_scenario(shop(tmp_path), RESTART, health=service))
    assert done.run.outcome is DrillOutcome.FAILED and not (tmp_path / "restarted").exists()
    assert {item.kind for item in done.practised.problems} == {kind, RunbookProblemKind.LINK}
    assert (done.practised.followed, done.practised.took) == (0, None)


def test_who_wrote_it_is_known_by_the_lines_of_its_steps(tmp_path: Path, service: str) -> None:
    book(tmp_path, RESTARTING.partition("```person")[0], by="ana")
    book(tmp_path, "Read this.\n\n" + RESTARTING.partition("```person")[0], by="ben")
    done = practised(with_scenario(shop(tmp_path), RESTART, health=service), by="somebody")
    assert (done.practised.authors, done.practised.strangers) == (("ana",), 0), "prose is not a step"
    assert (done.practised.followed_by, done.practised.unknown_followers) == ((), 1)
    changed = RESTARTING.replace("30s", "40s").partition("```person")[0]
    book(tmp_path, changed, by="carla")
    (tmp_path / "runbooks/database.md").write_text(changed.replace("kill -0", "kill -s 0"))
    done = practised(with_scenario(shop(tmp_path), RESTART, health=service))
    assert (done.practised.authors, done.practised.strangers) == (("ana",), 2), "a stranger, and what is not committed"


def test_without_a_history_nobody_knows_who_wrote_it(tmp_path: Path, service: str) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks/database.md").write_text(RESTARTING.partition("```person")[0])
    done = practised(with_scenario(shop(tmp_path), RESTART, health=service))
    assert done.run.outcome is DrillOutcome.PROVEN and done.practised.authors is None
    git(tmp_path, "init", "--quiet")
    assert practised(with_scenario(shop(tmp_path), RESTART, health=service)).practised.authors is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"runbook": None}, "no runbook"),
        ({"runbook": "runbooks/gone.md"}, "runbooks/gone.md cannot be read"),
        ({"runbook": "runbooks/database.md#no-heading"}, "has no heading no-heading"),
        ({"health": None}, "health = …"),
    ],
)
def test_what_is_not_declared_is_not_practised(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    book(tmp_path, RESTARTING)
    plan = planned(with_scenario(shop(tmp_path), RESTART, **{"health": "http://127.0.0.1:9/", **changes}))
    assert isinstance(plan, Unseen) and says in plan.detail


def test_steps_that_only_look_restart_nothing(tmp_path: Path) -> None:
    book(tmp_path, "```sh step=restart looks\nls\n```\n")
    plan = planned(with_scenario(shop(tmp_path), RESTART, health="http://127.0.0.1:9/"))
    assert isinstance(plan, Unseen) and "restarts nothing" in plan.detail


def test_a_scenario_keeps_other_drills_from_its_store(tmp_path: Path) -> None:
    book(tmp_path, RESTARTING)
    plan = planned(with_scenario(shop(tmp_path), RESTART, health="http://127.0.0.1:9/"))
    assert isinstance(plan, DrillPlan)
    assert plan.touches == (Subject("scenario", "shop/lost"), Subject("store", "shop"))


# ---- data


ON_THE_COPY = """\
# The database is lost

```sh step=newest looks
test -s "$PRODPROOF_COPY" && test "$(wc -l < /proc/net/dev)" = 3
```
```sh step=restore repeat=safe
cp "$PRODPROOF_COPY" "$PRODPROOF_SCRATCH/live.db"
```
```sh prove=restore
cmp "$PRODPROOF_COPY" "$PRODPROOF_SCRATCH/live.db"
```
```sh undo=restore
rm -f "$PRODPROOF_SCRATCH/live.db"
```
"""


@pytest.fixture
def small(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Declared:
    """A shop in SQLite, and a copy of it."""
    from datetime import timedelta

    monkeypatch.setattr(comparing_sqlite, "MARGIN", timedelta(0))
    for name in ("live.db", "copy.db"):
        with sqlite3.connect(tmp_path / name) as link:
            link.execute("CREATE TABLE item (id integer PRIMARY KEY, name text, updated_at text)")
            link.executemany("INSERT INTO item VALUES (?, ?, '2026-01-01')", [(n, f"item {n}") for n in range(50)])
        link.close()
    store = shop_store(None, scratch, kind="sqlite", restore={"source": "live.db"})
    return declared_shop(tmp_path, store, backup(tmp_path / "copy.db", "sqlite"))


@alone
@pytest.mark.parametrize("kind", [CORRUPTION, LOSS])
def test_data_come_back_and_the_runbook_is_followed_on_the_copy(
    tmp_path: Path, small: Declared, kind: ScenarioKind
) -> None:
    book(tmp_path, ON_THE_COPY)
    done = practised(with_scenario(small, kind, rto=600, rpo=30 * 86400))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    fact = done.practised
    assert (fact.kind, fact.steps, fact.followed, fact.failure) == (kind, 2, 2, "")
    assert fact.took is not None and fact.took > 0 and fact.loss is not None and fact.loss < 3600
    assert fact.unanswered is None


@alone
def test_a_loss_above_the_scenarios_own_objective_fails(tmp_path: Path, small: Declared) -> None:
    book(tmp_path, ON_THE_COPY)
    for name in ("live.db", "copy.db"):
        old = time.time() - 7200
        os.utime(tmp_path / name, (old, old))
    declared = with_scenario(small, LOSS, rpo=60)
    declared = replace(declared, data_stores=(replace(declared.data_stores[0], rpo=86400),))
    done = practised(declared)
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.practised.loss is not None and done.practised.loss > 60
    assert done.practised.followed == 2 and "too old" in done.practised.failure


@alone
def test_a_runbook_whose_step_fails_fails_the_scenario(tmp_path: Path, small: Declared) -> None:
    book(
        tmp_path,
        ON_THE_COPY.replace('"$PRODPROOF_SCRATCH/live.db"\n```\n```sh prove', "/nowhere/live.db\n```\n```sh prove"),
    )
    done = practised(with_scenario(small, LOSS))
    assert done.run.outcome is DrillOutcome.FAILED
    assert done.practised.failure.startswith("runbook-restore: exit code 1, line 7")
    assert (done.practised.stopped, done.practised.followed, done.practised.took) == ("restore", 1, None)


def test_without_a_backup_there_is_no_way_back(tmp_path: Path) -> None:
    book(tmp_path, ON_THE_COPY)
    plan = planned(with_scenario(shop(tmp_path), LOSS))
    assert plan == Unseen(Reason.NOT_DECLARED, 'no [[backup]] says store = "shop"')


@alone
def test_psql_in_a_runbook_means_the_copy(
    tmp_path: Path, scratch: Path, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_shop(server, "scenario")
    monkeypatch.setenv("SHOP_URL", url)
    path = dump(url, tmp_path / "shop.dump", "-Fc")
    declared = Drilling(tmp_path, scratch).system(path)
    book(
        tmp_path,
        "# Lost\n\n```sh step=count looks\n"
        'test "$(psql -XAtqc "SELECT count(*) FROM customer")" = 200\n'
        'test "$(psql -XAtqc "SHOW listen_addresses")" = ""\n```\n',
    )
    done = practised(with_scenario(declared, LOSS, rpo=600))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    assert done.practised.followed == 1 and done.practised.loss is not None
