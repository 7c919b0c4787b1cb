"""Sends canary secrets through what fails in an entry point that opted in, and looks where they come out again."""

import asyncio
import json
import os
import re
import secrets
import string
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

from prodproof.facts import Proof, Reason, Survey, Unseen
from prodproof.facts.declared import EntryPoint, Log, Permission
from prodproof.facts.declared.targets import NONE
from prodproof.facts.output import CameOut, CanarySearch, LogRead, Sent, Way
from prodproof.probes._logs import Position, position, since, wrote_an_error
from prodproof.probes.probe import probe
from prodproof.reach.http.exchange import Exchange, authority_of
from prodproof.reach.secret import Secret
from prodproof.reach.world import World
from prodproof.trace.finding import Finding
from prodproof.trace.search import Outcome, Search
from prodproof.trace.sources._web_crawl import Document
from prodproof.trace.sources.http import Fetched, FetchedSource
from prodproof.trace.sources.process import ProcessSource
from prodproof.trace.stream import Source
from prodproof.trace.values import ValueMatcher, Wanted

WAIT = 15.0
"""Seconds for what was sent to get into the logs; error trackers and workers take their time."""

PAUSE = 0.4
SETTLED = 0.8
"""Seconds after the last mark was seen: what failed may be written down after what was asked."""

SEARCH_SECONDS = 100.0
LENGTH = 40
CANARY, MARK = "canary ", "mark "
FAILS, UNKNOWN, IN_A_JOB, IN_THE_DATABASE = (
    "the path that fails",
    "an unknown path",
    "the path that fails in a job",
    "the path that fails in the database",
)
IN_ADDRESS = frozenset({Way.QUERY, Way.PATH})
_REQUEST_LINE = re.compile(r'"[A-Z]{3,8} [^"]*…[^"]*HTTP/\d')
_CSRF = ("csrftoken", "__Host-csrftoken", "__Secure-csrftoken")
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Content-Type", "application/json")


@dataclass(frozen=True)
class Canaries:
    """Of one run: a made-up secret for each way, and a harmless mark that goes with it."""

    values: Mapping[Way, Secret]
    marks: Mapping[Way, str]

    @classmethod
    def made(cls) -> "Canaries":
        """New ones. They look like API keys, and are none."""
        run = secrets.token_hex(4)
        return cls(
            {way: Secret(_key()) for way in Way},
            {way: f"prodproof-check-{run}-{way.name.lower()}" for way in Way},
        )

    def matcher(self) -> ValueMatcher:
        """Searches for all of them."""
        keys = [Wanted(f"{CANARY}{way.name}", value) for way, value in self.values.items()]
        marks = [Wanted(f"{MARK}{way.name}", Secret(text)) for way, text in self.marks.items()]
        # Nobody keeps the fingerprints of what is good for nothing, so neither is their key kept.
        return ValueMatcher([*keys, *marks], os.urandom(32))


def _key() -> str:
    letters = string.ascii_letters + string.digits
    while True:
        key = "".join(secrets.choice(letters) for _ in range(LENGTH))
        kinds = (str.isupper, str.islower, str.isdigit)
        if all(any(kind(letter) for letter in key[:20]) for kind in kinds):
            return key


@dataclass(frozen=True)
class Attempt:
    """One request that carries a canary."""

    way: Way
    to: str
    target: str
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    content: bytes = b""


@probe(
    CanarySearch,
    per=EntryPoint,
    proof=Proof.ACTIVE,
    permission=Permission.CANARY,
    time_limit=400,
    needs_trust=True,
)
async def observe(point: EntryPoint, world: World) -> Survey[CanarySearch]:
    """One observation for each entry point."""
    canaries, logs = Canaries.made(), world.declared.logs
    before = await asyncio.to_thread(position, logs, world, datetime.now(UTC))
    matcher = canaries.matcher()
    sent, documents, error, lab = await _send(point, canaries, world)
    answers = await asyncio.to_thread(_search, [FetchedSource("answers", Fetched(tuple(documents), ()))], matcher)
    running = await asyncio.to_thread(_search, [ProcessSource("processes")], matcher)
    found = await _read_logs(point, logs, before, matcher, sent, world)
    seen = CanarySearch(
        sent=tuple(replace(item, seen_in=_seen_in(item.way, found)) for item in sent),
        logs=tuple(read for _, read, _ in found),
        came_out=_once(
            (
                *_came_back(answers),
                *(_out(item) for item in _canaries_in(running)),
                *(_out(item, log) for log, _, outcome in found for item in _canaries_in(outcome)),
            )
        ),
        certificate_error=error,
    )
    return Survey(CanarySearch, (world.outside(point.subject, seen, lab, Proof.ACTIVE),))


# ---- sending


async def _send(
    point: EntryPoint, canaries: Canaries, world: World
) -> tuple[list[Sent], list[Document], str | None, bool]:
    origin = _origin(point.url)
    others = {_origin(item.url) for item in world.declared.entry_points} - {origin}
    sent: list[Sent] = []
    documents: list[Document] = []
    error, lab = None, False
    for attempt in attempts(point, canaries, origin):
        agent = ("User-Agent", f"{world.settings.user_agent} {canaries.marks[attempt.way]}")
        answer = await world.http.ask(
            f"{origin}/",
            attempt.method,
            target=attempt.target.encode("latin-1", "replace"),
            headers=(agent, *attempt.headers),
            content=attempt.content,
            unverified=True,
        )
        if isinstance(answer, Unseen):
            sent.append(Sent(way=attempt.way, to=attempt.to, why=answer.why, detail=answer.detail))
            continue
        error, lab = error or answer.certificate_error, lab or answer.lab
        sent_on = answer.redirect is not None and _origin(answer.redirect) in others
        sent.append(Sent(way=attempt.way, to=attempt.to, status=answer.status, sent_on=sent_on))
        if answer.status >= 400:
            documents.append(_document(attempt, answer))
    tried = {item.way for item in sent}
    for way, path in ((Way.TASK, point.task_error_path), (Way.DATABASE, point.database_error_path)):
        if way not in tried and path != NONE:
            key = "task_error_path" if way is Way.TASK else "database_error_path"
            sent.append(Sent(way=way, why=Reason.NOT_DECLARED, detail=f"declare {key} of the entry point"))
    return sent, documents, error, lab


def _origin(url: str) -> str:
    return f"{urlsplit(url).scheme.lower()}://{authority_of(url)}"


def attempts(point: EntryPoint, canaries: Canaries, origin: str) -> tuple[Attempt, ...]:
    """Each way once to what fails on purpose and, where it means something, once to what is not there."""
    path = urlsplit(point.url).path.rstrip("/")
    key = {way: value.reveal() for way, value in canaries.values.items()}
    fails = point.error_path or f"{path}/{canaries.marks[Way.PATH]}-fails"
    token = secrets.token_hex(16)
    # A form that any visitor's browser could have sent, as frameworks that compare a cookie with a field see it.
    cookies = ("Cookie", "; ".join(f"{name}={token}" for name in _CSRF))
    posted = (("Origin", origin), ("Referer", f"{origin}/"), cookies, ("X-CSRFToken", token))
    found: list[Attempt] = []
    for to, base in ((FAILS, fails), (UNKNOWN, None)):

        def target(way: Way, base: str | None = base) -> str:
            return base or f"{path}/{canaries.marks[way]}"

        form = urlencode({"password": key[Way.FORM], "csrfmiddlewaretoken": token}).encode()
        text = json.dumps({"password": key[Way.JSON]}).encode()
        # What is not there gets a text that is cut off: parsers like to repeat what they could not read.
        text = text if base else text[:-1]
        query = f"{target(Way.QUERY)}{'&' if '?' in target(Way.QUERY) else '?'}token={key[Way.QUERY]}"
        bearer, api_key = ("Authorization", f"Bearer {key[Way.AUTHORIZATION]}"), ("X-Api-Key", key[Way.HEADER])
        found += [
            Attempt(Way.AUTHORIZATION, to, target(Way.AUTHORIZATION), headers=(bearer,)),
            Attempt(Way.HEADER, to, target(Way.HEADER), headers=(api_key,)),
            Attempt(Way.COOKIE, to, target(Way.COOKIE), headers=(("Cookie", f"api_token={key[Way.COOKIE]}"),)),
            Attempt(Way.QUERY, to, query),
            Attempt(Way.FORM, to, target(Way.FORM), "POST", (*posted, _FORM), form),
            Attempt(Way.JSON, to, target(Way.JSON), "POST", (*posted, _JSON), text),
        ]
    below = fails.partition("?")[0].rstrip("/")
    found.append(Attempt(Way.PATH, UNKNOWN, f"{below}/{quote(key[Way.PATH])}/{canaries.marks[Way.PATH]}"))
    for way, to, special in (
        (Way.TASK, IN_A_JOB, point.task_error_path),
        (Way.DATABASE, IN_THE_DATABASE, point.database_error_path),
    ):
        if special is not None and special != NONE:
            fields = {"token": key[way], "note": canaries.marks[way], "csrfmiddlewaretoken": token}
            found.append(Attempt(way, to, special, "POST", (*posted, _FORM), urlencode(fields).encode()))
    return tuple(found)


def _document(attempt: Attempt, answer: Exchange) -> Document:
    headers = "".join(f"{name}: {value}\n" for name, value in answer.headers).encode("latin-1", "replace")
    return Document(f"the {answer.status} answer of {attempt.to} to {attempt.way}", headers + b"\n" + answer.body)


# ---- looking

_Looked = tuple[Log, LogRead, Outcome]


async def _read_logs(
    point: EntryPoint,
    logs: Sequence[Log],
    before: Position,
    matcher: ValueMatcher,
    sent: Sequence[Sent],
    world: World,
) -> list[_Looked]:
    """Every log, once everything that is expected has turned up in it, or the time for that is over."""
    deadline = asyncio.get_running_loop().time() + WAIT
    answered = any(item.status is not None for item in sent)
    has_job = any(item.way is Way.TASK and item.status is not None and item.status < 300 for item in sent)
    while True:
        found = [(log, *await _read(point, log, before, matcher, world)) for log in logs]
        waiting = any(read.expected and not read.marked and read.why is None for _, read, _ in found)
        waiting = waiting or (has_job and bool(found) and not _seen_in(Way.TASK, found))
        if not (waiting and answered) or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(PAUSE)
    await asyncio.sleep(SETTLED)
    return [(log, *await _read(point, log, before, matcher, world)) for log in logs]


async def _read(
    point: EntryPoint, log: Log, before: Position, matcher: ValueMatcher, world: World
) -> tuple[LogRead, Outcome]:
    reading = await since(log, world, before)
    outcome = await asyncio.to_thread(_search, reading.sources, matcher)
    marked = any(item.kind.startswith(MARK) for item in outcome.findings)
    if log.kind == "postgres" and not marked:
        marked = await asyncio.to_thread(wrote_an_error, log, world, before)
    why = reading.why
    if why is None and outcome.gaps:
        first = outcome.gaps[0]
        why = Unseen(first.why, f"{first.path}: {first.detail}" if first.path else first.detail)
    read = LogRead(
        name=log.name,
        kind=log.kind,
        why=why.why if why else None,
        detail=why.detail if why else "",
        expected=not log.of or point.url in log.of,
        marked=marked,
    )
    return read, outcome


def _search(sources: Sequence[Source], matcher: ValueMatcher) -> Outcome:
    search = Search(sources, [matcher])
    timer = threading.Timer(SEARCH_SECONDS, search.stop)
    timer.daemon = True
    timer.start()
    try:
        return search.run()
    finally:
        timer.cancel()


def _canaries_in(outcome: Outcome) -> Iterable[Finding]:
    return (item for item in outcome.findings if item.kind.startswith(CANARY))


def _seen_in(way: Way, found: Iterable[_Looked]) -> tuple[str, ...]:
    return tuple(
        log.name for log, _, outcome in found if any(item.kind == f"{MARK}{way.name}" for item in outcome.findings)
    )


def _came_back(answers: Outcome) -> Iterable[CameOut]:
    return (replace(_out(item), status=int(item.path.split(" ")[1])) for item in _canaries_in(answers))


def _out(item: Finding, log: Log | None = None) -> CameOut:
    way = Way[item.kind.removeprefix(CANARY)]
    in_request_line = way in IN_ADDRESS and log is not None
    return CameOut(
        way=way,
        where=log.name if log else "",
        place=f"{item.path}:{item.line}" if item.line and log and log.path else item.path,
        encoding=item.encoding,
        request_line=in_request_line
        and ((log is not None and log.kind == "nginx") or _REQUEST_LINE.search(item.context) is not None),
        context=item.context,
    )


def _once(found: Sequence[CameOut]) -> tuple[CameOut, ...]:
    """One for each way, file and kind of line: a traceback repeats what it shows."""
    kept: dict[object, CameOut] = {}
    for item in found:
        key = (item.way, item.where, item.place.rpartition(":")[0] or item.place, item.status, item.request_line)
        kept.setdefault(key, item)
    return tuple(kept.values())
