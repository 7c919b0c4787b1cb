"""Carries a drill out, strikes at a chosen moment, lets it come to its end, and looks at the world.

    python -m tests.drills.cutting FOLDER MODULE:GROUND <<< '[{"at": 3, "when": "acted", "then": "undo"}, …]'

The program loads everything once and forks for each attempt, so that a cut costs a second and not five. For each cut it
prints one line of JSON. What a cut may say:

- `at` which record, and `when`: `before` it, once it has `acted`, `after` it, or `within`, at a seeded moment of the
  `seconds` that follow;
- `strike`: `kill` (SIGKILL to the process), `everything` (to it and to PostgreSQL, all processes at once), `server`
  (PostgreSQL alone), `connection` (every connection to PostgreSQL is cut), `clock` (it leaps by `leap`), `clock and
  kill`;
- `then` how it goes on: `resume` or `undo`; `again` further cuts, of that;
- `environ` of the place, for PostgreSQL.
"""

import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dbos  # loaded before the fork
import django

from prodproof.drills.drill import Plain
from prodproof.jobs.errors import JobError
from prodproof.ledger import open_ledger
from prodproof.runner import conduct
from prodproof.runner.conduct import Conductor, Place
from prodproof.runner.durable import Durable, Record
from tests.drills.exercises import order
from tests.drills.grounds import Ground
from tests.servers.clock import leap, sleep_rightly
from tests.servers.postgres_keeper import cut_connections, kill_server

LOADED = (dbos, django, open_ledger)
WITHIN = 0.25
"""Seconds after the beginning of a record in which a cut within it falls."""


def die() -> None:
    """End like a process that the machine kills."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def strike(cut: dict[str, Any]) -> None:
    """Do to this process, or to what it depends on, what a cut says."""
    what = cut.get("strike", "kill")
    if what in ("clock", "clock and kill"):
        leap(float(cut["leap"]))
    if what in ("server", "everything"):
        kill_server(Path(cut["data"]))
    if what == "connection":
        cut_connections(cut["environ"]["PRODPROOF_DATABASE_URL"])
    if what in ("kill", "everything", "clock and kill"):
        die()


def cut_at(seed: int, cut: dict[str, Any]) -> None:
    """Let this process be struck at a certain record."""
    number, when = cut["at"], cut["when"]
    real = Durable.once
    count = 0

    def once(self: Durable, place: str, name: str, id: str, act: Callable[[], Plain]) -> Record:
        nonlocal count
        mine, count = count == number, count + 1
        if mine and when == "before":
            strike(cut)
        if mine and when == "within":
            moment = random.Random(seed).uniform(0, cut.get("seconds", WITHIN))
            threading.Timer(moment, strike, [cut]).start()

        def acted() -> Plain:
            value = act()
            if mine and when == "acted":
                strike(cut)
            return value

        record = real(self, place, name, id, acted)
        if mine and when == "after":
            strike(cut)
        return record

    Durable.once = once  # type: ignore[method-assign]  # only here


def forked(work: Callable[[], Any], cut: Callable[[], object] = lambda: None) -> Any:
    """Do something in a process of its own; None when it was killed."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            cut()
            os.write(writer, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"a process of the test failed: {status}")
    return json.loads(said) if os.WIFEXITED(status) else None


def answer(conductor: Conductor, id: str) -> None:
    """Say that it is done, to a drill that waits for a person."""
    stored = conductor.store.run(id)
    doing = {} if stored is None else stored.progress
    step = str(doing.get("step"))
    if doing.get("doing") == "waiting" and not conductor.store.said(id, "answer", step):
        conductor.store.say(id, "answer", "ana", step, "done")


def carry_out(ground: Ground, place: Place, root: Path, what: str, id: str) -> dict[str, Any]:
    """Begin, resume or undo a drill, and say how it ended."""
    plan = ground.plan(root)
    try:
        with Conductor(place, what, tools=shutil.which) as conductor:
            if what == "begin":
                made = replace(order(plan, id), target=plan.subject, declared=plan.declared)
                workflow: str | None = conductor.begin(made, plan, datetime.now(UTC))
            elif (stored := conductor.store.run(id)) is None:
                return {"state": "never ordered"}
            elif stored.finished:
                return {"state": "ended before"}
            elif what == "resume":
                workflow = conductor.resume(id, datetime.now(UTC), trusted=True)
            else:
                workflow = conductor.undo(id, "ben")
            assert workflow is not None
            while (ended := conductor.wait(workflow, 0.2)) is False:
                answer(conductor, id)
            return {"state": str(ended)}
    except JobError as error:
        return {"state": str(error)}


def ended(ground: Ground, place: Place, root: Path, what: str, id: str) -> dict[str, Any]:
    """Go on or back as a person does, who tries again as long as the server is not there yet."""
    deadline = time.monotonic() + 60
    while True:
        said: dict[str, Any] = forked(lambda: carry_out(ground, place, root, what, id))
        if said["state"] in ("True", "ended before", "never ordered") or time.monotonic() > deadline:
            return said
        time.sleep(0.3)


def world(ground: Ground, place: Place, root: Path, id: str) -> dict[str, Any]:
    """What a drill left, and what is known of it."""
    store = place.store()
    stored = store.run(id)
    result = None if stored is None or stored.result is None else dict(stored.result)
    troubles = ground.troubles(root, id, result)
    troubles += [f"{item.id} has not come to its end" for item in store.unfinished()]
    troubles += [f"left: {line}" for line in (result or {}).get("left", ())]
    if stored is not None and result is None:
        troubles.append("nobody knows what came of it")
    store.close()
    return {"troubles": troubles, "result": result}


def cut(ground: Ground, wanted: dict[str, Any], folder: Path, number: int) -> dict[str, Any]:
    """Carry a drill out, strike as `wanted` says, let it come to its end, and look at the world."""
    root = Path(tempfile.mkdtemp(dir=folder))
    place = Place(root.name, root / "state", {"PRODPROOF_KEY_DIR": str(folder / "keys"), **wanted.get("environ", {})})
    id = f"{ground.name}-0101-{number:04x}{os.urandom(3).hex()}"

    def attempt(what: str, at: dict[str, Any]) -> Any:
        return forked(lambda: carry_out(ground, place, root, what, id), lambda: cut_at(number, at))

    cuts = [attempt("begin", wanted), *(attempt(wanted["then"], again) for again in wanted.get("again", ()))]
    end = ended(ground, place, root, wanted["then"], id)
    now = forked(lambda: world(ground, place, root, id))
    return {"wanted": wanted, "cut": [said is None for said in cuts], "said": cuts, "ended": end, **now}


def ground_of(name: str) -> Ground:
    """The ground that `module:attribute` names."""
    module, _, attribute = name.partition(":")
    found: Ground = getattr(importlib.import_module(module), attribute)
    return found


def main(folder: Path, name: str) -> None:
    """Make the cuts that standard input asks for."""
    sleep_rightly()
    ground = ground_of(name)
    setattr(conduct, "registered", lambda: ground.drills)  # noqa: B010 (instead of those that users have)
    for number, wanted in enumerate(json.load(sys.stdin)):
        print(json.dumps(cut(ground, wanted, folder, number)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
