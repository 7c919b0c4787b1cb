"""Whether production's own credentials could take a backup away: tried on an object that is good for nothing."""

from prodproof.facts import Observation, Proof, Reason, Survey, Unseen
from prodproof.facts.backup_places import CanaryKept
from prodproof.facts.declared import Backup, Permission
from prodproof.probes.probe import probe
from prodproof.reach.backups.canary import UNTRIED, canary_kept
from prodproof.reach.world import World

_BUCKETS = ("s3", "restic", "pgbackrest")


@probe(CanaryKept, per=Backup, proof=Proof.ACTIVE, time_limit=120, needs_trust=True)
def observe(backup: Backup, world: World) -> Survey[CanaryKept]:
    """One observation for each declared backup.

    Nothing is sent unless the backup allows it. That the object can be put there with the backup's own credentials, or
    production's, is the proof that the place is the team's.
    """
    seen = _tried(backup, world)
    return Survey(CanaryKept, (Observation(backup.subject, seen, world.now, world.vantage, Proof.ACTIVE),))


def _tried(backup: Backup, world: World) -> CanaryKept | Unseen:
    if backup.kind not in _BUCKETS:
        return UNTRIED
    if backup.production_credentials is None:
        detail = "production's own credentials there are not declared: production_credentials of [[backup]]"
        return Unseen(Reason.NOT_DECLARED, detail)
    if Permission.CANARY not in backup.allow:
        detail = f'{backup.name} did not opt in to a canary object: allow = ["canary"]'
        return Unseen(Reason.NOT_PERMITTED, detail)
    return canary_kept(backup, world.declared)
