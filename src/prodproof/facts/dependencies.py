"""Packages that a repository asks for or has locked, as its manifests and lock files say."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location


class Ecosystem(StrEnum):
    """Where packages of one kind come from; the names are those of the OSV schema."""

    PYPI = "PyPI"
    NPM = "npm"
    PUB = "Pub"
    GO = "Go"
    CARGO = "crates.io"
    RUBYGEMS = "RubyGems"
    PACKAGIST = "Packagist"


class Origin(StrEnum):
    """What a dependency is fetched from."""

    REGISTRY = "registry"
    URL = "url"
    VCS = "vcs"
    LOCAL = "local"
    """A path or workspace member of the same repository, or a part of the SDK."""


class Role(StrEnum):
    """What a file does for its packages."""

    MANIFEST = "manifest"
    """Asks for packages, mostly by ranges."""

    LOCK = "lock"
    """Names every package with the version that will be installed, those that others bring along too."""


class Purpose(StrEnum):
    """For what the packages of a file are installed."""

    RUNTIME = "runtime"
    DEVELOPMENT = "development"
    """Its name or folder says development, tests, documentation or tools."""

    ASIDE = "aside"
    """A fixture, an example or somebody else's vendored code."""


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """One package in one file."""

    name: str
    """Normalised as its ecosystem does; for Python PEP 503."""

    written: str
    """The requirement as it stands there, without credentials, shortened."""

    version: str | None = None
    """The exact version, where the file names one."""

    origin: Origin = Origin.REGISTRY
    source: str | None = None
    """Host of the registry, or of the URL or repository, that the file names for it."""

    revision: str | None = None
    """Tag, branch or commit of a VCS dependency."""

    hashed: bool = False
    """Whether what is downloaded is compared with a hash that stands in the file."""

    development: bool = False
    """Not installed where the application runs."""

    insecure: bool = False
    """Fetched without TLS."""

    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest or lock file."""

    path: str
    ecosystem: Ecosystem
    form: str
    """`requirements`, `pyproject`, `poetry.lock`, `package-lock` ..."""

    role: Role
    purpose: Purpose = Purpose.RUNTIME
    dependencies: tuple[Dependency, ...] = ()
    whole: bool = False
    """Lists what packages bring along too: a lock, a compiled file, or one with a hash for each entry."""

    unread: tuple[int, ...] = ()
    """Lines that were not understood."""

    includes: tuple[str, ...] = ()
    """Files that it reads in (`-r`)."""

    constraints: tuple[str, ...] = ()
    """Files that limit its versions (`-c`)."""

    lock: str | None = None
    """Path of the lock file that covers a manifest."""

    lock_lacks: tuple[str, ...] = ()
    """Names that the manifest asks for and its lock does not hold."""

    library: bool = False
    """Packaging metadata of something that others install, in a repository that shows no application."""

    @property
    def location(self) -> Location:
        return Location(self.path)


class Severity(StrEnum):
    """Of an advisory, as CVSS 3 names it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, kw_only=True)
class KnownAdvisory:
    """A published advisory that is about the installed version of a package."""

    package: str
    version: str
    ids: tuple[str, ...]
    """All its names (CVE, GHSA, PYSEC), sorted; the first is used to speak of it."""

    severity: Severity | None = None
    summary: str = ""
    fixed: tuple[str, ...] = ()
    """Versions in which it is mended."""

    development: bool = False
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class NotLookedUp:
    """A package of which the advisory source could say nothing."""

    package: str
    why: str
    development: bool = False


@dataclass(frozen=True, kw_only=True)
class DependencyAudit:
    """One file's packages, looked up among published advisories."""

    path: str
    ecosystem: Ecosystem
    source: str
    """`osv-export`, `osv` or `pypi`."""

    purpose: Purpose
    packages: int
    """How many had an exact version and were asked for."""

    whole: bool
    """Whether the file lists what packages bring along too."""

    ranges: tuple[str, ...] = ()
    """Packages that are asked for by a range, so that nobody knows which version runs."""

    known: tuple[KnownAdvisory, ...] = ()
    not_looked_up: tuple[NotLookedUp, ...] = ()
    unread: tuple[int, ...] = ()
    data_age_days: int | None = None
    """Age of an export; None where a service was asked."""


@dataclass(frozen=True, kw_only=True)
class FlutterAudit(DependencyAudit):
    """The same for a pubspec.lock."""
