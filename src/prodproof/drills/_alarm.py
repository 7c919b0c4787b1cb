"""What drills about alerts have in common: the servers that are asked, and waiting for what they say."""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from prodproof.drills.drill import Scene
from prodproof.facts import Unseen
from prodproof.facts.alert_drills import AlarmTrouble
from prodproof.facts.declared import Secret as DeclaredSecret
from prodproof.reach.monitoring.alertmanager import Alertmanager
from prodproof.reach.monitoring.prometheus import Prometheus, Rule
from prodproof.reach.secrets.stores import Stores

PAUSE = 1.0
"""Seconds between two looks."""

PATIENCE = 5
"""Answers in a row that may fail before the server is taken for away."""

Found = TypeVar("Found")


def servers(scene: Scene) -> tuple[Prometheus, Alertmanager] | Unseen:
    """The declared Prometheus and Alertmanager."""
    monitoring, settings = scene.declared.monitoring, scene.world.settings
    assert monitoring.prometheus_url is not None and monitoring.alertmanager_url is not None
    credentials = None
    if monitoring.credentials is not None:
        environment = scene.declared.environment.name
        wanted = DeclaredSecret(name="monitoring", ref=monitoring.credentials, environment=environment)
        with Stores(scene.declared) as stores:
            read = stores.read(wanted)
        if isinstance(read, Unseen):
            return Unseen(read.why, f"the credentials of [monitoring]: {read.detail}")
        credentials = read
    return (
        Prometheus(monitoring.prometheus_url, settings, credentials),
        Alertmanager(monitoring.alertmanager_url, settings, credentials),
    )


def reading(rules: Iterable[Rule], metric: str) -> list[Rule]:
    """The alert rules that read a metric, also by way of rules that record."""
    rules = list(rules)
    names, size = {metric}, 0
    while len(names) > size:
        size = len(names)
        names |= {rule.name for rule in rules if not rule.alerting and _mentions(rule.query, names)}
    return [rule for rule in rules if rule.alerting and _mentions(rule.query, names)]


def _mentions(query: str, names: set[str]) -> bool:
    code = re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', '""', query)
    return not names.isdisjoint(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", code))


def waited(scene: Scene, look: Callable[[], Found | Unseen | None], until: float) -> Found | Unseen | None:
    """What a look finds, as soon as it finds something.

    Args:
        scene: of the step; when it is to end, waiting does.
        look: asked again and again; None: nothing yet.
        until: the time (seconds since 1970) after which nothing comes any more.

    Returns:
        What was found; None when nothing came; Unseen when the server stopped answering.
    """
    failed = 0
    while True:
        found = look()
        if isinstance(found, Unseen):
            failed += 1
            if failed >= PATIENCE:
                return found
        elif found is not None:
            return found
        else:
            failed = 0
        if time.time() >= until or scene.ending():
            return None
        time.sleep(PAUSE)


def with_trouble(gave: dict[str, Any], trouble: AlarmTrouble, detail: str) -> dict[str, Any]:
    """What a step gives that found something wrong."""
    return gave | {"troubles": [trouble.value], "detail": detail}


def receivers(alertmanager: Alertmanager, names: Sequence[str]) -> dict[str, list[str]] | Unseen:
    """How each of these receivers notifies; an empty list where it does not."""
    routing = alertmanager.routing()
    if isinstance(routing, Unseen):
        return routing
    known = {item.name: [kind.value for kind in item.kinds] for item in routing.receivers}
    return {name: known.get(name, []) for name in names}


def was_sent(scene: Scene, alertmanager: Alertmanager, before: float, seconds: float) -> bool | None:
    """Whether more notifications have arrived than before, within so many seconds; None where nothing is counted."""

    looks = 0

    def arrived() -> bool | Unseen | None:
        nonlocal looks
        now = alertmanager.sent()
        if isinstance(now, Unseen):
            return now
        # A try is counted an instant before its failure is.
        looks = looks + 1 if now.arrived > before else 0
        return True if looks == 2 else None

    found = waited(scene, arrived, time.time() + seconds)
    return None if isinstance(found, Unseen) else bool(found)
