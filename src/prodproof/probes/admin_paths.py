"""Administration panels: well-known paths, declared ones and those of the URL table, also with forged headers."""

import ipaddress
from dataclasses import replace

from prodproof.facts import Proof, Reason, Survey
from prodproof.facts.declared import EntryPoint, Environment
from prodproof.facts.django import UrlTable
from prodproof.facts.paths import AdminPaths, PathAnswer, PathLost
from prodproof.probes._admin_list import well_known
from prodproof.probes._application import url_table
from prodproof.probes._paths import Asker, Wanted
from prodproof.probes.probe import probe
from prodproof.reach.world import World

REFUSED = (401, 403)


@probe(AdminPaths, per=EntryPoint, proof=Proof.OUTSIDE, visitor=True, time_limit=180, after=(UrlTable,))
async def observe(about: EntryPoint, world: World) -> Survey[AdminPaths]:
    """Ask each path, and again as somebody who claims to come from inside where it was refused."""
    asker = Asker(about, world)
    table, known = url_table(world)
    paths = [Wanted(_rooted(path), "declared") for path in about.admin_paths]
    if table is not None:
        paths += [Wanted(table.script_name + path, "URL table") for path in table.admin_paths()]
    home = await asker.one(Wanted("/", "home"))
    redirects = await asker.only_redirects()
    answers, lost = await asker.all(() if redirects else (*paths, *well_known()))
    refused = [item for item in answers if item.status in REFUSED]
    again = [Wanted(item.path, item.what) for item in refused]
    forged: tuple[PathAnswer, ...] = ()
    lost_again: tuple[PathLost, ...] = ()
    if again and world.declared.visitor:
        # No browser forges headers, so a bare URL is not asked with them: what refuses may be fooled, unseen.
        reason = "it was not asked with forged headers: a bare URL gets only what a browser sends"
        lost_again = tuple(PathLost(item.path, Reason.NOT_PERMITTED, reason) for item in again)
    elif again:
        forged, lost_again = await asker.all(again, headers=_from_inside(world.declared.environment))
    seen = AdminPaths(
        answers=answers + tuple(replace(item, forwarded=True) for item in forged),
        lost=lost + lost_again,
        home=home if isinstance(home, PathAnswer) else None,
        table=known,
        only_redirects=redirects,
    )
    return Survey(AdminPaths, (world.outside(about.subject, seen, lab=asker.lab),))


def _rooted(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _from_inside(environment: Environment) -> tuple[tuple[str, str], ...]:
    address = "127.0.0.1"
    for network in environment.networks:
        try:
            address = str(next(iter(ipaddress.ip_network(network, strict=False).hosts())))
        except (ValueError, StopIteration):
            continue
        break
    return (
        ("X-Forwarded-For", address),
        ("X-Real-IP", address),
        ("X-Client-IP", address),
        ("True-Client-IP", address),
        ("CF-Connecting-IP", address),
        ("Forwarded", f'for="{address}"'),
    )
