"""A web site as any visitor can load it: pages, scripts, source maps, headers and cookies."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prodproof.facts import Reason, Unseen
from prodproof.reach.http.client import HttpClient
from prodproof.reach.http.exchange import authority_of
from prodproof.reach.http.interposed import interposed
from prodproof.reach.world import Settings
from prodproof.trace.content.feed import feed
from prodproof.trace.finding import Finding
from prodproof.trace.sources._web_crawl import BOUNDS, Bounds, Crawl, Document
from prodproof.trace.stream import Item, Sink

MAX_HELD = 256 * 1024 * 1024
"""Bytes that a fetched site may take in memory."""

LEFT_OUT = ("what only shows after a log-in, answers to forms and to requests that scripts make, images and downloads",)
"""What is not read on purpose."""


class HttpSource:
    """A site that is visited while it is searched.

    Args:
        place: as it was asked for.
        entry: the absolute URL where the visit begins.
        settings: user agent, rate, time limits, private CA.
        hosts: authorities that may be asked beside the entry's own.
        paths: to be visited beside what is linked.
        private: addresses that are not public and that the system file declares, by host name.
    """

    left_out = LEFT_OUT

    def __init__(
        self,
        place: str,
        entry: str,
        settings: Settings,
        *,
        hosts: Iterable[str] = (),
        paths: Sequence[str] = (),
        private: Mapping[str, frozenset[str]] | None = None,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.place = place
        self._entry = entry
        self._settings = settings
        self._hosts = tuple(hosts)
        self._paths = tuple(paths)
        self._private = dict(private or {})
        self._bounds = bounds

    @classmethod
    def of(cls, url: str, settings: Settings) -> "HttpSource":
        """The site that somebody typed the URL of."""
        return cls(url, url, settings)

    def control(self) -> Unseen | None:
        """The positive control: the entry answers with a page of its own. None when it did."""
        return asyncio.run(answers(self._client(), self._entry, self._hosts))

    def parts(self, count: int) -> Iterator["HttpPart"]:
        """One: what is loaded next depends on what came before."""
        yield HttpPart(self)

    def size(self) -> int | None:
        """Nobody knows before it is loaded."""
        return None

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are."""
        return findings

    def visit(self, sink: Sink) -> None:
        """Load the site in an event loop of this thread."""

        def take(document: Document) -> None:
            _feed(sink, document)

        crawl = Crawl(
            self._client(),
            self._entry,
            take=take,
            gap=sink.gap,
            hosts=self._hosts,
            paths=self._paths,
            bounds=self._bounds,
        )
        asyncio.run(crawl.run())

    def _client(self) -> HttpClient:
        return HttpClient(self._settings, self._private)


@dataclass(frozen=True)
class HttpPart:
    """The whole site."""

    source: HttpSource

    def read(self, sink: Sink) -> None:
        """Visit it."""
        self.source.visit(sink)


@dataclass(frozen=True)
class Fetched:
    """A site that was loaded by a run's own client, to be searched afterwards."""

    documents: tuple[Document, ...]
    gaps: tuple[tuple[str, Reason, str], ...]


async def fetch(
    client: HttpClient,
    entry: str,
    *,
    hosts: Iterable[str] = (),
    paths: Sequence[str] = (),
    bounds: Bounds = BOUNDS,
) -> Fetched:
    """Load a site and hold it in memory, at most `MAX_HELD` bytes; what is beyond is a gap.

    Args:
        client: the run's own, so that the host sees one rate.
        entry: the absolute URL where the visit begins.
        hosts: authorities that may be asked beside the entry's own.
        paths: to be visited beside what is linked.
    """
    documents: list[Document] = []
    gaps: list[tuple[str, Reason, str]] = []
    held = 0

    def take(document: Document) -> None:
        nonlocal held
        held += len(document.data)
        if held > MAX_HELD:
            gaps.append((document.path, Reason.INCOMPLETE, f"the site is larger than {MAX_HELD // 2**20} MB"))
            held -= len(document.data)
        else:
            documents.append(document)

    def gap(path: str, why: Reason, detail: str) -> None:
        gaps.append((path, why, detail))

    await Crawl(client, entry, take=take, gap=gap, hosts=hosts, paths=paths, bounds=bounds).run()
    return Fetched(tuple(documents), tuple(gaps))


async def answers(client: HttpClient, entry: str, hosts: Iterable[str] = ()) -> Unseen | None:
    """Why the site's entry does not answer with a page of its own; None when it does."""
    chain, stopped = await client.follow(entry, frozenset({authority_of(entry), *hosts}), unverified=True)
    if stopped is not None:
        return stopped
    last = chain[-1]
    if who := interposed(last):
        return Unseen(Reason.DENIED, f"the entry was answered by {who}")
    if last.redirect:
        return Unseen(Reason.NOT_DECLARED, f"the entry leads to {authority_of(last.redirect)}, which is not declared")
    if last.status >= 400 or not last.body:
        return Unseen(Reason.INCOMPLETE, f"the entry answered {last.status} with {len(last.body)} bytes")
    return None


class FetchedSource:
    """A site that was loaded before."""

    left_out = LEFT_OUT

    def __init__(self, place: str, fetched: Fetched) -> None:
        self.place = place
        self._fetched = fetched

    def parts(self, count: int) -> Iterator["FetchedPart"]:
        """One: a site is small."""
        yield FetchedPart(self._fetched)

    def size(self) -> int | None:
        """Bytes of all documents."""
        return sum(len(document.data) for document in self._fetched.documents)

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are."""
        return findings


@dataclass(frozen=True)
class FetchedPart:
    """All of it."""

    fetched: Fetched

    def read(self, sink: Sink) -> None:
        """Feed the documents, and pass the gaps on."""
        for path, why, detail in self.fetched.gaps:
            sink.gap(path, why, detail)
        for document in self.fetched.documents:
            _feed(sink, document)


def _feed(sink: Sink, document: Document) -> None:
    feed(sink, Item(document.path), document.data)
