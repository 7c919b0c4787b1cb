"""Prowler's results (JSON-OCSF: an array of Detection Findings, OCSF class 2004), for one account.

They are read one after the other, because those of a large account are hundreds of megabytes. A file that is cut off,
holds a second scan behind the first, or an entry of unknown form says nothing: what is missing from it might be the
failure. Fields: https://schema.ocsf.io/classes/detection_finding and Prowler's `lib/outputs/ocsf/ocsf.py`.
"""

import codecs
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from prodproof.facts import Reason, Unseen
from prodproof.facts.posture import AccountFlaw, Cloud, PostureResults
from prodproof.reach.git.repository import shown

MAX_FILE = 1024 * 1024 * 1024
MAX_ENTRY = 4 * 1024 * 1024
"""Characters of one result."""

MAX_FLAWS = 1000
MAX_NAMES = 5000
"""Different checks, regions or accounts; Prowler has under two thousand checks."""

_CHUNK = 1024 * 1024
_DETECTION_FINDING = 2004
_SUPPRESSED = 3
_LESSER = frozenset({1, 2, 3})
"""OCSF's informational, low and medium; a failure of no known severity counts as severe."""

_MILLISECONDS = 10**11
"""Prowler writes seconds where OCSF asks for milliseconds; no second of this millennium is as large."""

_STATUSES = ("PASS", "FAIL", "MANUAL", "MUTED")
_BLANK = " \t\r\n"
_CHECK = re.compile(r"[A-Za-z0-9_.-]{1,120}")
_DECODER = json.JSONDecoder()


class _UnreadableError(Exception):
    """The file cannot stand for a scan; the message says why."""


@dataclass(frozen=True)
class AccountScan:
    """The results of one account, and when they were made."""

    results: PostureResults
    first: datetime
    """The oldest result: what the whole is as old as."""

    last: datetime


@dataclass(frozen=True)
class _Result:
    cloud: str
    account: str
    tenant: str
    at: datetime
    version: str
    check: str
    status: str
    muted: bool
    severe: bool
    title: str
    places: tuple[tuple[str, str], ...]
    """Resource and region."""


def read_scan(path: Path, cloud: Cloud, account: str) -> AccountScan | Unseen:
    """Read the results of one account from a file of Prowler's.

    Args:
        path: the file; results of other accounts in it are left out.
        cloud: the provider that the results must be of.
        account: id of the AWS account, Azure subscription or Google Cloud project.

    Returns:
        The scan, or why there is none: not-configured (no such file), denied or incomplete.
    """
    name = shown(path.name)
    try:
        # Without O_NONBLOCK a named pipe would keep us waiting for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            information = os.fstat(file.fileno())
            if not stat.S_ISREG(information.st_mode):
                return Unseen(Reason.INCOMPLETE, f"{name} is not a regular file")
            if information.st_size > MAX_FILE:
                return Unseen(Reason.INCOMPLETE, f"{name} is larger than {MAX_FILE // 2**20} MB")
            return _Reading(cloud, account).read(file)
    except (FileNotFoundError, NotADirectoryError):
        return Unseen(Reason.NOT_CONFIGURED, f"the posture results {name} do not exist")
    except PermissionError:
        return Unseen(Reason.DENIED, f"{name} may not be read")
    except (OSError, ValueError) as error:
        return Unseen(Reason.INCOMPLETE, f"{name} cannot be read: {type(error).__name__}")
    except _UnreadableError as error:
        return Unseen(Reason.INCOMPLETE, f"{name} {error}")


@dataclass
class _Reading:
    cloud: Cloud
    account: str
    others: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    manual: set[str] = field(default_factory=set)
    flaws: dict[AccountFlaw, None] = field(default_factory=dict)
    more: int = 0
    lesser: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def read(self, file: BinaryIO) -> AccountScan | Unseen:
        for number, entry in enumerate(_Entries(file).all(), 1):
            result = _result(entry)
            if isinstance(result, str):
                raise _UnreadableError(f"holds something else than Prowler's results: entry {number} {result}")
            self._take(result)
        if self.first is None or self.last is None:
            whose = f"only results of {', '.join(sorted(self.others)[:3])}" if self.others else "no result"
            raise _UnreadableError(f"holds {whose}, none of {self.cloud} account {shown(self.account)}")
        results = PostureResults(
            cloud=self.cloud,
            account=shown(self.account),
            scanner=f"Prowler {', '.join(sorted(self.versions)[:3])}".rstrip(),
            answered=tuple(sorted(self.answered)),
            regions=tuple(sorted(self.regions)),
            flaws=tuple(self.flaws),
            more_flaws=self.more,
            left_to_people=tuple(sorted(self.manual)),
            lesser=self.lesser,
        )
        return AccountScan(results, self.first, self.last)

    def _take(self, result: _Result) -> None:
        # Azure's sign-in checks are about the tenant that the subscription belongs to.
        tenant_wide = self.cloud is Cloud.AZURE and result.account == result.tenant != ""
        if result.cloud != self.cloud or not (_same(result.account, self.account) or tenant_wide):
            self.others.add(f"{result.cloud} account {result.account}")
        else:
            self.first = min(self.first or result.at, result.at)
            self.last = max(self.last or result.at, result.at)
            self.versions.add(result.version)
            self.regions.update(region for _, region in result.places if region)
            self._count(result)
        if max(map(len, (self.others, self.versions, self.answered, self.regions, self.manual))) > MAX_NAMES:
            raise _UnreadableError(f"names more than {MAX_NAMES} checks, regions or accounts")

    def _count(self, result: _Result) -> None:
        if result.status == "MANUAL":
            if result.severe:
                self.manual.add(result.check)
            return
        self.answered.add(result.check)
        if result.status == "PASS":
            return
        for resource, region in result.places:
            if not result.severe:
                self.lesser += 1
                continue
            flaw = AccountFlaw(
                check=result.check, title=result.title, resource=resource, region=region, muted=result.muted
            )
            if len(self.flaws) < MAX_FLAWS:
                self.flaws[flaw] = None
            elif flaw not in self.flaws:
                self.more += 1


def _same(found: str, declared: str) -> bool:
    # AWS prints its account ids with and without dashes.
    one, other = found.strip().lower(), declared.strip().lower()
    return one == other or (one.isdecimal() and one == other.replace("-", ""))


class _Entries:
    """The elements of a JSON array that may be larger than memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("strict").decode
        self._text = ""
        self._at = 0

    def all(self) -> Iterator[object]:
        """Every element; raises _UnreadableError unless the array ends, and the file with it."""
        if self._next() != "[":
            raise _UnreadableError("is not Prowler's JSON-OCSF output: an array of results")
        self._at += 1
        if self._next() == "]":
            self._at += 1
        else:
            yield from self._elements()
        if self._next():
            raise _UnreadableError("goes on after its end: Prowler appends to a file that exists, so remove it first")

    def _elements(self) -> Iterator[object]:
        while True:
            if self._next() != "{":
                raise _UnreadableError(_CUT)
            yield self._element()
            following = self._next()
            self._at += 1
            if following == "]":
                return
            if following != ",":
                raise _UnreadableError(_CUT)

    def _element(self) -> object:
        while True:
            try:
                value, self._at = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                if len(self._text) - self._at > MAX_ENTRY:
                    raise _UnreadableError(
                        f"has an entry that is no JSON, or larger than {MAX_ENTRY >> 20} MB"
                    ) from None
                if not self._more():
                    raise _UnreadableError(_CUT) from None
            else:
                return value

    def _next(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _more(self) -> bool:
        data = self._file.read(_CHUNK)
        try:
            new = self._decode(data, not data)
        except UnicodeDecodeError:
            raise _UnreadableError("is not UTF-8 text") from None
        self._text, self._at = self._text[self._at :] + new, 0
        return bool(data)


_CUT = "is cut off, or not JSON to its end: run the scan again"


def _result(entry: object) -> _Result | str:
    """One entry of the array, or what is wrong with it."""
    if not isinstance(entry, dict) or entry.get("class_uid") != _DETECTION_FINDING:
        return f"is no Detection Finding (class_uid {_DETECTION_FINDING})"
    metadata, cloud = _table(entry, "metadata"), _table(entry, "cloud")
    product = _table(metadata, "product")
    if _text(product, "name").lower() != "prowler":
        return "was not made by Prowler"
    check, status = _text(metadata, "event_code"), entry.get("status_code")
    if not _CHECK.fullmatch(check):
        return "names no check (metadata.event_code)"
    if status not in _STATUSES:
        return "has no status_code PASS, FAIL, MANUAL or MUTED"
    at, severity = _time(entry), entry.get("severity_id")
    if at is None:
        return "has no time"
    return _Result(
        cloud=_text(cloud, "provider", 60).lower() or "another",
        account=_text(_table(cloud, "account"), "uid", 200),
        tenant=_text(_table(cloud, "org"), "uid", 200),
        at=at,
        version=_text(product, "version", 40),
        check=check,
        status=str(status),
        muted=status == "MUTED" or entry.get("status_id") == _SUPPRESSED,
        severe=not (isinstance(severity, int) and severity in _LESSER),
        title=_text(_table(entry, "finding_info"), "title", 300),
        places=_places(entry.get("resources"), _text(cloud, "region", 60)),
    )


def _places(resources: object, region: str) -> tuple[tuple[str, str], ...]:
    listed = [item for item in resources if isinstance(item, dict)] if isinstance(resources, list) else []
    found = tuple(
        (_text(item, "uid", 1000) or _text(item, "name", 1000) or "the account", _text(item, "region", 60) or region)
        for item in listed[:100]
    )
    return found or (("the account", region),)


def _time(entry: dict[str, object]) -> datetime | None:
    value = entry.get("time")
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
        # Without an offset it is the scanning machine's local time, which nobody here knows.
        at = datetime.fromisoformat(str(entry.get("time_dt")))
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _table(holder: dict[str, object], key: str) -> dict[str, object]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def _text(holder: dict[str, object], key: str, limit: int = 200) -> str:
    value = holder.get(key)
    # A lone surrogate is JSON, but no text that could be stored.
    return shown(value[:limit].encode("utf-8", "backslashreplace").decode()) if isinstance(value, str) else ""
