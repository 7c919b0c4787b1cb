"""Searches each declared log for the very values of the declared secrets."""

import asyncio
from dataclasses import replace

from prodproof.facts import Proof, Survey
from prodproof.facts.declared import Log
from prodproof.facts.output import LogSearch
from prodproof.facts.traced import Unsearched
from prodproof.probes._logs import whole
from prodproof.probes._traced import SEARCH_TIME, known_everywhere, trace
from prodproof.probes.probe import probe
from prodproof.reach.world import World


@probe(LogSearch, per=Log, proof=Proof.INSIDE, time_limit=SEARCH_TIME + 120, needs_trust=True)
async def observe(log: Log, world: World) -> Survey[LogSearch]:
    """One observation for each log."""
    reading = await whole(log, world)
    if reading.why is not None and not reading.sources:
        return Survey(LogSearch, (world.inside(log.subject, reading.why),))
    known = await asyncio.to_thread(known_everywhere, world)
    traced = await asyncio.to_thread(trace, world, reading.sources, known=known, patterns=False)
    if reading.why is not None:
        rest = Unsearched(path="", why=reading.why.why, detail=reading.why.detail)
        traced = replace(traced, unsearched=(*traced.unsearched, rest))
    return Survey(LogSearch, (world.inside(log.subject, LogSearch(traced=traced, parts=reading.parts)),))
