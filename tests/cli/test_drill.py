"""`prodproof drill` and `prodproof record approve`: what people type, what they read, exit codes, Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodproof.cli import drilling
from prodproof.drills import drill as room
from prodproof.runner import conduct
from tests.cli.conftest import Command, Ran
from tests.drills.exercises import DRILLS, book, processes

SYSTEM_FILE = """\
version = 1
name = "shop"

[[environment]]
name = "staging"
kind = "staging"
allow = ["drills"]

[[environment]]
name = "production"

[[data_store]]
name = "shop"
kind = "files"
environment = "staging"

[[data_store]]
name = "orders"
kind = "files"
environment = "production"
allow = ["drills"]

[[person]]
id = "ana"
roles = ["on-call"]
keys = ["{ana}"]

[[person]]
id = "ben"
keys = ["{ben}"]
"""
NO_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPkeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKe"


@pytest.fixture(autouse=True)
def drills(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for module in (room, conduct, drilling):
        monkeypatch.setattr(module, "registered", lambda: DRILLS)
    monkeypatch.delenv("PRODPROOF_PERSON", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prodproof.toml").write_text(SYSTEM_FILE.format(ana=NO_KEY, ben=NO_KEY))
    yield
    for pid in processes("", tmp_path):
        os.kill(pid, signal.SIGKILL)


def run(prodproof: Command, name: str = "deliver", *more: str) -> Ran:
    return prodproof("drill", "run", name, "--env", "staging", "--yes", "--trust", *more)


def id_of(ran: Ran) -> str:
    found = re.search(r"[a-z]+-\d{4}-[0-9a-f]{6}", ran.out)
    assert found, ran
    return found[0]


def test_the_list_says_what_each_can_be_about(prodproof: Command) -> None:
    ran = prodproof("drill", "list", "--env", "staging")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        "deliver          Something is delivered, and put back.\n                 on store:shop\n"
    )


def test_a_plan_says_what_is_touched_and_how_it_is_undone_and_does_nothing(prodproof: Command, tmp_path: Path) -> None:
    ran = prodproof("drill", "plan", "burn", "--env", "staging")
    assert (ran.code, ran.err) == (0, "")
    assert re.sub(r"plan [0-9a-f]{64}", "plan DIGEST", ran.out) == (
        "burn on store:shop, staging: A step in the middle cannot be undone, and the one after it fails.\n"
        "  touches       store:shop\n"
        "  at most       3 min\n"
        "  blast radius  a wood\n"
        "   1  wood                     write a line into the book\n"
        "                               undo: strike the line, only if something breaks; within 20 s\n"
        "   2  tent                     write a line into the book\n"
        "                               undo: strike the line, always; within 20 s\n"
        "   3  fire                     burn it\n"
        "                               cannot be undone: ashes stay ashes; within 60 s\n"
        "   4  after                    write a line into the book\n"
        "                               undo: strike the line, only if something breaks; within 20 s\n"
        "   5  phoenix                  rise\n"
        "                               undo: nothing, always; within 60 s\n"
        "plan DIGEST\n"
        "not now: drills run only with your trust: prodproof trust, or --trust\n"
    )
    assert not (tmp_path / ".prodproof").exists() and book(tmp_path) == []
    people = prodproof("drill", "plan", "ask", "--env", "staging", "--trust").out
    assert "a person, ana; within 30 s, objective 20 s" in people and "not now" not in people


def test_a_drill_is_run_followed_and_told(prodproof: Command, tmp_path: Path) -> None:
    ran = run(prodproof, "deliver", "--as", "ana")
    assert (ran.code, ran.err) == (0, "")
    told = ran.out[ran.out.index("Ctrl-C") :].splitlines()
    assert [line.split()[:2] for line in told[1:11]] == [
        ["✓", "site,"], ["✓", "first"], ["✓", "fill"], ["✓", "start-process"], ["✓", "scratch"], ["✓", "last"],
        ["↩", "scratch"], ["↩", "start-process"], ["↩", "fill"], ["✓", "site,"],
    ]  # fmt: skip
    assert told[11].startswith("proven: 5 steps were carried out and proved; steady in ")
    id = id_of(ran)
    assert [line.rpartition(".")[2] for line in book(tmp_path)] == ["first", "last"]
    status = prodproof("drill", "status", "--env", "staging")
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d  {id} +proven\n", status.out)
    one = prodproof("drill", "status", id, "--env", "staging")
    assert "✓ fill" in one.out and "proven: 5 steps" in one.out
    page = prodproof("drill", "status", id, "--env", "staging", "--markdown")
    assert page.out.startswith("# Drill deliver on store:shop: proven\n") and "Ordered by ana." in page.out


def test_a_drill_that_fails_is_1_and_one_that_is_not_proven_3(prodproof: Command, tmp_path: Path) -> None:
    refused = run(prodproof, "burn")
    assert refused.code == 2 and "fire cannot be undone; --irreversible says that you accept it" in refused.err
    failed = run(prodproof, "burn", "--irreversible")
    assert failed.code == 1 and "failed: phoenix: it did not rise" in failed.out
    (tmp_path / "down").touch()
    unsteady = run(prodproof)
    assert unsteady.code == 3
    assert "not proven (incomplete): not begun, for it was not steady: site: it is down" in unsteady.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("drill", "run", "gone", "--env", "staging"), "there is no drill gone; there are: deliver, burn, ask"),
        (("drill", "plan", "deliver", "--env", "staging", "--at", "noon"), "--at noon: expected a moment, as 2026-"),
        (("drill", "run", "deliver", "--env", "staging", "--at", "2999-01-01T00:00Z"), "does not lie in the past"),
        (
            ("drill", "plan", "deliver", "--env", "staging", "--at", "2026-01-01 12:00"),
            "deliver cannot be carried out on store:shop: deliver cannot be asked for a moment",
        ),
        (("drill", "plan", "deliver", "--env", "staging", "--on", "store:x"), "say what it is about with --on; there"),
        (("drill", "run", "deliver", "--env", "staging", "--trust"), "there is no terminal to ask on; say --yes"),
        (("drill", "run", "deliver", "--env", "staging", "--yes"), "drills run only with your trust"),
        (("drill", "run", "deliver", "--env", "staging", "--yes", "--trust", "--as", "zoe"), "--as zoe: no [[person]]"),
        (("drill", "resume", "--env", "staging"), "no drill is unfinished; prodproof drill status"),
        (("drill", "undo", "x-1", "--env", "staging"), "there is no drill x-1"),
        (("drill", "status", "x-1", "--env", "staging"), "there is no drill x-1"),
        (("drill", "answer", "x-1", "call", "done", "--env", "staging"), "there is no drill x-1"),
        (("drill", "answer", "x-1", "call", "maybe", "--env", "staging"), "an answer is one of done, failed, cannot"),
        (("drill", "list", "https://shop.example"), "drills are for a declared system"),
    ],
)  # fmt: skip
def test_wrong_use_is_2_and_one_line(prodproof: Command, arguments: tuple[str, ...], says: str) -> None:
    ran = prodproof(*arguments)
    assert ran.code == 2 and says in ran.err, ran
    assert "Traceback" not in ran.err


def test_no_drill_yet(prodproof: Command) -> None:
    assert (
        prodproof("drill", "status", "--env", "staging").out == "no drill was carried out yet: prodproof drill list\n"
    )


# ---- as processes


def started(tmp_path: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "tests.drills.command", "drill", *arguments, "--env", "staging", "--state",
         str(tmp_path / "state")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
        start_new_session=True,
    )  # fmt: skip


def until(child: "subprocess.Popen[str]", text: str) -> str:
    """What it prints up to a line that holds a text."""
    said = ""
    assert child.stdout is not None
    for line in child.stdout:
        said += line
        if text in line:
            return said
    raise AssertionError(f"it ended: {said}{child.stderr.read() if child.stderr else ''}")


def state(prodproof: Command, tmp_path: Path, *arguments: str) -> Ran:
    return prodproof("drill", *arguments, "--env", "staging", "--state", str(tmp_path / "state"))


def test_ctrl_c_stops_it_at_a_safe_point_and_says_how_to_go_on(prodproof: Command, tmp_path: Path) -> None:
    child = started(tmp_path, "run", "ask", str(tmp_path), "--yes", "--trust", "--as", "ana")
    said = until(child, "prodproof drill answer")
    id = re.findall(r"ask-\d{4}-[0-9a-f]{6}", said)[0]
    running = state(prodproof, tmp_path, "status", id)
    assert (
        "under way at call, by " in running.out
        and f"prodproof drill answer {id} call done|failed|cannot" in running.out
    )
    assert f"back:   prodproof drill undo {id}" in running.out and "resume" not in running.out
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, out + err
    assert f"go on:  prodproof drill resume {id}" in err and f"back:   prodproof drill undo {id}" in err
    assert "stopping after this step" in err
    stopped = state(prodproof, tmp_path, "status")
    assert "stopped by ana while under way at call" in stopped.out
    undone = state(prodproof, tmp_path, "undo")
    assert undone.code == 3 and "not proven (incomplete): undone, as account " in undone.out, undone
    assert book(tmp_path) == []


def test_killed_it_is_resumed_and_answered(prodproof: Command, tmp_path: Path) -> None:
    child = started(tmp_path, "run", "ask", str(tmp_path), "--yes", "--trust", "--as", "ana")
    id = re.findall(r"ask-\d{4}-[0-9a-f]{6}", until(child, "prodproof drill answer"))[0]
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate(timeout=60)
    again = started(tmp_path, "resume", id, "--system", str(tmp_path), "--trust", "--as", "ben")
    until(again, "prodproof drill answer")
    for arguments, says in (
        ((id, "other", "done"), f"{id} does not wait for other; it waits for call"),
        ((id, "call", "done", "--as", "ben"), "call is to be answered by ana; say who you are with --as PERSON"),
    ):
        refused = state(prodproof, tmp_path, "answer", *arguments)
        assert refused.code == 2 and says in refused.err
    answered = state(prodproof, tmp_path, "answer", id, "call", "done", "--as", "ana", "--note", "she knows")
    assert answered.out == f"{id} call: done, says ana\n"
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, out + err
    assert "interrupted once, and gone on with" in out
    assert [line.rpartition(".")[2] for line in book(tmp_path)] == ["before", "after"]
    twice = state(prodproof, tmp_path, "answer", id, "call", "done", "--as", "ana")
    assert twice.code == 2 and "does not wait for call" in twice.err


def test_one_that_runs_is_told_to_go_back(prodproof: Command, tmp_path: Path) -> None:
    child = started(tmp_path, "run", "ask", str(tmp_path), "--yes", "--trust", "--as", "ana")
    id = re.findall(r"ask-\d{4}-[0-9a-f]{6}", until(child, "prodproof drill answer"))[0]
    busy = state(prodproof, tmp_path, "resume", id)
    assert busy.code == 2 and "is being carried out by" in busy.err
    other = state(prodproof, tmp_path, "run", "deliver", "--yes", "--trust")
    assert other.code == 2 and f"store:shop is held by the drill {id}" in other.err
    undone = state(prodproof, tmp_path, "undo", id, "--as", "ben")
    assert undone.code == 3 and f"{id} is told to go back; waiting for it" in undone.out
    assert "undone, as ben wanted" in undone.out
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 3 and "undone, as ben wanted" in out and book(tmp_path) == []


# ---- production


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")
def test_production_needs_two_persons(prodproof: Command, tmp_path: Path) -> None:
    public = {}
    for name in ("ana", "ben"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
        public[name] = " ".join((tmp_path / f"{name}.pub").read_text().split()[:2])
    (tmp_path / "prodproof.toml").write_text(SYSTEM_FILE.format(**public))
    ordering = ("drill", "run", "deliver", "--yes", "--trust", "--as", "ana")
    approving = ("record", "approve", "deliver", "--author", "ana", "--yes")
    assert "sign the order with --key FILE" in prodproof(*ordering).err
    alone = prodproof(*ordering, "--key", "ana")
    assert alone.code == 2 and "production needs two persons: nobody has approved plan" in alone.err
    assert "prodproof record approve deliver --on store:orders --author ana --as THEIR-ID" in alone.err
    own = prodproof(*approving, "--as", "ana", "--key", "ana")
    assert own.code == 2 and "the author cannot approve a plan of their own" in own.err
    forged = prodproof(*approving, "--as", "ben", "--key", "ana")
    assert forged.code == 2 and "none of the keys that the system file has for ben" in forged.err
    approved = prodproof(*approving, "--as", "ben", "--key", "ben")
    assert approved.code == 0 and "approved by ben until " in approved.out
    ran = prodproof(*ordering, "--key", "ana")
    assert ran.code == 0, ran
    page = prodproof("drill", "status", id_of(ran), "--markdown").out
    assert "Ordered by ana, approved by ben." in page
    again = prodproof(*ordering, "--key", "ana")
    assert again.code == 2 and "nobody has approved" in again.err, "an approval is for one run"
    carried = prodproof(*approving, "--as", "ben", "--key", "ben", "-o", "approval.json", "--days", "2")
    assert carried.code == 0
    assert prodproof(*ordering, "--key", "ana", "--approval", "approval.json").code == 0
    spent = prodproof(*ordering, "--key", "ana", "--approval", "approval.json")
    assert spent.code == 2 and "this approval was used for an earlier run" in spent.err
    assert prodproof(*ordering, "--key", "ana", "--approval", "prodproof.toml").code == 2


def test_a_drill_that_was_begun_says_itself_in_which_environment_it_is(prodproof: Command, tmp_path: Path) -> None:
    file = tmp_path / "prodproof.toml"
    text = file.read_text().replace('name = "production"', 'name = "test"\nkind = "staging"')
    file.write_text(text.replace('environment = "production"', 'environment = "test"'))
    ran = run(prodproof, "deliver", "--queue")
    assert ran.code == 0 and "which environment?" in prodproof("drill", "plan", "deliver").err
    assert f"{id_of(ran)}  " in prodproof("drill", "status").out
    assert f"{id_of(ran)}: proven" in prodproof("worker", "--once", "--trust").out
    assert "has come to its end" in prodproof("drill", "undo", id_of(ran)).err
    assert "has come to its end" in prodproof("drill", "resume", id_of(ran)).err
    assert "does not wait for call" in prodproof("drill", "answer", id_of(ran), "call", "done").err


def test_what_is_queued_waits_for_a_worker(prodproof: Command, tmp_path: Path) -> None:
    ran = run(prodproof, "deliver", "--queue")
    id = id_of(ran)
    assert ran.out.endswith(f"{id} waits for prodproof worker; see prodproof drill status {id}\n") and ran.code == 0
    assert book(tmp_path) == []
    assert f"{id}          ordered, waits for a worker" in prodproof("drill", "status").out
    others = prodproof("worker", "--once", "--trust", "--env", "production")
    assert others.code == 0 and id not in others.out
    worked = prodproof("worker", "--once", "--trust")
    assert worked.code == 0 and worked.out.splitlines()[1] == f"{id}: begins"
    assert worked.out.splitlines()[-1].startswith(f"{id}: proven: 5 steps were carried out and proved")
    assert len(book(tmp_path)) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--at-once", "0"], "--at-once"),
        (["nowhere"], "nowhere"),
        (["--env", "moon"], "moon"),
    ],
)
def test_a_worker_that_is_called_wrongly_says_so(prodproof: Command, arguments: list[str], says: str) -> None:
    ran = prodproof("worker", *arguments)
    assert ran.code == 2 and says in ran.err


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["drill", "--help"], ["worker", "--help"], ["verify", ".", "--only", "delivery.*"]],
    ids=lambda words: words[0] + words[-1],
)
def test_without_a_drill_nobody_pays_for_its_engine(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "prodproof.toml").write_text('version = 1\nname = "shop"\n')
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from prodproof.cli.main import run; run()", *arguments],
        env={**os.environ, "PRODPROOF_KEY_DIR": str(tmp_path / "keys")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 3), ran.stdout
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    assert "prodproof.cli.main" in loaded and not loaded & {"dbos", "sqlalchemy"}
