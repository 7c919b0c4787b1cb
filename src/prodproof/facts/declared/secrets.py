"""Secrets, the managers that keep them, and where they could turn up."""

import re
from dataclasses import dataclass
from datetime import date

from prodproof.facts.declared.rotation import SecretRotation
from prodproof.facts.declared.targets import Permission
from prodproof.facts.location import Location
from prodproof.facts.subject import Subject

_ACTION = r"[a-z0-9-]+:[A-Za-z*]+"
_AWS = re.compile(rf"(?P<actions>{_ACTION}(?:,\s*{_ACTION})*)\s+(?P<resources>(?:arn:\S+|\*)(?:\s+(?:arn:\S+|\*))*)")
_NAMED = re.compile(r"(?P<service>[a-z][a-z0-9-]*):\s+(?P<actions>\S.*?)(?:\s+on\s+(?P<resources>\S.*))?")


@dataclass(frozen=True, kw_only=True)
class Power:
    """One thing that a secret may do: `postgres: SELECT on orders`, `s3:GetObject arn:aws:s3:::shop/*`."""

    service: str
    """`postgres`, `aws`, or whatever the team calls it."""

    actions: tuple[str, ...]
    """`SELECT`, `s3:GetObject`; as they are written."""

    resources: tuple[str, ...] = ()
    """Tables, resource names; none where the action is not about one."""

    @classmethod
    def parse(cls, text: str) -> "Power":
        """Read `SERVICE: ACTIONS on THINGS` or `SERVICE:ACTION ARN`, lists separated by commas.

        Raises ValueError for anything else.
        """
        text = text.strip()
        if aws := _AWS.fullmatch(text):
            return cls(
                service="aws",
                actions=_parts(aws["actions"]),
                resources=tuple(aws["resources"].replace(",", " ").split()),
            )
        if named := _NAMED.fullmatch(text):
            return cls(
                service=named["service"],
                actions=_parts(named["actions"]),
                resources=_parts(named["resources"] or ""),
            )
        raise ValueError("expected `postgres: SELECT, INSERT on orders` or `s3:GetObject arn:aws:s3:::bucket/*`")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret by reference: `env:NAME`, `file:PATH`, `aws-sm:NAME`, `vault:MOUNT/PATH#KEY` ..."""

    name: str
    ref: str
    environment: str = "production"
    purpose: str = ""
    owner: str = ""
    rotate_every: int | None = None
    """Seconds."""

    manager: str | None = None
    """Name of the `[[secret_manager]]` that the reference is about; None: the one of its kind."""

    setting: str | None = None
    """Where a Django application sees it, dotted: `DATABASES.default.PASSWORD`."""

    variable: str | None = None
    """Where the serving process sees it: an environment variable."""

    public: bool = False
    """Meant to be known by everybody (a publishable key): it is neither traced nor compared."""

    may: tuple[Power, ...] = ()
    """What it is meant to be able to do; nothing is known of that if empty."""

    opens: str | None = None
    """URL of what it logs in to, without the secret itself, where its value does not say it."""

    allow: frozenset[Permission] = frozenset()

    rotation: SecretRotation | None = None
    """How it is rotated while the system runs; None: nobody knows."""

    expires: date | None = None
    """The last day on which it works, as issued."""

    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("secret", self.name)

    @property
    def kind(self) -> str:
        """The scheme of its reference: `env`, `file`, `aws-sm`, `vault` ..."""
        return self.ref.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class ManagedService:
    """A service of the team that reads secrets from a manager, with what it should reach there."""

    name: str
    policy: str = ""
    """Of Vault: its policy's name; of AWS: its role's name or ARN; of Kubernetes: `NAMESPACE/SERVICEACCOUNT`."""

    paths: tuple[str, ...] = ()
    """Secrets that it should reach, as the manager names them; `*` at the end for everything below."""


@dataclass(frozen=True, kw_only=True)
class SecretManager:
    """A store that keeps secrets."""

    name: str
    kind: str
    """`aws`, `vault` (OpenBao too), `kubernetes`, `files`."""

    environment: str = "production"
    url: str | None = None
    """Of Vault; of AWS only where it is not the public one (laboratories)."""

    region: str | None = None
    credentials: str | None = None
    """Secret reference of what prodproof reads it with."""

    ca: str | None = None
    """A private CA (PEM file): relative to the system file, or absolute."""

    path: str | None = None
    """Of kind `files`: the folder."""

    services: tuple[ManagedService, ...] = ()
    trail: str | None = None
    """Where its audit trail is kept: `file:PATH`, `cloudtrail:NAME`, `s3://BUCKET`."""

    canary: str | None = None
    """Secret reference of a secret that opens nothing, which is read to see that reading leaves a trace."""

    offsite: str = ""
    """The place apart from production in which it stands, so that it is there when production is gone."""

    owner: str = ""
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("secret-manager", self.name)


@dataclass(frozen=True, kw_only=True)
class Log:
    """Something that is written to while the system runs, in which no secret may turn up."""

    name: str
    kind: str
    """`file`, `journal`, `postgres`, `nginx`, `sentry`, `http`."""

    path: str | None = None
    """Glob of files: relative to the system file, or absolute."""

    url: str | None = None
    unit: str | None = None
    """Of the journal: the systemd unit; the whole journal if None."""

    credentials: str | None = None
    """Secret reference of what an error tracker or log store is read with."""

    of: tuple[str, ...] = ()
    """URLs of the entry points whose requests leave something in it; all of the environment's if empty."""

    environment: str = "production"
    owner: str = ""
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("log", self.name)


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """What is built from the repository and shipped."""

    path: str
    """Glob of files, relative to the system file."""

    kind: str
    """`image` (an OCI or Docker archive), `bundle` (what browsers load), `package`, `manifest`."""

    repository: str = "."
    location: Location | None = None

    @property
    def subject(self) -> Subject:
        return Subject("artifact", self.path)


@dataclass(frozen=True, kw_only=True)
class SecretRule:
    """A pattern of the team's own by which its secrets are known."""

    id: str
    what: str
    pattern: str
    keywords: tuple[str, ...] = ()
    near: int = 0
    """Bytes before the match in which a keyword may stand, too."""

    entropy: float = 0.0
    """Bits a character that the secret must have at least."""

    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class SecretAllowed:
    """A finding of the pattern search that was looked at and is none."""

    finding: str
    """Its id, as a report or `prodproof trace` shows it."""

    reason: str
    owner: str
    until: date
    location: Location | None = None
