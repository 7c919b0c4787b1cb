"""Debug, test and development endpoints: well-known paths and those of the application's URL table."""

from prodproof.facts import Proof, Survey
from prodproof.facts.declared import EntryPoint
from prodproof.facts.django import UrlTable
from prodproof.facts.paths import DebugPaths, PathAnswer
from prodproof.probes._application import url_table
from prodproof.probes._debug_list import tells_debug, well_known
from prodproof.probes._paths import MAX_ROUTES, Asker, Wanted
from prodproof.probes.probe import probe
from prodproof.reach.world import World


@probe(DebugPaths, per=EntryPoint, proof=Proof.OUTSIDE, visitor=True, time_limit=180, after=(UrlTable,))
async def observe(about: EntryPoint, world: World) -> Survey[DebugPaths]:
    """Ask each path; the entry point's own page shows whether the site answers at all."""
    asker = Asker(about, world)
    table, known = url_table(world)
    home = await asker.one(Wanted("/", "home"))
    redirects = await asker.only_redirects()
    answers, lost = await asker.all(() if redirects else (*_of_table(table), *well_known()))
    seen = DebugPaths(
        answers=answers,
        lost=lost,
        home=home if isinstance(home, PathAnswer) else None,
        table=known,
        only_redirects=redirects,
    )
    return Survey(DebugPaths, (world.outside(about.subject, seen, lab=asker.lab),))


def _of_table(table: UrlTable | None) -> tuple[Wanted, ...]:
    if table is None:
        return ()
    telling = (item.path or item.sample for item in table.routes if tells_debug(item.pattern, item.name, item.view))
    return tuple(Wanted(table.script_name + path, "URL table") for path in telling if path)[:MAX_ROUTES]
