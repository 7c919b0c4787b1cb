"""The work of `prodproof trace`: resolve the values, open the places, search, show."""

import os
import re
import stat
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodproof.facts import Unseen
from prodproof.ledger.keys import fingerprint_key
from prodproof.reach.secret import Secret, resolve
from prodproof.system.errors import UserError, inert
from prodproof.trace.quest import Quest, quest_for
from prodproof.trace.search import Outcome, Progress, Search, first_of_each

if TYPE_CHECKING:
    from prodproof.facts.declared import Declared
    from prodproof.trace.stream import Source
    from prodproof.trace.values import Wanted

SCHEMA = "prodproof/trace/1"
MAX_VALUES_FILE = 256 * 1024 * 1024
_ADDRESS = re.compile(r"[^@\s:/]+@[^@\s:/]+\.[A-Za-z]{2,}")
_FILE = "prodproof.toml"
NO_SYSTEM = "trace"
"""Name of the fingerprint key where no system file says whose secrets they are."""


@dataclass(frozen=True)
class Options:
    """How places are reached, as it was typed."""

    ca_file: Path | None = None
    rate: float = 10.0
    resolve: Sequence[str] = ()
    source_address: str | None = None


@dataclass(frozen=True)
class Tracing:
    """One call of the command.

    A hook runs it before every commit, so nothing is imported that its way does not need.
    """

    system: str
    """Whose secrets they are: the name of the fingerprint key."""

    declared: "Declared | None"
    """What the system file says, if there is one that this search needs."""

    options: Options
    trusted: bool
    fresh: bool

    @classmethod
    def open(cls, system: Path | None, options: Options, *, trust: bool, fresh: bool, quick: bool) -> "Tracing":
        """Read what the system file says about rules, allowed findings and data stores, if there is one.

        Args:
            quick: read no more of it than its name where it says nothing of rules and allowed findings.
        """
        name, there, needed = _glance(system)
        if not there or (quick and not needed):
            return cls(name, None, options, trust, fresh)
        declared = _declared(system, trust)
        trusted = trust or (declared is not None and declared.trusted)
        return cls(declared.system if declared else name, declared, options, trusted, fresh)

    def search(
        self,
        value: Sequence[str],
        values: Sequence[str],
        *,
        as_is: bool,
        patterns: bool,
        where: Sequence[str],
        staged: bool,
        every: bool,
        threads: int | None,
        show: bool,
    ) -> Outcome:
        """Carry it out. Raises UserError for values and places that cannot be used."""
        key = fingerprint_key(self.system)
        quest = self._quest(value, values, as_is, patterns, key)
        sources = self._sources(where, staged, quest)
        with _Display(show) as display:
            outcome = Search(sources, quest.matchers, threads=threads, progress=display).run()
        findings = outcome.findings if every else tuple(first_of_each(outcome.findings))
        return replace(outcome, findings=self._not_allowed(findings), left_out=(*quest.limits, *outcome.left_out))

    def _quest(self, value: Sequence[str], values: Sequence[str], as_is: bool, patterns: bool, key: bytes) -> Quest:
        from prodproof.trace.patterns import Rule, load_pack, own_rules, without_doubles

        rules: tuple[Rule, ...] = ()
        if patterns:
            own = own_rules(self.declared.secret_rules) if self.declared else ()
            rules = without_doubles((*load_pack(), *own))
        wanted = tuple(self._wanted(value, values)) if value or values else ()
        return quest_for(key, wanted=wanted, as_is=as_is, rules=rules)

    def _wanted(self, value: Sequence[str], values: Sequence[str]) -> "Iterator[Wanted]":
        from prodproof.trace.values import Wanted

        for reference in value:
            secret = _descriptor(reference) if reference.startswith("fd:") else resolve(reference, ".")
            if isinstance(secret, Unseen):
                raise UserError(f"--value {inert(reference)}: {secret.detail}")
            yield Wanted(reference, secret, _is_address(secret))
        for reference in values:
            for number, line in enumerate(_lines(reference), 1):
                if line.strip():
                    secret = Secret(line.strip())
                    yield Wanted(f"line {number} of {reference}", secret, _is_address(secret))

    def _sources(self, where: Sequence[str], staged: bool, quest: Quest) -> "list[Source]":
        if staged:
            from prodproof.trace.sources.staged import StagedSource

            return [StagedSource.open("staged", Path())]
        from prodproof.cli.settings import settings_from
        from prodproof.trace.cache import Cache
        from prodproof.trace.sources.opening import Access, open_place

        settings = settings_from(
            ca_file=self.options.ca_file,
            rate=self.options.rate,
            resolve=self.options.resolve,
            source_address=self.options.source_address,
        )
        cache = None if self.fresh else Cache.of_user(quest.digest)
        access = Access(self._dsn, settings, cache, decode=quest.rules > 0)
        return [open_place(text, access) for text in dict.fromkeys(where)]

    def _dsn(self, name: str) -> Secret | Unseen:
        if name.startswith(("env:", "file:")):
            return resolve(name, ".")
        stores = self.declared.data_stores if self.declared else ()
        store = next((item for item in stores if item.name == name), None)
        if store is None or store.dsn is None:
            known = ", ".join(item.name for item in stores if item.dsn) or "none"
            raise UserError(f"postgres:{inert(name)}: no such data store with a dsn is declared ({known})")
        if not self.trusted:
            raise UserError(f"postgres:{inert(name)}: its dsn is resolved only with trust: prodproof trust, or --trust")
        return resolve(store.dsn, self.declared.root if self.declared else None)

    def _not_allowed(self, findings: "Sequence[Any]") -> "tuple[Any, ...]":
        if self.declared is None or not self.declared.secrets_allowed:
            return tuple(findings)
        from prodproof.trace.patterns.allow import not_allowed

        return not_allowed(findings, self.declared.secrets_allowed, datetime.now(UTC).date())

    def as_json(self, outcome: Outcome) -> Mapping[str, Any]:
        """The stable JSON answer."""
        return {
            "schema": SCHEMA,
            "findings": [
                {
                    "id": item.id,
                    "place": item.place,
                    "path": item.path,
                    "offset": item.offset,
                    "line": item.line,
                    "commit": item.commit,
                    "date": item.date,
                    "kind": item.kind,
                    "rule": item.rule,
                    "encoding": item.encoding,
                    "fingerprint": item.fingerprint,
                    "context": item.context,
                }
                for item in outcome.findings
            ],
            "more": outcome.more,
            "bytes_read": outcome.bytes_read,
            "left_out": list(outcome.left_out),
            "incomplete": [
                {"place": gap.place, "path": gap.path, "reason": gap.why, "detail": gap.detail} for gap in outcome.gaps
            ],
        }

    def as_text(self, outcome: Outcome, *, color: bool) -> Iterator[str]:
        """Lines for people: what was found first, then what was not searched, then the sum."""
        red, amber, dim, end = ("\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m") if color else ("", "", "", "")
        for item in outcome.findings:
            line = f":{item.line}" if item.line else f" at byte {item.offset:,}"
            written = "" if item.encoding == "plain" else f" ({item.encoding})"
            commit = f"  {item.commit[:12]} {(item.date or '')[:10]}" if item.commit else ""
            yield f"{red}✗{end} {item.kind}{written}  {inert(item.path or item.place, 200)}{line}{commit}"
            yield f"{dim}    {item.context}   id {item.id}, value {item.fingerprint[:16]}{end}"
        if outcome.more:
            yield f"and {outcome.more:,} more"
        for gap in outcome.gaps:
            where = ": ".join(filter(None, (gap.place, gap.path)))
            yield f"{amber}?{end} {where + ': ' if where else ''}{gap.detail} ({gap.why})"
        for line in outcome.left_out:
            yield f"{dim}left out: {inert(line, 200)}{end}"
        count = len(outcome.findings) + outcome.more
        found = f"{count:,} found" if count else "nothing found"
        sure = "" if outcome.complete else "; a part was not searched, so this is no proof of absence"
        yield f"{found} in {size(outcome.bytes_read)}{sure if not count else ''}"


def _glance(system: Path | None) -> tuple[str, bool, bool]:
    """The name that the nearest system file gives; whether there is one; whether it says anything of rules or allowed
    findings.

    Reading it wholly takes half of the time that an unchanged repository takes.
    """
    file = system
    if file is None or file.is_dir():
        start = (file or Path()).resolve()
        file = next((folder / _FILE for folder in (start, *start.parents) if os.path.lexists(folder / _FILE)), None)
    if file is None:
        return NO_SYSTEM, False, False
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
        included = [(file.parent / str(name)).read_bytes() for name in tables.get("include", ())]
    except (OSError, ValueError, TypeError):  # whoever reads it wholly says what is wrong with it
        return NO_SYSTEM, True, True
    told = {"secret_rule", "secret_allowed"}
    says = bool(told & tables.keys()) or any(b"secret_" in it for it in included)
    return str(tables.get("name", NO_SYSTEM)), True, says


def _declared(system: Path | None, trust: bool) -> "Declared | None":
    from prodproof.cli.session import open_session
    from prodproof.system.load import find_system_file

    if find_system_file(system or Path()) is None:
        return None
    return open_session(str(system or "."), trust=trust).declared


def _is_address(secret: Secret) -> bool:
    """Whether it is a mail address, whose letters nobody tells apart by case."""
    return _ADDRESS.fullmatch(secret.reveal()) is not None


def _descriptor(reference: str) -> Secret | Unseen:
    lines = [line for line in _lines(reference) if line.strip()]
    if len(lines) != 1:
        raise UserError(f"--value {inert(reference)}: one line is expected there; --values takes many")
    return Secret(lines[0].strip())


def _lines(reference: str) -> Iterator[str]:
    scheme, _, name = reference.partition(":")
    try:
        if scheme == "fd" and name.isdecimal():
            descriptor = int(name)
        elif scheme == "file":
            descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UserError(f"--values {inert(reference)}: not a regular file")
        else:
            raise UserError(f"--values {inert(reference)}: write file:PATH or fd:N")
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(MAX_VALUES_FILE + 1)
    except OSError as error:
        raise UserError(f"{inert(reference)}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(data) > MAX_VALUES_FILE:
        raise UserError(f"{inert(reference)}: more than {MAX_VALUES_FILE // 2**20} MB of values")
    for number, line in enumerate(data.splitlines(), 1):
        try:
            yield line.decode()
        except UnicodeDecodeError:
            raise UserError(f"{inert(reference)}: line {number} is not UTF-8 text") from None


def size(count: int) -> str:
    """Bytes as people say them: `2.1 GB`."""
    if count < 1000:
        return f"{count} bytes"
    number = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        number /= 1000
        if number < 999.5 or unit == "TB":
            break
    return f"{number:.1f} {unit}" if number < 100 else f"{number:.0f} {unit}"


class _Display:
    """Bytes, rate and time left, on a terminal only."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()

    def __enter__(self) -> "_Display":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, at: Progress) -> None:
        """Follow a search."""
        if not self._shown or at.seconds < 0.3:
            return
        rate = at.read / at.seconds
        whole = f" of {size(at.size)}" if at.size else ""
        left = f"  {max(0, at.size - at.read) / rate:.0f} s left" if at.size and rate else ""
        found = f"  {at.findings:,} found" if at.findings else ""
        line = f"searching {inert(at.place, 40)}  {size(at.read)}{whole}  {size(int(rate))}/s{left}{found}"
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()
