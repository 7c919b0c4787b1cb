"""A canary is read in each declared manager, and looked for in its audit trail."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prodproof.facts import Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.declared import SecretManager
from prodproof.facts.secret_audit import CanaryRead, TrailFile
from prodproof.facts.secrets import AuditDevice
from prodproof.probes.probe import probe
from prodproof.reach.secrets.aws import AwsStore
from prodproof.reach.secrets.store import SecretStore
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.secrets.trail import FileTrail
from prodproof.reach.world import World

FILE_WAIT, FILE_PAUSE = 20.0, 0.2
"""Seconds. Vault answers a request only after a device has written it down."""

CLOUD_WAIT, CLOUD_PAUSE = 900.0, 15.0
"""Seconds. CloudTrail delivers within about 5 minutes on average, usually within 15."""

NO_CANARY = Unseen(Reason.NOT_DECLARED, "no canary is declared: `canary` of [[secret_manager]] names a secret to read")
NO_TRAIL = Unseen(Reason.NOT_DECLARED, "where its audit trail is kept is not declared: `trail` of [[secret_manager]]")


@probe(CanaryRead, per=SecretManager, proof=Proof.ACTIVE, time_limit=CLOUD_WAIT + 120, needs_trust=True)
def observe(manager: SecretManager, world: World) -> Survey[CanaryRead]:
    """One observation for each declared manager. Naming a canary is the permission to read it."""
    with Stores(world.declared) as stores:
        store = stores.manager(manager)
        seen = store if isinstance(store, Unseen) else _look(manager, store, Path(world.declared.root or "."))
    return Survey(CanaryRead, (Observation(manager.subject, seen, world.now, world.vantage, Proof.ACTIVE),))


def _look(manager: SecretManager, store: SecretStore, root: Path) -> CanaryRead | Unseen:
    devices = _devices(store)
    if isinstance(devices, tuple) and not devices:
        return CanaryRead(kind=manager.kind, trail=manager.trail or "", devices=(), recorded=None)
    if manager.trail is None:
        return NO_TRAIL
    if manager.canary is None:
        return NO_CANARY
    if manager.trail.startswith("file:"):
        return _in_file(manager, store, devices, FileTrail(root / manager.trail.partition(":")[2]))
    if not isinstance(store, AwsStore):
        return Unseen(Reason.NOT_VERIFIABLE_YET, f"trails of the form {manager.trail} are not read")
    return _in_cloudtrail(manager, store, devices)


def _devices(store: SecretStore) -> tuple[AuditDevice, ...] | Unseen:
    posture = store.posture()
    return posture if isinstance(posture, Unseen) else posture.audit


def _in_file(
    manager: SecretManager, store: SecretStore, devices: tuple[AuditDevice, ...] | Unseen, trail: FileTrail
) -> CanaryRead | Unseen:
    before = trail.position()
    if isinstance(before, Unseen):
        return before
    mark = store.marked_read(manager.canary or "")
    if isinstance(mark, Unseen):
        return Unseen(mark.why, f"the canary could not be read: {mark.detail}")
    recorded, waited = poll(lambda: trail.has(mark.request, before), FILE_WAIT, FILE_PAUSE)
    file: TrailFile | Unseen = trail.protection()
    return CanaryRead(
        kind=manager.kind,
        trail=manager.trail or "",
        devices=devices,
        recorded=recorded,
        waited=waited,
        file=file,
    )


def _in_cloudtrail(
    manager: SecretManager, store: AwsStore, devices: tuple[AuditDevice, ...] | Unseen
) -> CanaryRead | Unseen:
    since = datetime.now(UTC) - timedelta(minutes=5)  # clocks differ
    mark = store.marked_read(manager.canary or "")
    if isinstance(mark, Unseen):
        return Unseen(mark.why, f"the canary could not be read: {mark.detail}")
    recorded, waited = poll(lambda: store.recorded(mark, since), CLOUD_WAIT, CLOUD_PAUSE)
    return CanaryRead(kind=manager.kind, trail=manager.trail or "", devices=devices, recorded=recorded, waited=waited)


def poll(look: Callable[[], bool | Unseen], seconds: float, pause: float) -> tuple[bool | Unseen, int]:
    """Look again and again until it is there or cannot be seen; the answer, and for how long it took in seconds."""
    begun = time.monotonic()
    while True:
        seen = look()
        gone = time.monotonic() - begun
        if seen is not False or gone > seconds:
            return seen, round(gone)
        time.sleep(pause)
