"""The application, started on the restored copy: it answers its health check, and reaches nothing else."""

import json
import os
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from prodproof.drills._restore_server import cluster_of, database_of
from prodproof.drills._restore_state import Findings
from prodproof.drills._restore_steps import looking, seen
from prodproof.drills.drill import Scene, Step, Values
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DataStore
from prodproof.facts.restores import DifferenceKind
from prodproof.reach import serve_alone
from prodproof.reach.cut_off import alone_with_loopback
from prodproof.reach.marked import MARK
from prodproof.reach.postgres_scratch.cluster import SUPERUSER
from prodproof.reach.process import child_environment, run

APPLICATION = "start-application"
START_SECONDS = 120.0


def application_steps(store: DataStore, limit: float) -> tuple[Step, ...]:
    """The step, where a command is declared. It is the last one: the application may write into the copy."""
    if not store.restore.application:
        return ()
    return (
        looking(
            APPLICATION,
            "start the application on the copy, without network, and ask whether it is well",
            lambda scene: _start(store, scene),
            lambda scene: seen(scene, str(scene.gave[APPLICATION]["says"])),
            min(limit, START_SECONDS + 60),
        ),
    )


def _start(store: DataStore, scene: Scene) -> Values | Unseen:
    cluster, restoring = cluster_of(scene), store.restore
    how = alone_with_loopback()
    if how is None:
        return Unseen(Reason.NOT_PERMITTED, "this machine cannot cut the application off from the network")
    database = database_of(scene)
    filled = {
        "{socket}": os.fspath(cluster.socket),
        "{database}": database,
        "{user}": SUPERUSER,
        "{url}": f"postgresql:///{quote(database)}?{urlencode({'host': cluster.socket, 'user': SUPERUSER})}",
    }
    given = {
        "command": [_filled(word, filled) for word in restoring.application],
        "environment": child_environment({name: _filled(value, filled) for name, value in restoring.variables}),
        "as_user": list(cluster.cut_off.servant),
        "url": restoring.health,
        "host": "",
        "seconds": START_SECONDS,
    }
    script = Path(serve_alone.__file__)
    done = run(
        [*how, sys.executable, "-I", script],
        timeout=START_SECONDS + 30,
        cwd=Path(scene.declared.root or "."),
        stdin=json.dumps(given).encode(),
        env={MARK: scene.key},
    )
    if isinstance(done, Unseen):
        return done
    if done.code != 0:
        return Unseen(Reason.INCOMPLETE, f"the application could not be started: {done.error_line()}")
    said = json.loads(done.stdout)
    findings, well = Findings(), said["status"] == 200
    says = f"it answers with {said['status']}" if said["status"] else "it does not answer"
    if said["ended"] is not None:
        says = f"it ended by itself, with code {said['ended']}"
    if not well:
        findings.found(DifferenceKind.APPLICATION, "application", says)
    return {**findings.plain(), "well": well, "says": says}


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text
