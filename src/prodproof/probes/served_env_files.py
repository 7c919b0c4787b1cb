"""Environment files in the web roots of the declared entry points, asked for from outside."""

import asyncio

from prodproof.facts import Observation, Proof, Survey
from prodproof.facts.declared import Declared, EntryPoint
from prodproof.facts.paths import PathAnswer, ServedEnvFiles
from prodproof.probes._debug_list import ENV_FILE, well_known
from prodproof.probes._paths import Asker, Wanted
from prodproof.probes.probe import probe
from prodproof.reach.world import World


@probe(ServedEnvFiles, per=Declared, proof=Proof.OUTSIDE, visitor=True, time_limit=120)
async def observe(about: Declared, world: World) -> Survey[ServedEnvFiles]:
    """Ask every entry point. Where none is declared there is no web root to ask, and nothing is missing."""
    return Survey(ServedEnvFiles, tuple(await asyncio.gather(*(_asked(item, world) for item in about.entry_points))))


async def _asked(entry: EntryPoint, world: World) -> Observation[ServedEnvFiles]:
    asker = Asker(entry, world)
    home = await asker.one(Wanted("/", "home"))
    answers, lost = await asker.all([item for item in well_known() if item.what == ENV_FILE])
    seen = ServedEnvFiles(answers=answers, lost=lost, home=home if isinstance(home, PathAnswer) else None)
    return world.outside(entry.subject, seen, lab=asker.lab)
