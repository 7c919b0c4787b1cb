"""What a host does over plain HTTP: at each address, for several paths and methods, redirects read by hand."""

import secrets
from urllib.parse import urlsplit

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import EntryPoint
from prodproof.facts.plain_http import PlainAnswer, PlainDoor, PlainHttp
from prodproof.probes._page import interposed, plain, without_query
from prodproof.probes._plain import plain_url
from prodproof.probes.probe import probe
from prodproof.reach.http.client import DEFAULT_PORT, Door, authority_of
from prodproof.reach.world import World

MAX_CONTROLS = 5


@probe(PlainHttp, per=EntryPoint, proof=Proof.OUTSIDE, visitor=True, time_limit=120)
async def observe(about: EntryPoint, world: World) -> Survey[PlainHttp]:
    """Ask the plain HTTP port that belongs to one entry point."""
    base = plain_url(about, world.declared) or about.url
    parts = urlsplit(base)
    host, port = (parts.hostname or "").lower(), parts.port or DEFAULT_PORT["http"]
    found: dict[str, Door] | Unseen = {"proxy": Door.OPEN}
    if not world.http.proxied(base):
        found = await world.http.door(host, port)
    if isinstance(found, Unseen):
        return Survey(PlainHttp, (world.outside(about.subject, found),))
    doors = []
    for address, door in found.items():
        answers, lost = await _asked(about, world, base, address) if door is Door.OPEN else ((), ())
        doors.append(PlainDoor(address, door.value, answers, lost))
    control = Door.SILENT in found.values() and await _control(about, world, base, found)
    lab = all(address.startswith("127.") or address == "::1" for address in found)
    return Survey(PlainHttp, (world.outside(about.subject, PlainHttp(host, port, tuple(doors), control), lab=lab),))


Lost = tuple[tuple[str, Reason, str], ...]


async def _asked(about: EntryPoint, world: World, base: str, address: str) -> tuple[tuple[PlainAnswer, ...], Lost]:
    random = f"/{secrets.token_hex(8)}"
    asked = [
        ("GET", "/", "/"),
        ("GET", f"{random}/page?from=here", "(random)"),
        ("HEAD", "/", "/"),
        # Methods that change data, on a path that cannot exist, so that nothing is changed where they are let through.
        ("POST", f"{random}/form", "(random)"),
        ("DELETE", f"{random}/1", "(random)"),
    ]
    path = urlsplit(about.url).path
    if path not in ("", "/"):
        asked.append(("GET", path, plain(path)))
    answers: list[PlainAnswer] = []
    lost: list[tuple[str, Reason, str]] = []
    for method, target, shown in asked:
        url = f"http://{authority_of(base)}{target}"
        answer = await world.http.ask(url, method, address=None if address == "proxy" else address, max_body=65536)
        if isinstance(answer, Unseen):
            lost.append((f"{method} {shown}", answer.why, answer.detail))
            continue
        redirect = answer.redirect
        leads_to = without_query(redirect) if redirect else None
        if leads_to and random in leads_to:
            leads_to = leads_to.replace(random, "/(random)")
        answers.append(PlainAnswer(method, shown, answer.status, leads_to, interposed(answer)))
    return tuple(answers), tuple(lost)


async def _control(about: EntryPoint, world: World, base: str, found: dict[str, Door]) -> bool:
    if Door.OPEN in found.values():
        return True
    points = world.declared.all_entry_points or world.declared.entry_points
    others = {plain_url(point, world.declared) or point.url for point in points} - {base}
    for url in sorted(others)[:MAX_CONTROLS]:
        parts = urlsplit(url)
        doors = await world.http.door(parts.hostname or "", parts.port or DEFAULT_PORT["http"])
        if not isinstance(doors, Unseen) and Door.OPEN in doors.values():
            return True
    return False
