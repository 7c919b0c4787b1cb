"""Where known vulnerabilities are looked up: a local OSV export, the OSV service, or pip-audit with PyPI's data.

Each source answers for every package that it was asked about; what it could not look up is named with the reason,
never left out.
"""

import json
import re
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile, ZipFile

import httpx

from prodproof.facts import Reason, Unseen
from prodproof.facts.dependencies import Ecosystem, KnownAdvisory
from prodproof.reach.process import run
from prodproof.reach.scanners.osv import Matches, Package, match, modified_at, normalised
from prodproof.reach.world import Settings

NOT_CONFIGURED = (
    'no advisory source is named: [advisories] source = "osv-export:PATH" (a copy of OSV\'s all.zip), "osv" or "pypi"'
)
MAX_ENTRY = 4 * 1024 * 1024
MAX_ENTRIES = 1_000_000
MAX_TOTAL = 4 * 1024 * 1024 * 1024
MAX_ANSWER = 16 * 1024 * 1024
_ECOSYSTEMS = frozenset(item.value for item in Ecosystem)
_NAME = re.compile(rb'"name"\s*:\s*"([^"\\]{1,214})"')
_ECOSYSTEM = re.compile(rb'"ecosystem"\s*:\s*"([A-Za-z.]{1,40})')
_ESCAPED_NAME = re.compile(rb'"name"\s*:\s*"[^"\\]*\\')
_MODIFIED = re.compile(rb'"modified"\s*:\s*"([0-9TZ:.+-]{10,40})"')


@dataclass(frozen=True)
class Looked:
    """The answer of a source."""

    matches: Mapping[Package, Matches] = field(default_factory=dict)
    failed: Mapping[Package, str] = field(default_factory=dict)
    """Packages that could not be looked up, and why."""

    dated: datetime | None = None
    """When the data of an export is from; None for a service."""


class Source(Protocol):
    """Looks packages up."""

    name: str

    def look_up(self, packages: Sequence[Package]) -> Looked | Unseen:
        """Answer for every package, in `matches` or in `failed`; Unseen when the source is out of reach."""
        ...


class OsvExport:
    """A local export: a directory with OSV JSON files or `all.zip`s (in folders by ecosystem or not), or one zip."""

    name = "osv-export"

    def __init__(self, path: Path) -> None:
        self._path = path

    def look_up(self, packages: Sequence[Package]) -> Looked | Unseen:
        """Read the export once, keeping only the advisories that name one of the packages."""
        reading = _Reading({(item.ecosystem, item.name) for item in packages})
        try:
            problem = self._read(reading)
        except FileNotFoundError:
            return Unseen(Reason.UNREACHABLE, "the advisory export does not exist")
        except PermissionError:
            return Unseen(Reason.DENIED, "the advisory export may not be read")
        except (OSError, BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            return Unseen(Reason.INCOMPLETE, f"the advisory export cannot be read: {type(error).__name__}")
        if problem or reading.entries == 0 or reading.newest is None:
            return Unseen(Reason.INCOMPLETE, problem or "the advisory export holds no advisory in OSV's format")
        matches: dict[Package, Matches] = {}
        failed: dict[Package, str] = {}
        for package in packages:
            if package.ecosystem not in reading.ecosystems:
                failed[package] = f"the export has no advisories of {package.ecosystem}"
            else:
                key = (package.ecosystem, normalised(package.ecosystem, package.name))
                matches[package] = match(package, reading.kept.get(key, ()))
        return Looked(matches, failed, reading.newest)

    def _read(self, reading: "_Reading") -> str | None:
        if not self._path.is_dir():
            return reading.zip(self._path)
        for file in sorted(self._path.rglob("*")):
            if file.suffix == ".zip" and file.is_file():
                problem = reading.zip(file)
            elif file.suffix == ".json" and file.is_file():
                if file.stat().st_size > MAX_ENTRY:
                    return f"an advisory is larger than {MAX_ENTRY // 2**20} MB"
                problem = reading.entry(file.read_bytes())
            else:
                continue
            if problem:
                return problem
        return None


class _Reading:
    def __init__(self, wanted: set[tuple[Ecosystem, str]]) -> None:
        self._names = {normalised(ecosystem, name) for ecosystem, name in wanted}
        self.kept: dict[tuple[Ecosystem, str], list[dict[str, object]]] = {}
        self.ecosystems: set[str] = set()
        self.newest: datetime | None = None
        self.entries = 0
        self.total = 0

    def zip(self, path: Path) -> str | None:
        """Read one archive; what its directory says about sizes is not believed."""
        with ZipFile(path) as archive:
            for information in archive.infolist():
                if not information.filename.endswith(".json"):
                    continue
                # A quiet ecosystem may have had no new advisory for months: the export's own date counts too.
                self._date(datetime(*information.date_time, tzinfo=UTC))
                with archive.open(information) as file:
                    data = file.read(MAX_ENTRY + 1)
                if len(data) > MAX_ENTRY:
                    return f"an advisory is larger than {MAX_ENTRY // 2**20} MB"
                if problem := self.entry(data):
                    return problem
        return None

    def _date(self, moment: datetime) -> None:
        if self.newest is None or moment > self.newest:
            self.newest = moment

    def entry(self, data: bytes) -> str | None:
        """Take one advisory in, if it is about a wanted package; returns why reading cannot go on."""
        self.entries += 1
        self.total += len(data)
        if self.entries > MAX_ENTRIES or self.total > MAX_TOTAL:
            return "the advisory export is larger than anybody's"
        # Hundreds of thousands of entries: most are told apart without being parsed.
        for moment in _MODIFIED.findall(data):
            if made := modified_at(moment.decode()):
                self._date(made)
        self.ecosystems.update(found.decode() for found in set(_ECOSYSTEM.findall(data)))
        names = {name.decode("utf-8", "replace") for name in _NAME.findall(data)}
        wanted = any(normalised(Ecosystem.PYPI, name) in self._names or name in self._names for name in names)
        if not wanted and not _ESCAPED_NAME.search(data):
            return None
        try:
            parsed = json.loads(data)
        except (ValueError, RecursionError):
            return "an advisory that may concern a package is not JSON"
        if not isinstance(parsed, dict):
            return None
        affected = parsed.get("affected")
        for item in affected if isinstance(affected, list) else []:
            package = item.get("package") if isinstance(item, dict) else None
            if not isinstance(package, dict):
                continue
            ecosystem = str(package.get("ecosystem", "")).partition(":")[0]
            if ecosystem in _ECOSYSTEMS:
                key = (Ecosystem(ecosystem), normalised(Ecosystem(ecosystem), str(package.get("name", ""))))
                held = self.kept.setdefault(key, [])
                if not held or held[-1] is not parsed:
                    held.append(parsed)
        return None


class OsvService:
    """https://osv.dev, asked with the names and versions of packages: only where that was declared."""

    name = "osv"

    def __init__(self, client: httpx.Client, base: str = "https://api.osv.dev") -> None:
        self._client = client
        self._base = base

    def look_up(self, packages: Sequence[Package]) -> Looked | Unseen:
        """Ask for each package's advisories; pages are followed."""
        matches: dict[Package, Matches] = {}
        failed: dict[Package, str] = {}
        for package in packages:
            entries = self._query(package)
            if isinstance(entries, Unseen):
                if not matches:
                    return entries
                failed[package] = entries.detail
            else:
                matches[package] = match(package, entries)
        return Looked(matches, failed)

    def _query(self, package: Package) -> list[dict[str, object]] | Unseen:
        entries: list[dict[str, object]] = []
        token = ""
        for _ in range(20):
            body: dict[str, object] = {
                "package": {"name": package.name, "ecosystem": package.ecosystem},
                "version": package.version,
            }
            if token:
                body["page_token"] = token
            answer = _posted(self._client, f"{self._base}/v1/query", body)
            if isinstance(answer, Unseen):
                return answer
            vulns = answer.get("vulns", [])
            entries += [item for item in vulns if isinstance(item, dict)] if isinstance(vulns, list) else []
            token = str(answer.get("next_page_token") or "")
            if not token:
                return entries
        return Unseen(Reason.INCOMPLETE, f"more advisories of {package.name} than the service gives in 20 pages")


def _posted(client: httpx.Client, url: str, body: dict[str, object]) -> dict[str, object] | Unseen:
    data = bytearray()
    try:
        with client.stream("POST", url, json=body) as response:
            if response.status_code != 200:
                return Unseen(Reason.UNREACHABLE, f"the advisory service answered {response.status_code}")
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_ANSWER:
                    return Unseen(Reason.INCOMPLETE, "the advisory service's answer is too large")
        parsed = json.loads(bytes(data))
    except httpx.TimeoutException:
        return Unseen(Reason.TIMED_OUT, "the advisory service did not answer in time")
    except httpx.HTTPError as error:
        return Unseen(Reason.UNREACHABLE, f"the advisory service cannot be reached: {type(error).__name__}")
    except (ValueError, RecursionError):
        return Unseen(Reason.INCOMPLETE, "the advisory service's answer is not JSON")
    return (
        parsed if isinstance(parsed, dict) else Unseen(Reason.INCOMPLETE, "the advisory service's answer is no object")
    )


UNTRUSTED = "the certificate that it was shown is not trusted here; name your proxy's CA with --ca-file"


class PipAudit:
    """pip-audit with PyPI's own advisories, for Python packages only."""

    name = "pypi"

    def __init__(self, program: str, environment: Mapping[str, str] | None = None) -> None:
        self._program = program
        self._environment = dict(environment or {})

    def look_up(self, packages: Sequence[Package]) -> Looked | Unseen:
        """Run pip-audit over `name==version` lines; what it skipped is failed, whatever its exit code."""
        asked = [item for item in packages if item.ecosystem is Ecosystem.PYPI]
        failed = {item: "PyPI knows Python packages only" for item in packages if item not in asked}
        if not asked:
            return Looked({}, failed)
        lines = "".join(f"{item.name}=={item.version}\n" for item in asked)
        command = (self._program, "--requirement", "/dev/stdin", "--no-deps", "--disable-pip", "--format", "json",
                   "--progress-spinner", "off", "--vulnerability-service", "pypi", "--timeout", "10")  # fmt: skip
        answer = run(command, timeout=100, stdin=lines.encode(), env=self._environment, max_output=MAX_ANSWER)
        if isinstance(answer, Unseen):
            return answer
        if answer.code not in (0, 1) or not answer.stdout.strip():
            said = UNTRUSTED if b"CERTIFICATE_VERIFY_FAILED" in answer.stderr else answer.error_line()
            return Unseen(Reason.UNREACHABLE, f"pip-audit could not ask PyPI: {said}")
        return read_pip_audit(answer.stdout, asked, failed)


def read_pip_audit(output: bytes, asked: Iterable[Package], failed: Mapping[Package, str]) -> Looked | Unseen:
    """pip-audit's JSON: a package that it skipped, or does not name at all, was not looked up."""
    try:
        parsed = json.loads(output)
        listed = {
            normalised(Ecosystem.PYPI, str(item["name"])): item for item in parsed["dependencies"] if "name" in item
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        return Unseen(Reason.INCOMPLETE, "pip-audit wrote no list of dependencies")
    matches: dict[Package, Matches] = {}
    lost = dict(failed)
    for package in asked:
        item = listed.get(normalised(Ecosystem.PYPI, package.name))
        if item is None or "skip_reason" in item or not isinstance(item.get("vulns"), list):
            lost[package] = "pip-audit could not look it up"
            continue
        matches[package] = Matches(tuple(_pip_audit_entry(package, entry) for entry in item["vulns"]))
    return Looked(matches, lost)


def _pip_audit_entry(package: Package, entry: Mapping[str, object]) -> KnownAdvisory:
    aliases, fixes = entry.get("aliases"), entry.get("fix_versions")
    names = {str(entry.get("id", "?")), *(str(item) for item in (aliases if isinstance(aliases, list) else []))}
    return KnownAdvisory(
        package=package.name,
        version=package.version,
        ids=tuple(sorted(names)),
        summary=" ".join(str(entry.get("description") or "").split())[:200],
        fixed=tuple(str(item) for item in (fixes if isinstance(fixes, list) else [])),
    )


def open_source(written: str, root: Path | None, settings: Settings, pip_audit: str | None) -> Source | Unseen:
    """The source that `[advisories] source` names.

    Args:
        written: `osv-export:PATH`, `osv`, `pypi` or `none`.
        root: what a relative PATH is relative to.
        pip_audit: the installed program, or None.
    """
    kind, _, path = written.partition(":")
    if kind == "osv-export" and path:
        return OsvExport((root or Path()) / path)
    if kind == "osv":
        context: ssl.SSLContext | bool = True
        if settings.ca_file:
            context = ssl.create_default_context()
            context.load_verify_locations(settings.ca_file)
        client = httpx.Client(
            timeout=settings.total_timeout,
            proxy=settings.proxy,
            verify=context,
            headers={"User-Agent": settings.user_agent},
        )
        return OsvService(client)
    if kind == "pypi":
        if pip_audit is None:
            return Unseen(Reason.TOOL_MISSING, "pip-audit is not installed")
        environment = {"HTTPS_PROXY": settings.proxy} if settings.proxy else {}
        if settings.ca_file:
            environment["REQUESTS_CA_BUNDLE"] = str(settings.ca_file)
        return PipAudit(pip_audit, environment)
    return Unseen(Reason.NOT_CONFIGURED, NOT_CONFIGURED)


def age_in_days(dated: datetime, now: datetime) -> int:
    """Whole days since an export's newest change; 0 for one from the future."""
    return max(0, (now.astimezone(UTC) - dated.astimezone(UTC)).days)
