"""Runbooks that are pages of declared sites: whether they are there and have steps."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace

from prodproof.facts.alerting import RunbookLink, RunbookPlace
from prodproof.facts.declared import Declared
from prodproof.reach.http.client import Exchange, authority_of
from prodproof.reach.world import World

MAX_PAGES = 60
_STEP = re.compile(r"<(?:li|pre)[\s>]", re.IGNORECASE)
_LOGIN = re.compile(r"<input[^<>]+type=[\"']?password", re.IGNORECASE)
_HEADING = re.compile(r"<h[1-6][^<>]*\bid=", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
FEW_WORDS = 50
"""A page with scripts and fewer words than these is taken for one that a script fills."""

_GONE = (404, 410)


def declared_authorities(declared: Declared) -> frozenset[str]:
    """Sites that may be asked: every declared entry point, and pages that are declared as runbooks."""
    books = (_authority(book.path) for book in declared.runbooks if book.path.startswith(("http://", "https://")))
    return frozenset({*(entry.authority for entry in declared.all_entry_points), *books} - {""})


def read_pages(links: Iterable[RunbookLink], world: World) -> dict[str, RunbookLink]:
    """What the linked pages of declared sites say, by the link's target; at most 60 pages are asked for."""
    hosts = declared_authorities(world.declared)
    wanted = {link.target: link for link in links if _may_be_asked(link, hosts)}
    chosen = dict(sorted(wanted.items())[:MAX_PAGES])

    async def each() -> dict[str, RunbookLink]:
        return {target: await read_page(link, world, hosts) for target, link in chosen.items()}

    return asyncio.run(each()) if chosen else {}


def _may_be_asked(link: RunbookLink, hosts: frozenset[str]) -> bool:
    return link.place is RunbookPlace.URL and _authority(link.target) in hosts


def _authority(url: str) -> str:
    try:
        return authority_of(url)
    except ValueError:
        return ""


async def read_page(link: RunbookLink, world: World, hosts: frozenset[str]) -> RunbookLink:
    """Follow a link as a visitor would, as long as redirects stay on declared sites."""
    url, _, anchor = link.target.partition("#")
    chain, lost = await world.http.follow(url, hosts)
    if lost is not None or not chain:
        return replace(link, place=RunbookPlace.UNREADABLE, detail=lost.detail if lost else "no answer")
    return judged_page(link, chain[-1], anchor)


def judged_page(link: RunbookLink, page: Exchange, anchor: str) -> RunbookLink:
    """What the page that a link led to says."""
    if page.status in _GONE:
        return replace(link, place=RunbookPlace.MISSING)
    if page.status != 200 or not page.complete:
        return replace(link, place=RunbookPlace.UNREADABLE, detail=f"it answers {page.status}")
    text = page.text
    if _LOGIN.search(text):
        return replace(link, place=RunbookPlace.UNREADABLE, detail="it asks for a login")
    if anchor:
        start = re.search(rf"\b(?:id|name)=[\"']?{re.escape(anchor)}[\"'\s>]", text)
        if start is None and not _HEADING.search(text):
            return replace(link, place=RunbookPlace.UNREADABLE, detail="its headings are made by a script")
        if start is None:
            return replace(link, place=RunbookPlace.NO_HEADING)
        text = text[start.end() :]
    # Navigation has list items too: what counts as a step stands in the main part, where a page marks one.
    main = re.search(r"<(?:main|article)[\s>]", text, re.IGNORECASE)
    steps = len(_STEP.findall(text[main.start() :] if main else text))
    if not steps and "<script" in page.text and _words(page.text) < FEW_WORDS:
        return replace(link, place=RunbookPlace.UNREADABLE, detail="its text is made by a script")
    return replace(link, place=RunbookPlace.FILE, steps=steps)


def _words(html: str) -> int:
    """How many words a page shows without its scripts; one pass, whatever is never closed."""
    text = html.lower()
    for tag in ("script", "style"):
        kept, position = [], 0
        while (start := text.find(f"<{tag}", position)) >= 0:
            kept.append(text[position:start])
            end = text.find(f"</{tag}", start)
            position = end if end >= 0 else len(text)
        text = "".join((*kept, text[position:]))
    return len(_TAG.sub("", text).split())
