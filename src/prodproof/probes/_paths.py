"""Asks many paths of one host, each compared with a path of the same shape that cannot exist."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from prodproof.facts import Unseen
from prodproof.facts.declared import EntryPoint
from prodproof.facts.paths import PathAnswer, PathLost
from prodproof.probes._page import interposed, is_html, plain, read_page
from prodproof.reach.http.client import Exchange, authority_of
from prodproof.reach.world import World

AT_ONCE = 8
MAX_BODY = 256 * 1024
MAX_ROUTES = 300
_VARYING = re.compile(r"[0-9a-f]{8,}|\d+|\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """A path to ask for."""

    path: str
    what: str
    sign: re.Pattern[str] | None = None
    """What its answer bears when it is there."""

    needs_sign: bool = False
    """Whether an answer without the sign counts as another page."""


class Asker:
    """Asks one host; remembers what its unknown paths answer, by shape."""

    def __init__(self, about: EntryPoint, world: World) -> None:
        parts = urlsplit(about.url)
        self.origin = f"{parts.scheme}://{authority_of(about.url)}"
        self.world = world
        self.lab = False
        points = (about, *world.declared.all_entry_points, *world.declared.entry_points)
        # The same host on another declared port or scheme is still the same place.
        self._hosts = frozenset(point.authority for point in points if urlsplit(point.url).hostname == parts.hostname)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._unknown: dict[str, asyncio.Task[str]] = {}

    async def all(
        self, wanted: Iterable[Wanted], headers: Sequence[tuple[str, str]] = ()
    ) -> tuple[tuple[PathAnswer, ...], tuple[PathLost, ...]]:
        """Ask every path; answers and losses in the order of the paths."""
        unique = {item.path: item for item in reversed(list(wanted))}
        found = await asyncio.gather(*(self.one(item, headers) for item in reversed(list(unique.values()))))
        answers = tuple(item for item in found if isinstance(item, PathAnswer))
        return answers, tuple(item for item in found if isinstance(item, PathLost))

    async def only_redirects(self) -> bool:
        """Whether this is plain HTTP that leads to HTTPS on the same host: what is there is looked for over HTTPS."""
        answer = await self.world.http.ask(f"{self.origin}/") if self.origin.startswith("http://") else None
        target = answer.redirect if isinstance(answer, Exchange) else None
        return (
            target is not None
            and target.startswith("https://")
            and urlsplit(target).hostname == urlsplit(self.origin).hostname
        )

    async def one(self, wanted: Wanted, headers: Sequence[tuple[str, str]] = ()) -> PathAnswer | PathLost:
        """Ask one path, following redirects on the same host."""
        chain = await self._chain(wanted.path, headers)
        if isinstance(chain, Unseen):
            return PathLost(wanted.path, chain.why, chain.detail)
        last = chain[-1]
        self.lab = self.lab or last.lab
        unknown = await self._of_unknown(wanted.path)
        beyond = last.redirect
        page = urlsplit(last.url).path
        recognised = bool(wanted.sign and last.status < 400 and wanted.sign.search(last.text))
        return PathAnswer(
            path=wanted.path,
            what=wanted.what,
            status=last.status,
            as_unknown=_print_of(chain) == unknown or (wanted.needs_sign and last.status < 400 and not recognised),
            recognised=recognised,
            password_form=read_page(last).password,
            page=plain(page)[:300] if page != wanted.path else "",
            sent_to=authority_of(beyond) if beyond else None,
            challenge=_challenge(last),
            interposed=interposed(last),
            certificate_error=last.certificate_error,
            forwarded=bool(headers),
        )

    async def _chain(self, path: str, headers: Sequence[tuple[str, str]]) -> list[Exchange] | Unseen:
        chain: list[Exchange] = []
        url: str | None = self.origin + path
        while url is not None and len(chain) < 4:
            async with self._slots:
                self.world.progress(url)
                answer = await self.world.http.ask(url, headers=headers, unverified=True, max_body=MAX_BODY)
            if isinstance(answer, Unseen):
                return answer
            chain.append(answer)
            following = answer.redirect
            url = following if following and authority_of(following) in self._hosts else None
        return chain

    async def _of_unknown(self, path: str) -> str:
        shape = _shape(path)
        if shape not in self._unknown:
            self._unknown[shape] = asyncio.create_task(self._ask_unknown(shape))
        return await self._unknown[shape]

    async def _ask_unknown(self, shape: str) -> str:
        chain = await self._chain(shape.replace("*", secrets.token_hex(10)), ())
        return "" if isinstance(chain, Unseen) else _print_of(chain)


def _challenge(answer: Exchange) -> str | None:
    words = (answer.first("www-authenticate") or "").lower().split()
    return plain(words[0])[:40] if answer.status == 401 and words else None


_DYNAMIC = (".php", ".axd", ".jsp", ".asp", ".aspx", ".cgi", ".bak")


def _shape(path: str) -> str:
    # Servers treat dot files, file endings and folders each in their own way.
    name = path.partition("?")[0].rstrip("/").rpartition("/")[2]
    if name.startswith("."):
        return "/.*"
    _, dot, ending = name.rpartition(".")
    if dot:
        return f"/*.{ending}" if f".{ending}" in _DYNAMIC else "/*.txt"
    return "/*/" if path.endswith("/") and path != "/" else "/*"


def _print_of(chain: list[Exchange]) -> str:
    """What stays the same between two answers for paths that do not exist: status, kind, end, and the text without
    the path, numbers and tokens."""
    last = chain[-1]
    asked = [part for exchange in chain for part in urlsplit(exchange.url).path.split("/") if len(part) > 2]
    text = last.text
    for part in sorted(set(asked), key=len, reverse=True):
        text = text.replace(part, "")
    text = _VARYING.sub(" ", text)
    title = read_page(last).title if is_html(last) else ""
    kind = (last.first("content-type") or "").partition(";")[0]
    end = authority_of(last.redirect) if last.redirect else ""
    # Large pages carry tokens and listings that vary: title and length in steps stand for them.
    body = text if len(text) < 4000 else f"{_VARYING.sub(' ', title)} {len(text) // 500}"
    return hashlib.sha256(f"{last.status}\0{kind}\0{end}\0{body}".encode()).hexdigest()
