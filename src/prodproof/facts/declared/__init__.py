"""What the team says is so: the system file as frozen types.

`system/` reads `prodproof.toml` into these; probes take their targets from them; judges compare facts with them.
Durations are seconds, dates are calendar dates, URLs are kept as they were written.
"""

from prodproof.facts.declared.exercises import BackupAlarm, Rehearsal
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
    ScenarioKind,
    Service,
    Vendor,
)
from prodproof.facts.declared.restoring import Erasure, Restoring
from prodproof.facts.declared.rotation import RotationKind, SecretRotation
from prodproof.facts.declared.secrets import (
    Artifact,
    Log,
    ManagedService,
    Power,
    Secret,
    SecretAllowed,
    SecretManager,
    SecretRule,
)
from prodproof.facts.declared.system import Declared
from prodproof.facts.declared.targets import (
    DEFAULT_PORTS,
    DjangoApp,
    EntryPoint,
    Environment,
    EnvironmentKind,
    Host,
    Permission,
    Port,
    Repository,
    Zone,
)

__all__ = [
    "DEFAULT_PORTS",
    "Advisories",
    "Artifact",
    "Backup",
    "BackupAlarm",
    "DataStore",
    "Declared",
    "DjangoApp",
    "EntryPoint",
    "Environment",
    "EnvironmentKind",
    "Erasure",
    "GateScope",
    "Host",
    "Log",
    "MaintenanceWindow",
    "ManagedService",
    "Monitoring",
    "NotApplicable",
    "Owner",
    "Permission",
    "Person",
    "Port",
    "Power",
    "Registry",
    "Rehearsal",
    "Repository",
    "Restoring",
    "Retention",
    "RotationKind",
    "Runbook",
    "Scenario",
    "ScenarioKind",
    "Secret",
    "SecretAllowed",
    "SecretManager",
    "SecretRotation",
    "SecretRule",
    "Service",
    "Suppression",
    "Vendor",
    "Waiver",
    "Zone",
]
