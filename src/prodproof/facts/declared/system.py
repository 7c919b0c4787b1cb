"""One system as declared, seen for one environment."""

from dataclasses import dataclass, field

from prodproof.facts.declared.maintenance import MaintenanceWindow
from prodproof.facts.declared.policy import (
    Advisories,
    GateScope,
    Monitoring,
    NotApplicable,
    Registry,
    Suppression,
    Waiver,
)
from prodproof.facts.declared.recovery import Backup
from prodproof.facts.declared.responsibilities import (
    DataStore,
    Owner,
    Person,
    Retention,
    Runbook,
    Scenario,
    Service,
    Vendor,
)
from prodproof.facts.declared.restoring import Erasure
from prodproof.facts.declared.secrets import (
    Artifact,
    Log,
    Secret,
    SecretAllowed,
    SecretManager,
    SecretRule,
)
from prodproof.facts.declared.targets import (
    DjangoApp,
    EntryPoint,
    Environment,
    Host,
    Repository,
    Zone,
)
from prodproof.facts.subject import Subject

Listed = (
    EntryPoint
    | Host
    | Zone
    | DataStore
    | Scenario
    | Repository
    | Secret
    | SecretManager
    | Log
    | Backup
    | Artifact
    | DjangoApp
)
"""What is declared one by one, each with a subject of its own."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One system, seen for one environment: everything that judges and probes may know of the declaration.

    Lists that belong to environments hold only those of `environment`; `all_entry_points`, `all_hosts`, `all_secrets`,
    `all_secret_managers` and `all_django` keep every environment's, for claims about what is declared anywhere.
    """

    system: str
    environment: Environment
    inferred: bool = False
    """True when there is no system file and all of this was inferred from a repository or a URL."""

    trusted: bool = False
    """Whether trust is recorded outside the repository (or was given for this run)."""

    visitor: bool = False
    """True for `verify URL`: only what a browser of any visitor could do."""

    ownership: str | None = None
    """The token that a DNS record or well-known file must show before a target is scanned."""

    root: str | None = None
    """Directory of the system file, absolute; None for `verify URL`."""

    environments: tuple[Environment, ...] = ()
    repositories: tuple[Repository, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    all_entry_points: tuple[EntryPoint, ...] = ()
    hosts: tuple[Host, ...] = ()
    all_hosts: tuple[Host, ...] = ()
    zones: tuple[Zone, ...] = ()
    data_stores: tuple[DataStore, ...] = ()
    people: tuple[Person, ...] = ()
    services: tuple[Service, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    retention: tuple[Retention, ...] = ()
    secrets: tuple[Secret, ...] = ()
    all_secrets: tuple[Secret, ...] = ()
    secret_managers: tuple[SecretManager, ...] = ()
    all_secret_managers: tuple[SecretManager, ...] = ()
    secret_rules: tuple[SecretRule, ...] = ()
    secrets_allowed: tuple[SecretAllowed, ...] = ()
    logs: tuple[Log, ...] = ()
    backups: tuple[Backup, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    runbooks: tuple[Runbook, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    django: tuple[DjangoApp, ...] = ()
    all_django: tuple[DjangoApp, ...] = ()
    monitoring: Monitoring = field(default_factory=Monitoring)
    advisories: Advisories = field(default_factory=Advisories)
    registries: tuple[Registry, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    owners: tuple[Owner, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    gate: GateScope = field(default_factory=GateScope)
    threat_models: tuple[str, ...] = ()
    """Globs of threat model files, beside the usual places."""

    sensitive_paths: tuple[str, ...] = ()
    """Globs of code that touches authentication, payments, personal data or administration, beside what is found."""

    def subjects(self, kind: type[object]) -> frozenset[Subject]:
        """The declared subjects of one type (`EntryPoint`, `Host`, `Zone`, `DataStore`, `Repository`, `Secret` ...)."""
        return frozenset(item.subject for item in self._listed(kind))

    def find(self, kind: type[object], subject: Subject) -> object | None:
        """The declared thing of that type which `subject` names, or None."""
        if kind is Environment:
            return self.environment
        if kind is Declared:
            return self
        return next((item for item in self._listed(kind) if item.subject == subject), None)

    def _listed(self, kind: type[object]) -> "tuple[Listed, ...]":
        by_type: dict[type[object], tuple[Listed, ...]] = {
            EntryPoint: self.entry_points,
            Host: self.hosts,
            Zone: self.zones,
            DataStore: self.data_stores,
            Scenario: tuple(item for store in self.data_stores for item in store.scenarios),
            Repository: self.repositories,
            Secret: self.secrets,
            SecretManager: self.secret_managers,
            Log: self.logs,
            Backup: self.backups,
            Artifact: self.artifacts,
            DjangoApp: self.django,
        }
        return by_type[kind]
