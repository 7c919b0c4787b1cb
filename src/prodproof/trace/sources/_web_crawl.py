"""Loads what any visitor of a site can load: its pages, their scripts, source maps, and what scripts load later."""

import asyncio
import base64
import binascii
import hashlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.reach.http.client import HttpClient
from prodproof.reach.http.exchange import Exchange, authority_of
from prodproof.reach.http.interposed import interposed
from prodproof.trace.sources import _web_links as web_links

AT_ONCE = 4
MAX_HOPS = 8
USUAL = (
    "/robots.txt",
    "/sitemap.xml",
    "/manifest.json",
    "/asset-manifest.json",
    "/sw.js",
    "/service-worker.js",
    "/ngsw.json",
    "/.vite/manifest.json",
)
"""Paths at which sites say what else they have."""

_HTML = ("text/html", "application/xhtml+xml")
_SCRIPT = ("javascript", "ecmascript", "json", "manifest")
_DATA_URL = re.compile(rb"data:[\w/+.-]*(?:;[\w=.+-]+)*?(;base64)?,(.*)", re.DOTALL)


@dataclass(frozen=True)
class Bounds:
    """What one crawl may do. Each that is reached is a gap."""

    pages: int = 200
    requests: int = 2000
    guesses: int = 600
    """Requests for names that scripts only mention."""

    depth: int = 3
    """Links from the entry."""

    body: int = 32 * 1024 * 1024
    """Bytes of one answer."""

    seconds: float = 600.0


BOUNDS = Bounds()


class Role(Enum):
    """Why something is asked for."""

    PAGE = auto()
    ASSET = auto()
    GUESS = auto()
    """Nothing says that it is there."""


@dataclass(frozen=True)
class Document:
    """One text that a visitor gets."""

    path: str
    """`/app.js`, `//cdn.example/app.js` from another host; `!headers`, `!cookies` and inline maps behind it."""

    data: bytes


@dataclass(frozen=True)
class _Target:
    url: str
    role: Role
    depth: int
    hops: int = 0


class Crawl:
    """One visit of a site.

    Args:
        client: asks; its rate, time limits and pinned addresses hold.
        entry: the absolute URL where it begins.
        hosts: authorities that may be asked beside the entry's own, as `authority_of` writes them.
        paths: of the entry's host, to be visited too.
        take: gets every document as it comes; what it raises ends the crawl.
        gap: told of what could not be read: path, reason, detail.
    """

    def __init__(
        self,
        client: HttpClient,
        entry: str,
        *,
        take: Callable[[Document], None],
        gap: Callable[[str, Reason, str], None],
        hosts: Iterable[str] = (),
        paths: Sequence[str] = (),
        bounds: Bounds = BOUNDS,
    ) -> None:
        self._client = client
        self._entry = entry
        self._own = authority_of(entry)
        self._hosts = frozenset({self._own, *hosts})
        self._paths = paths
        self._take = take
        self._gap = gap
        self._bounds = bounds
        self._assets: deque[_Target] = deque()
        self._pages: deque[_Target] = deque()
        self._guesses: deque[_Target] = deque()
        self._seen: dict[str, Role] = {}
        self._bodies: set[bytes] = set()
        self._foreign: dict[str, int] = {}
        self._counts = {Role.PAGE: 0, Role.ASSET: 0, Role.GUESS: 0}
        self._too_deep = 0
        self._refused = 0
        self._answers = False

    async def run(self) -> None:
        """Visit the site. What could not be had goes to `gap`."""
        self._add(Role.PAGE, [self._entry], 0)
        self._add(Role.PAGE, [urljoin(self._entry, path) for path in self._paths], 0)
        self._add(Role.GUESS, [urljoin(self._entry, path) for path in USUAL], 0)
        deadline = time.monotonic() + self._bounds.seconds
        while targets := self._next():
            if time.monotonic() > deadline:
                self._gap("", Reason.TIMED_OUT, f"the visit was ended after {self._bounds.seconds:g} s")
                break
            answers = await asyncio.gather(*(self._ask(target) for target in targets))
            for target, answer in zip(targets, answers):
                self._answered(target, answer)
        self._summary()

    def _ask(self, target: _Target) -> "asyncio.Future[Exchange | Unseen]":
        asking = self._client.ask(target.url, unverified=True, max_body=self._bounds.body)
        return asyncio.ensure_future(asking)

    def _next(self) -> list[_Target]:
        """What is asked at once: scripts first, for they are what this is about."""
        found: list[_Target] = []
        for waiting, role, limit in (
            (self._assets, Role.ASSET, self._bounds.requests),
            (self._pages, Role.PAGE, self._bounds.pages),
            (self._guesses, Role.GUESS, self._bounds.guesses),
        ):
            while waiting and len(found) < AT_ONCE and self._counts[role] < limit:
                if sum(self._counts.values()) >= self._bounds.requests:
                    break
                self._counts[role] += 1
                found.append(waiting.popleft())
        return found

    def _add(self, role: Role, urls: Iterable[str], depth: int, hops: int = 0) -> None:
        for url in urls:
            if url in self._seen and not self._becomes_certain(url, role):
                continue
            self._seen[url] = role
            if authority_of(url) not in self._hosts:
                if role is Role.ASSET:
                    host = urlsplit(url).hostname or ""
                    self._foreign[host] = self._foreign.get(host, 0) + 1
            elif role is Role.PAGE and depth > self._bounds.depth:
                self._too_deep += 1
            else:
                waiting = {Role.PAGE: self._pages, Role.ASSET: self._assets, Role.GUESS: self._guesses}[role]
                waiting.append(_Target(url, role, depth, hops))

    def _becomes_certain(self, url: str, role: Role) -> bool:
        """Whether what was only guessed until now, and not asked for yet, is known to be there."""
        if role is Role.GUESS or self._seen[url] is not Role.GUESS:
            return False
        waiting = next((target for target in self._guesses if target.url == url), None)
        if waiting is not None:
            self._guesses.remove(waiting)
        return waiting is not None or authority_of(url) not in self._hosts

    def _answered(self, target: _Target, answer: Exchange | Unseen) -> None:
        path = self._label(target.url)
        if isinstance(answer, Unseen):
            # Where nothing answers at all, the entry's gap says so.
            if target.role is not Role.GUESS or self._answers:
                self._gap(path, answer.why, answer.detail)
            return
        self._answers = True
        if target.role is Role.GUESS and (answer.status != 200 or _is(answer, _HTML)):
            # Not there; many sites answer with their home page. A rate limit is no such answer.
            self._refused += interposed(answer) is not None
            return
        self._refusal(target, path, answer)
        self._feed(path, answer)
        if not answer.complete:
            self._gap(path, Reason.INCOMPLETE, "its end could not be read")
        if answer.redirect:
            self._redirect(target, answer.redirect, path)
        elif answer.status == 200:
            self._links(target, answer, path)

    def _refusal(self, target: _Target, path: str, answer: Exchange) -> None:
        """A gap for what a visitor may well get, and we did not."""
        if who := interposed(answer):
            self._gap(path, Reason.DENIED, f"it was answered by {who}")
        elif answer.status >= 500:
            self._gap(path, Reason.INCOMPLETE, f"the site answered {answer.status}")
        elif answer.status >= 400 and target.url == self._entry:
            self._gap(path, Reason.DENIED, f"the entry answered {answer.status}")

    def _redirect(self, target: _Target, url: str, path: str) -> None:
        if target.hops >= MAX_HOPS:
            self._gap(path, Reason.INCOMPLETE, "redirects in a loop")
        elif authority_of(url) in self._hosts:
            self._add(target.role, [url], target.depth, target.hops + 1)
        elif target.url == self._entry or (target.depth == 0 and target.role is Role.PAGE and target.hops):
            self._gap(path, Reason.NOT_DECLARED, f"it leads to {authority_of(url)}, which is not declared")

    def _feed(self, path: str, answer: Exchange) -> None:
        lines = [f"{name}: {value}\n" for name, value in answer.headers if name != "set-cookie"]
        self._take(Document(f"{path}!headers", "".join(lines).encode("latin-1", "replace")))
        if cookies := answer.all("set-cookie"):
            self._take(Document(f"{path}!cookies", "\n".join(cookies).encode("latin-1", "replace")))
        digest = hashlib.sha256(answer.body).digest()
        if answer.body and digest not in self._bodies:
            self._bodies.add(digest)
            self._take(Document(path, answer.body))

    def _links(self, target: _Target, answer: Exchange, path: str) -> None:
        name = urlsplit(target.url).path
        if name.endswith("/robots.txt"):
            self._add(Role.GUESS, web_links.of_robots(answer.text, target.url), target.depth)
            return
        if b"<loc>" in answer.body and (name.endswith(".xml") or "xml" in (answer.first("content-type") or "")):
            for url in web_links.of_sitemap(answer.text, target.url):
                inner = urlsplit(url).path.endswith(".xml")
                self._add(Role.GUESS if inner else Role.PAGE, [url], target.depth + 1)
            return
        if _is(answer, _HTML):
            links = web_links.of_page(answer.text, target.url)
        elif _is(answer, _SCRIPT) or name.endswith((".js", ".mjs", ".json", ".css", ".webmanifest")):
            links = web_links.of_script(answer.text, target.url)
            if not name.endswith((".map", ".json", ".webmanifest")):
                # Source maps that are uploaded but not referred to are a usual leak.
                links.guesses.insert(0, urljoin(target.url, name.rpartition("/")[2] + ".map"))
        else:
            return
        for header in ("sourcemap", "x-sourcemap"):
            links.assets += [urljoin(target.url, value) for value in answer.all(header)]
        for number, text in enumerate(links.maps):
            if data := _data(text):
                self._take(Document(f"{path}!inline-{number}.map", data))
        self._add(Role.ASSET, links.assets, target.depth)
        self._add(Role.GUESS, links.guesses, target.depth)
        self._add(Role.PAGE, links.pages, target.depth + 1)

    def _label(self, url: str) -> str:
        """The path alone: queries hold tokens."""
        path = urlsplit(url).path or "/"
        authority = authority_of(url)
        return path if authority == self._own else f"//{authority}{path}"

    def _summary(self) -> None:
        if self._pages or self._too_deep:
            number = len(self._pages) + self._too_deep
            bounds = f"{self._bounds.pages} pages, {self._bounds.depth} links deep"
            self._gap("", Reason.INCOMPLETE, f"{number} more pages are linked and were not visited ({bounds})")
        if self._assets:
            self._gap("", Reason.INCOMPLETE, f"{len(self._assets)} more scripts and source maps were not loaded")
        if self._guesses:
            self._gap("", Reason.INCOMPLETE, f"{len(self._guesses)} names that scripts mention were not tried")
        if self._refused:
            self._gap(
                "", Reason.DENIED, f"{self._refused} names that may be files were refused by what lies before the site"
            )
        for host, number in sorted(self._foreign.items()):
            what = "file" if number == 1 else "files"
            self._gap(f"//{host}", Reason.NOT_DECLARED, f"{number} {what} of this host were not loaded")


def _is(answer: Exchange, kinds: Sequence[str]) -> bool:
    kind = (answer.first("content-type") or "").partition(";")[0].strip().lower()
    if kind:
        return any(part in kind for part in kinds)
    return kinds is _HTML and answer.body[:512].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _data(url: bytes) -> bytes:
    """What a data: URL holds (RFC 2397); nothing if it is none."""
    match = _DATA_URL.fullmatch(url)
    if match is None:
        return b""
    data = unquote_to_bytes(match[2])
    if not match[1]:
        return data
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return b""
