"""Where each declared backup lies against production."""

from prodproof.facts import Proof, Survey
from prodproof.facts.backup_places import BackupPlace
from prodproof.facts.declared import Backup
from prodproof.probes.probe import probe
from prodproof.reach.backups.places import place_of
from prodproof.reach.world import World


@probe(BackupPlace, per=Backup, proof=Proof.INSIDE, time_limit=60)
def observe(backup: Backup, world: World) -> Survey[BackupPlace]:
    """One observation for each declared backup."""
    return Survey(BackupPlace, (world.inside(backup.subject, place_of(backup, world.declared)),))
