"""Rotates a login and kills itself with SIGKILL at a chosen moment; run as a program of its own.

    python -m tests.drills.rotation_cutting FOLDER <<< '{"system": …, "cuts": [{"name": "do store", …}, …]}'

As `tests.drills.cutting`, on a shop whose server and application run elsewhere. For each cut one line of JSON: how the
rotation came to its end, who can log in then, and what is left.
"""

import json
import os
import random
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodproof.drills.drill import Plain
from prodproof.facts.codec import decode
from prodproof.facts.declared import Declared
from prodproof.runner.conduct import Conductor, Place
from prodproof.runner.durable import Durable, Record
from tests.drills.cutting import LOADED, die, forked
from tests.drills.rotations import order, planned

assert LOADED  # what takes long to load is there before the fork


def cut_at(seed: int, cut: dict[str, Any]) -> None:
    """Let this process die at the record of a name: `before` it, once it has `acted`, `after` it, or `within`."""
    real = Durable.once

    def once(self: Durable, place: str, name: str, id: str, act: Callable[[], Plain]) -> Record:
        mine = name == cut["name"]
        if mine and cut["when"] == "before":
            die()
        if mine and cut["when"] == "within":
            threading.Timer(random.Random(seed).uniform(0, 0.3), die).start()

        def acted() -> Plain:
            value = act()
            if mine and cut["when"] == "acted":
                die()
            return value

        record = real(self, place, name, id, acted)
        if mine and cut["when"] == "after":
            die()
        return record

    Durable.once = once  # type: ignore[method-assign]  # only here


def carry_out(place: Place, system: Declared, what: str, id: str) -> dict[str, Any]:
    """Begin, resume or undo the rotation, and say how it ended."""
    plan = planned(system)
    with Conductor(place, what) as conductor:
        stored = conductor.store.run(id)
        if what == "begin":
            workflow: str | None = conductor.begin(order(plan, id), plan, datetime.now(UTC))
        elif stored is None or stored.finished:
            return {"state": "ended before"}
        elif what == "resume":
            workflow = conductor.resume(id, datetime.now(UTC), trusted=True)
        else:
            workflow = conductor.undo(id, "ben")
        assert workflow is not None
        while (ended := conductor.wait(workflow, 1)) is False:
            pass
        return {"state": str(ended)}


def world(place: Place, folder: Path, id: str) -> dict[str, Any]:
    """What is known of it, and what there is in the world."""
    import psycopg

    store = place.store()
    stored = store.run(id)
    result = None if stored is None or stored.result is None else dict(stored.result)
    unfinished = [item.id for item in store.unfinished()]
    store.close()
    with psycopg.connect((folder / "admin").read_text()) as link:
        users = link.execute(b"SELECT rolname FROM pg_roles WHERE rolname ~ '^shop_[ab]$' AND rolcanlogin").fetchall()
    login = (folder / "login").read_text().partition("://")[2].partition(":")[0]
    psycopg.connect((folder / "login").read_text().strip()).close()
    notes = [item.name for item in folder.glob("*prodproof-rotation")]
    return {
        "valid": [row[0] for row in users], "login": login, "notes": notes, "unfinished": unfinished, "result": result,
    }  # fmt: skip


def main(folder: Path) -> None:
    """Make the cuts that standard input asks for."""
    asked = json.load(sys.stdin)
    system = decode(Declared, asked["system"])
    for number, cut in enumerate(asked["cuts"]):
        place = Place("shop", folder / f"state{number}", {"PRODPROOF_KEY_DIR": str(folder / "keys")})
        id = f"rotate-0101-{number:02x}{os.urandom(2).hex()}"
        killed = forked(lambda: carry_out(place, system, "begin", id), lambda: cut_at(number, cut)) is None  # noqa: B023
        ended = forked(lambda: carry_out(place, system, cut["then"], id))  # noqa: B023
        now = forked(lambda: world(place, folder, id))  # noqa: B023
        print(json.dumps({"cut": cut, "killed": killed, "ended": ended, **now}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
