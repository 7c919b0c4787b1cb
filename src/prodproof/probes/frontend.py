"""Loads what a visitor's browser loads of an entry point, and searches it for secrets."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import EntryPoint
from prodproof.facts.frontend import FrontendSearch
from prodproof.facts.traced import SecretSeen, Traced
from prodproof.probes._page import interposed
from prodproof.probes._traced import SEARCH_TIME, known_everywhere, trace
from prodproof.probes.probe import probe
from prodproof.reach.http.exchange import Exchange, authority_of
from prodproof.reach.world import World
from prodproof.trace.sources._web_crawl import Bounds, Document
from prodproof.trace.sources.http import Fetched, FetchedSource, fetch

VISIT = Bounds(seconds=300)
GLANCE = Bounds(pages=30, requests=300, guesses=60, depth=2, body=8 * 1024 * 1024, seconds=60)
"""For `verify URL`: about what a person loads who looks around."""

MAX_AGAIN = 30
"""Pages that are loaded a second time, to tell what is made anew for each visitor."""

NOTHING_THERE = frozenset({404, 405, 410})
"""What the root of an API answers."""

_VALUE = "value"
_SCRIPTS = (".js", ".mjs", ".map", ".json")


@dataclass(frozen=True)
class _Loaded:
    """What came of the visit."""

    fetched: Fetched
    status: int
    leads_to: str | None
    lab: bool
    certificate_error: str | None


@probe(FrontendSearch, per=EntryPoint, proof=Proof.OUTSIDE, time_limit=VISIT.seconds + SEARCH_TIME + 60, visitor=True)
async def observe(point: EntryPoint, world: World) -> Survey[FrontendSearch]:
    """One observation for each entry point; without trust by patterns alone."""
    loaded = await _load(point, world)
    if isinstance(loaded, Unseen):
        return Survey(FrontendSearch, (world.outside(point.subject, loaded),))
    vendors, fetched = _vendors(loaded.fetched, world)
    known = await asyncio.to_thread(known_everywhere, world)
    # Two searches are compared by their fingerprints, so both need one key, if only for now.
    keyed = replace(world.settings, fingerprint_key=world.settings.fingerprint_key or os.urandom(32))
    searching = replace(world, settings=keyed)
    traced = await asyncio.to_thread(trace, searching, [FetchedSource("site", fetched)], known=known)
    seen = FrontendSearch(
        traced=await _without_tokens(traced, point, world, searching),
        documents=len(fetched.documents),
        scripts=sum(_is_script(document) for document in fetched.documents),
        leads_to=loaded.leads_to,
        status=loaded.status,
        vendors=vendors,
        certificate_error=loaded.certificate_error,
    )
    return Survey(FrontendSearch, (world.outside(point.subject, seen, loaded.lab),))


async def _load(point: EntryPoint, world: World) -> _Loaded | Unseen:
    """The site; where the entry only leads to another one that is declared, what it says on the way."""
    own = authority_of(point.url)
    chain, stopped = await world.http.follow(point.url, frozenset({own}), unverified=True)
    if not chain:
        return stopped or Unseen(Reason.UNREACHABLE, f"{own} was not asked")
    last = chain[-1]
    lab, error = last.lab, next((answer.certificate_error for answer in chain if answer.certificate_error), None)
    others = {authority_of(item.url): item for item in world.declared.entry_points if authority_of(item.url) != own}
    target = others.get(authority_of(last.redirect)) if last.redirect else None
    nothing = last.status in NOTHING_THERE and interposed(last) is None
    if target is not None or nothing:
        fetched = Fetched(tuple(_documents(chain)), _stopped(stopped))
        return _Loaded(fetched, last.status, target.url if target else None, lab, error)
    bounds = GLANCE if world.declared.visitor else VISIT
    fetched = await fetch(world.http, point.url, hosts=others, bounds=bounds)
    return _Loaded(fetched, last.status, None, lab, error)


def _documents(chain: Iterable[Exchange]) -> Iterator[Document]:
    for answer in chain:
        path = urlsplit(answer.url).path or "/"
        headers = "".join(f"{name}: {value}\n" for name, value in answer.headers)
        yield Document(f"{path}!headers", headers.encode("latin-1", "replace"))
        if answer.body:
            yield Document(path, answer.body)


def _stopped(stopped: Unseen | None) -> tuple[tuple[str, Reason, str], ...]:
    return (("", stopped.why, stopped.detail),) if stopped else ()


def _vendors(fetched: Fetched, world: World) -> tuple[tuple[str, ...], Fetched]:
    """The hosts of declared vendors, whose own scripts are no gap: they are not ours to ask, and hold nothing of us."""
    declared = {host.lower() for vendor in world.declared.vendors for host in vendor.hosts}
    theirs = [gap for gap in fetched.gaps if gap[0].startswith("//") and gap[0][2:].lower() in declared]
    rest = tuple(gap for gap in fetched.gaps if gap not in theirs)
    return tuple(sorted(gap[0][2:] for gap in theirs)), replace(fetched, gaps=rest)


def _is_script(document: Document) -> bool:
    path = document.path.partition("!")[0] if document.path.endswith((".map", ".js")) else document.path
    return path.endswith(_SCRIPTS)


async def _without_tokens(traced: Traced, point: EntryPoint, world: World, searching: World) -> Traced:
    """Without what differs at the same place when it is loaded again: tokens of a form, a session or a nonce, which
    were made for this one visit. What could not be loaded again the same way stays a finding.
    """
    doubtful = [item for item in traced.seen if item.rule != _VALUE]
    paths = list(dict.fromkeys(item.path.partition("!")[0] for item in doubtful))[:MAX_AGAIN]
    if not paths:
        return traced
    documents: list[Document] = []
    for path in paths:
        answer = await world.http.ask(urljoin(point.url, path), unverified=True)
        if isinstance(answer, Exchange) and answer.complete:
            documents += _again(path, answer)
    again = await asyncio.to_thread(trace, searching, [FetchedSource("site", Fetched(tuple(documents), ()))])
    second: dict[tuple[str, str], set[str]] = {}
    for item in again.seen:
        second.setdefault(_place(item), set()).add(item.fingerprint)
    kept = tuple(item for item in traced.seen if item.rule == _VALUE or not _made_anew(item, second))
    return replace(traced, seen=kept)


def _again(path: str, answer: Exchange) -> Iterator[Document]:
    headers = "".join(f"{name}: {value}\n" for name, value in answer.headers if name != "set-cookie")
    yield Document(f"{path}!headers", headers.encode("latin-1", "replace"))
    if cookies := answer.all("set-cookie"):
        yield Document(f"{path}!cookies", "\n".join(cookies).encode("latin-1", "replace"))
    yield Document(path, answer.body)


def _place(item: SecretSeen) -> tuple[str, str]:
    # A finding's id is made of its rule, its path and what stands around it, without the value.
    return item.path, item.finding


def _made_anew(item: SecretSeen, second: dict[tuple[str, str], set[str]]) -> bool:
    there = second.get(_place(item))
    return there is not None and item.fingerprint not in there
