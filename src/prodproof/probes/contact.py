"""What `/.well-known/security.txt` says on the canonical hosts, and whether its contacts answer."""

from urllib.parse import urlsplit

from prodproof.facts import Observation, Proof, Reason, Survey, Unseen, lost
from prodproof.facts.contact import Contact, SecurityTxt
from prodproof.facts.declared import Declared, EntryPoint
from prodproof.probes._page import interposed, plain, without_query
from prodproof.probes._security_txt import contact_problem, date_of, fields
from prodproof.probes.probe import probe
from prodproof.reach.http.client import Exchange, authority_of
from prodproof.reach.world import World

WELL_KNOWN = "/.well-known/security.txt"
MAX_CONTACTS = 10
MAX_TEXT = 64 * 1024


@probe(SecurityTxt, per=Declared, proof=Proof.OUTSIDE, visitor=True, time_limit=90)
async def observe(about: Declared, world: World) -> Survey[SecurityTxt]:
    """Read the file on each canonical host."""
    points = canonical(about)
    if not points:
        return lost(SecurityTxt, Reason.NOT_DECLARED, "no https:// entry point is declared for this environment")
    return Survey(SecurityTxt, tuple([await _read(point, about, world) for point in points]))


def canonical(declared: Declared) -> tuple[EntryPoint, ...]:
    """The entry points whose host must carry the file: those declared so, else the first HTTPS one."""
    secure = tuple(point for point in declared.entry_points if point.url.startswith("https://"))
    named = tuple(point for point in secure if point.canonical)
    return named or secure[:1]


async def _read(point: EntryPoint, declared: Declared, world: World) -> Observation[SecurityTxt]:
    hosts = frozenset(item.authority for item in (*declared.all_entry_points, *declared.entry_points))
    url = f"https://{point.authority}{WELL_KNOWN}"
    chain, stopped = await world.http.follow(url, hosts)
    if not chain or stopped is not None:
        return world.outside(point.subject, stopped or Unseen(Reason.INCOMPLETE, "no answer was read"))
    last = chain[-1]
    beyond = last.redirect
    legacy = False
    if last.status in (404, 410):
        older = await world.http.ask(f"https://{point.authority}/security.txt")
        legacy = isinstance(older, Exchange) and older.status == 200 and media_type(older) == "text/plain"
    found = fields(last.text[:MAX_TEXT]) if last.status == 200 and media_type(last) == "text/plain" else ()
    contacts = [value for name, value in found if name == "contact"]
    seen = SecurityTxt(
        url=without_query(last.url),
        status=last.status,
        content_type=media_type(last),
        interposed=interposed(last),
        left_to=authority_of(beyond) if beyond else None,
        legacy=legacy,
        contacts=tuple([await _contact(value, declared, world) for value in contacts[:MAX_CONTACTS]]),
        expires=tuple(date_of(value) for name, value in found if name == "expires"),
        canonical=tuple(without_query(value) for name, value in found if name == "canonical"),
        truncated=not last.complete or len(last.body) > MAX_TEXT,
    )
    return world.outside(point.subject, seen, lab=last.lab)


async def _contact(value: str, declared: Declared, world: World) -> Contact:
    shown = without_query(value)
    problem = contact_problem(value)
    points = (*declared.all_entry_points, *declared.entry_points)
    ours = {(urlsplit(point.url).hostname or "").lower() for point in points}
    try:
        host = (urlsplit(value).hostname or "").lower()
    except ValueError:
        return Contact(shown, "is not a URL")
    if problem or not value.lower().startswith("https://") or host not in ours:
        return Contact(shown, problem)
    answer = await world.http.ask(value)
    if isinstance(answer, Unseen):
        return Contact(shown, f"does not answer: {answer.detail}", asked=True)
    gone = answer.status >= 400 and answer.status not in (401, 403, 405, 429, 503)
    return Contact(shown, f"answers {answer.status}" if gone else None, asked=True)


def media_type(answer: Exchange) -> str:
    """The Content-Type without its parameters, lower case."""
    return plain((answer.first("content-type") or "").partition(";")[0].strip().lower())[:100]
