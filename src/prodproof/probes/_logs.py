"""Reads what the system file declares as logs: files, the journal, an error tracker, a log store."""

import asyncio
import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.facts import declared as given
from prodproof.facts.declared import Log
from prodproof.probes._globbed import globbed
from prodproof.reach.http.client import HttpClient
from prodproof.reach.http.exchange import Exchange
from prodproof.reach.secrets.stores import Stores
from prodproof.reach.world import World
from prodproof.trace.sources._web_crawl import Document
from prodproof.trace.sources.files import FilesSource
from prodproof.trace.sources.http import Fetched, FetchedSource
from prodproof.trace.sources.journal import JournalSource
from prodproof.trace.sources.tail import Ends, TailSource, ends, has_since
from prodproof.trace.stream import Source

PAGES = 50
"""Of events, 100 each as Sentry's API gives them."""

MAX_ANSWER = 32 * 1024 * 1024
_FILES = frozenset({"file", "nginx", "postgres"})
_NEXT = re.compile(r'<[^>]*>;\s*rel="next";\s*results="true";\s*cursor="([\w:.-]{1,100})"')


@dataclass(frozen=True)
class Position:
    """How far logs were written at a moment."""

    at: datetime
    """Of this machine's clock, UTC."""

    files: Ends = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """A log, opened: what can be searched of it, and what could not be had."""

    sources: tuple[Source, ...]
    parts: int
    why: Unseen | None = None


def position(logs: Sequence[Log], world: World, at: datetime) -> Position:
    """Where the declared logs end now."""
    files = [path for log in logs if log.kind in _FILES for path in _paths(log, world)]
    return Position(at, ends(files))


async def whole(log: Log, world: World) -> Reading:
    """All of a log, rotated and compressed files too."""
    if log.kind in _FILES:
        found = globbed(_root(world), log.path or "")
        if isinstance(found, Unseen):
            return Reading((), 0, found)
        return Reading(tuple(FilesSource(log.name, path) for path in found), len(found))
    if log.kind == "journal":
        return Reading((JournalSource(log.name, log.unit),), 1)
    return await _asked(log, world, None)


async def since(log: Log, world: World, before: Position) -> Reading:
    """What was added to a log."""
    if log.kind in _FILES:
        found = globbed(_root(world), log.path or "")
        if isinstance(found, Unseen):
            return Reading((), 0, found)
        return Reading((TailSource(log.name, found, before.files),), len(found))
    if log.kind == "journal":
        begin = f"--since=@{int(before.at.timestamp()) - 1}"
        return Reading((JournalSource(log.name, log.unit, (begin,)),), 1)
    return await _asked(log, world, before.at)


def wrote_an_error(log: Log, world: World, before: Position) -> bool:
    """Whether a database has written an error into its log since; its healthy log shows nothing of the statement."""
    return has_since(_paths(log, world), before.files, b"ERROR:")


def _root(world: World) -> Path:
    return Path(world.declared.root or ".")


def _paths(log: Log, world: World) -> tuple[Path, ...]:
    found = globbed(_root(world), log.path or "")
    return () if isinstance(found, Unseen) else found


# ---- over HTTP


async def _asked(log: Log, world: World, begin: datetime | None) -> Reading:
    headers = await asyncio.to_thread(_authorization, log, world)
    if isinstance(headers, Unseen):
        return Reading((), 0, headers)
    # The source address is that of an outsider; a log store is asked as the team itself asks it.
    client = HttpClient(
        replace(world.settings, source_address=None),
        {host.name.lower(): frozenset(host.addresses) for host in world.declared.all_hosts or world.declared.hosts},
    )
    if log.kind == "sentry":
        documents, why = await _events(log, client, headers, begin)
    else:
        answer = await _ask(log, client, log.url or "", headers)
        documents, why = ([], answer) if isinstance(answer, Unseen) else ([Document(log.name, answer.body)], None)
    sources = (FetchedSource(log.name, Fetched(tuple(documents), ())),) if documents else ()
    return Reading(sources, len(documents), why)


async def _events(
    log: Log, client: HttpClient, headers: Sequence[tuple[str, str]], begin: datetime | None
) -> tuple[list[Document], Unseen | None]:
    """Events of a project, the latest first (https://docs.sentry.io/api/events/list-a-projects-error-events/)."""
    documents: list[Document] = []
    url = urljoin((log.url or "").rstrip("/") + "/", "events/?full=true")
    cursor = ""
    for _ in range(PAGES):
        answer = await _ask(log, client, url + cursor, headers)
        if isinstance(answer, Unseen):
            return documents, answer
        try:
            events = json.loads(answer.body)
            if not isinstance(events, list):
                raise ValueError("no list")
            new = [event for event in events if isinstance(event, dict) and _is_since(event, begin)]
            documents += _documents(new)
        except (ValueError, RecursionError):
            return documents, Unseen(Reason.INCOMPLETE, "its answer is no list of events")
        following = _NEXT.search(", ".join(answer.all("link")))
        if following is None or len(new) < len(events):
            return documents, None
        cursor = f"&cursor={following[1]}"
    if begin is None:
        return documents, Unseen(Reason.INCOMPLETE, f"it has more than {PAGES * 100:,} events; the latest were read")
    return documents, None


def _documents(events: Sequence[dict[str, object]]) -> Iterator[Document]:
    for event in events:
        name = re.sub(r"[^0-9a-zA-Z-]", "", str(event.get("eventID") or event.get("event_id") or "event"))[:36]
        yield Document(f"event {name}", json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _is_since(event: dict[str, object], begin: datetime | None) -> bool:
    if begin is None:
        return True
    try:
        received = datetime.fromisoformat(str(event.get("dateReceived") or event.get("dateCreated")))
    except ValueError:
        return True
    # What an event says about its own time can be off by seconds; a canary is told by its value.
    return received.tzinfo is None or (begin - received).total_seconds() < 60


async def _ask(log: Log, client: HttpClient, url: str, headers: Sequence[tuple[str, str]]) -> Exchange | Unseen:
    answer = await client.ask(url, headers=(("Accept", "application/json, */*"), *headers), max_body=MAX_ANSWER)
    if isinstance(answer, Unseen):
        return answer
    if answer.status in (401, 403):
        return Unseen(Reason.DENIED, f"it answered {answer.status}")
    if answer.status != 200 or not answer.complete:
        return Unseen(Reason.INCOMPLETE, f"it answered {answer.status}, or not to its end")
    return answer


def _authorization(log: Log, world: World) -> tuple[tuple[str, str], ...] | Unseen:
    if log.credentials is None:
        return ()
    if urlsplit(log.url or "").scheme != "https":
        return Unseen(Reason.NOT_CONFIGURED, "what it is read with is sent over HTTPS only")
    with Stores(world.declared) as stores:
        reference = given.Secret(name=log.name, ref=log.credentials, environment=log.environment)
        value = stores.read(reference)
    if isinstance(value, Unseen):
        return value
    text = value.reveal().strip()
    if ":" in text:
        return (("Authorization", f"Basic {base64.b64encode(text.encode()).decode()}"),)
    return (("Authorization", f"Bearer {text}"),)
