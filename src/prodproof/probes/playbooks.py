"""Whether the declared runbooks are there."""

from prodproof.facts import Proof, Subject, Survey, Unseen
from prodproof.facts.contact import Playbook, Playbooks
from prodproof.facts.declared import Declared, Runbook
from prodproof.probes.probe import probe
from prodproof.reach.world import World


@probe(Playbooks, per=Declared, proof=Proof.INSIDE)
def observe(about: Declared, world: World) -> Survey[Playbooks]:
    """Look each declared runbook up in the repositories."""
    gaps = tuple(reader for reader in world.repositories.values() if isinstance(reader, Unseen))
    seen = Playbooks(tuple(_playbook(runbook, world) for runbook in about.runbooks))
    return Survey(Playbooks, (world.inside(Subject("system", about.system), seen),), gaps=gaps)


def _playbook(runbook: Runbook, world: World) -> Playbook:
    exists: bool | None = None
    if "://" not in runbook.path:
        path = runbook.path.removeprefix("./")
        readers = [reader for reader in world.repositories.values() if not isinstance(reader, Unseen)]
        if any(reader.exists(path) for reader in readers):
            exists = True
        elif readers and len(readers) == len(world.repositories):
            exists = False
    return Playbook(runbook.name, runbook.path, runbook.owner, runbook.covers, exists)
