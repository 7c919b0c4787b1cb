"""Searches the command lines of this machine's processes for the very values of the declared secrets."""

from dataclasses import replace

from prodproof.facts import Proof, Survey
from prodproof.facts.declared import Declared
from prodproof.facts.output import ProcessSearch
from prodproof.facts.subject import Subject
from prodproof.probes._traced import known_everywhere, trace
from prodproof.probes.probe import probe
from prodproof.reach.world import World
from prodproof.trace.sources.process import ProcessSource

COMMAND_LINE = "!cmdline"


@probe(ProcessSearch, per=Declared, proof=Proof.INSIDE, time_limit=180, needs_trust=True)
def observe(declared: Declared, world: World) -> Survey[ProcessSearch]:
    """One observation. Environments are read by the way and left out: they are where secrets are meant to be."""
    subject = Subject("system", declared.system)
    source = ProcessSource("processes")
    if unseen := source.control():
        return Survey(ProcessSearch, (world.inside(subject, unseen),))
    traced = trace(world, [source], known=known_everywhere(world), patterns=False)
    seen = tuple(item for item in traced.seen if item.path.endswith(COMMAND_LINE))
    unsearched = tuple(item for item in traced.unsearched if item.path != "environment")
    kept = replace(traced, seen=seen, unsearched=unsearched)
    return Survey(ProcessSearch, (world.inside(subject, ProcessSearch(traced=kept)),))
