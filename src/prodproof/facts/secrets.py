"""What may be known of secrets and of the stores that keep them, without their values."""

from dataclasses import dataclass
from datetime import datetime

from prodproof.facts.unseen import Unseen

FINGERPRINT_DIGITS = 32


@dataclass(frozen=True, kw_only=True)
class ComponentPrint:
    """One part of a value, by its fingerprint."""

    component: str = ""
    """Which part: `password` of a URL, `db.password` of a JSON document, `0` of a list; empty for the whole value."""

    fingerprint: str
    """HMAC-SHA-256 under the system's fingerprint key, 32 hexadecimal digits: equal parts have equal ones."""


@dataclass(frozen=True, kw_only=True)
class SecretVersion:
    """One version that a store keeps."""

    id: str
    created: datetime | None = None
    stages: tuple[str, ...] = ()
    """AWS's labels (`AWSCURRENT`, `AWSPENDING`, `AWSPREVIOUS`); `current`, `deleted`, `destroyed` elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """How a store replaces a secret by itself."""

    enabled: bool
    period: int | None = None
    """Seconds between two rotations; None where a schedule says it, or nothing does."""

    schedule: str = ""
    """As the store has it: `rate(30 days)`, `cron(0 3 * * ? *)`."""

    last: datetime | None = None
    """When it last succeeded; None: never, or the store does not say."""

    due: datetime | None = None
    by: str = ""
    """What rotates: the name of a function, `vault`."""


@dataclass(frozen=True, kw_only=True)
class SecretFile:
    """The file that a secret lies in."""

    mode: int
    """Permission bits."""

    owner: str
    """Name, or number, of its user."""

    group: str
    readable_by_others: bool
    """Whether every user of the machine can read it: the folders above let them through."""


@dataclass(frozen=True, kw_only=True)
class SecretDescription:
    """What a store says of one secret."""

    reference: str
    store: str
    """`environment`, `files`, `aws`, `vault`, `kubernetes`, `docker`, `django`."""

    found: bool
    """False: the store was asked, and it says that there is none (or that its current version is deleted)."""

    detail: str = ""
    """Why it counts as not found, or what is unusual, in one line."""

    created: datetime | None = None
    """When the current version was made; None where the store does not say."""

    version: str = ""
    versions: tuple[SecretVersion, ...] = ()
    rotation: Rotation | None = None
    """None: this kind of store does not rotate."""

    expires: datetime | None = None
    key: str = ""
    """Id of the key that it is encrypted with, where the store names one."""

    tags: tuple[tuple[str, str], ...] = ()
    last_read: datetime | None = None
    file: SecretFile | None = None


@dataclass(frozen=True, kw_only=True)
class ListedSecret:
    """One name that a store holds."""

    name: str
    """As references have it, without scheme and field: `secret/shop/db`, `shop/db`."""

    path: str
    """As policies have it: `secret/data/shop/db`, an ARN, `NAMESPACE/NAME`."""


@dataclass(frozen=True, kw_only=True)
class SecretListing:
    """What a store holds, by name."""

    secrets: tuple[ListedSecret, ...]
    gaps: tuple[Unseen, ...] = ()
    """What could not be listed; without any, the list is complete."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that references have."""
        return tuple(item.name for item in self.secrets)


@dataclass(frozen=True, kw_only=True)
class Transport:
    """How a store is talked to."""

    encrypted: bool
    version: str = ""
    """`TLSv1.3`."""

    trusted: bool = False
    """Whether its certificate is valid for its name."""

    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class AtRest:
    """How a store protects what it keeps."""

    kind: str
    """Vault's seal (`shamir`, `awskms` ...), `kms` (AWS, Kubernetes), `aescbc`, `none`."""

    key: str = ""
    sealed: bool = False
    """Vault: it answers nobody at the moment."""

    threshold: int | None = None
    """Vault: how many shares of the unseal key open it; None where a key service does."""

    storage: str = ""
    """Vault: where it stores, `raft`, `consul`, `inmem` ..."""

    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditDevice:
    """Where a store writes down who read what."""

    name: str
    kind: str
    """`file`, `syslog`, `socket`, `cloudtrail`."""

    target: str = ""
    """Path, bucket or address."""

    raw: bool = False
    """Vault: values are written in clear."""

    active: bool = True
    reads: bool = True
    """Whether reading a secret is written down."""

    validated: bool | None = None
    """AWS: digests that show later changes (log file validation)."""

    all_regions: bool | None = None
    locked: bool | None = None
    """Whether what was written cannot be deleted (object lock in compliance mode); None where nobody could tell."""


@dataclass(frozen=True, kw_only=True)
class PolicyRule:
    """One statement of a policy, as it is written."""

    allow: bool
    actions: tuple[str, ...]
    """Capabilities of Vault, actions of AWS, verbs of Kubernetes."""

    resources: tuple[str, ...]
    """Paths, resource names."""

    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: str = ""
    """JSON of what narrows it; empty if nothing does."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Who may do what, in the store's own language."""

    name: str
    language: str
    """`vault`, `iam`, `rbac`."""

    rules: tuple[PolicyRule, ...] = ()
    unread: str = ""
    """Why its rules could not be understood; empty when they were."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody or something that has policies."""

    name: str
    """`approle/shop` (login and role), an AWS role, `NAMESPACE/SERVICEACCOUNT`."""

    policies: tuple[str, ...]
    entity: str = ""
    """Vault: the name that templated paths resolve to, where it is known."""

    lifetime: int | None = None
    """Seconds for which a login holds at most; None: no bound of its own is known."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """An address on which a store takes requests."""

    address: str
    encrypted: bool


@dataclass(frozen=True, kw_only=True)
class ManagerPosture:
    """How a store of secrets is set up. Each part is unseen by itself where prodproof may not read it."""

    kind: str
    transport: Transport | Unseen
    at_rest: AtRest | Unseen
    audit: tuple[AuditDevice, ...] | Unseen
    policies: tuple[Policy, ...] | Unseen
    holders: tuple[Holder, ...] | Unseen
    identity: str = ""
    """As whom prodproof itself asked."""

    own_policies: tuple[str, ...] = ()
    """Of that identity, where the store says them."""

    listeners: tuple[Listener, ...] | Unseen | None = None
    """None: this kind of store is not the team's to set up."""

    root_tokens: int | Unseen | None = None
    """Vault: how many tokens that may do everything are alive; None for other kinds."""
