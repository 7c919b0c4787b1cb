"""From a path to what is declared for one environment."""

import os
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from prodproof.facts import declared as facts
from prodproof.facts.declared import Declared
from prodproof.system.application_tables import RollbackTable
from prodproof.system.checks import check
from prodproof.system.environments import choose_environment, environment_of
from prodproof.system.errors import UserError, inert
from prodproof.system.merged import SystemFile, read
from prodproof.system.recovery_tables import BackupAlarmTable
from prodproof.system.rotation_tables import RotationTable
from prodproof.system.schema import FILE_NAME
from prodproof.system.store_tables import RestoringTable, ScenarioTable
from prodproof.system.tables import Table

MAX_LEVELS = 64

Fact = TypeVar("Fact")


def find_system_file(start: Path) -> Path | None:
    """The system file for a path: the path itself if it is a file, else the nearest one in it or above it.

    A file of another user above the start is passed over: whoever can write to a shared directory must not
    decide what is declared. Raises UserError when `start` does not exist.
    """
    try:
        information = start.stat()
        directory = start.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        why = "does not exist" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise UserError(f"{inert(str(start), 200)} {why}") from None
    if not start.is_dir():
        return start
    trusted = {information.st_uid, os.geteuid(), 0}
    for candidate in [directory, *directory.parents][:MAX_LEVELS]:
        file = candidate / FILE_NAME
        if os.path.lexists(file) and (candidate == directory or file.lstat().st_uid in trusted):
            return file
    return None


def load(
    path: Path,
    env: str | None = None,
    *,
    guarantees: Collection[str] | None = None,
    today: date | None = None,
    trusted: bool = False,
) -> Declared:
    """What the system file at `path` (a file, or the directory of one) declares for an environment.

    Args:
        path: the system file or its directory.
        env: the environment's name; production, or the only one, if None.
        guarantees: ids of the catalogue, to find unknown ones in waivers.
        today: the day of the run, to find waivers without a real end.
        trusted: whether trust is recorded outside the repository, or was given for this run.

    Raises:
        SystemFileError: the file cannot be used; says everything that is wrong with it.
        UserError: there is no such environment.
    """
    file = read(path)
    check(file, guarantees, today)
    return declare(file, env, trusted=trusted)


def declare(file: SystemFile, env: str | None = None, *, trusted: bool = False) -> Declared:
    """The frozen form of a checked system file, for one environment. Raises UserError for an unknown one."""
    tables = file.tables
    name = choose_environment(tables, env)
    environments = _facts(file, "environment", facts.Environment) or (facts.Environment(name=name),)
    entry_points = _facts(file, "entry_point", facts.EntryPoint)
    hosts = _facts(file, "host", facts.Host)
    secrets = _facts(file, "secret", facts.Secret)
    managers = _facts(file, "secret_manager", facts.SecretManager)
    apps = _named(_facts(file, "django", facts.DjangoApp), _repositories(file))
    return Declared(
        system=tables.name,
        environment=next(item for item in environments if item.name == name),
        trusted=trusted,
        ownership=tables.ownership,
        root=str(file.root),
        environments=environments,
        repositories=_repositories(file),
        entry_points=_here(entry_points, name),
        all_entry_points=entry_points,
        hosts=_here(hosts, name),
        all_hosts=hosts,
        zones=_here(_facts(file, "zone", facts.Zone), name),
        data_stores=tuple(map(_with_scenarios, _here(_facts(file, "data_store", facts.DataStore), name))),
        people=_facts(file, "person", facts.Person),
        services=_facts(file, "service", facts.Service),
        vendors=_facts(file, "vendor", facts.Vendor),
        retention=_facts(file, "retention", facts.Retention),
        secrets=_here(secrets, name),
        all_secrets=secrets,
        secret_managers=_here(managers, name),
        all_secret_managers=managers,
        secret_rules=_facts(file, "secret_rule", facts.SecretRule),
        secrets_allowed=_facts(file, "secret_allowed", facts.SecretAllowed),
        logs=_here(_facts(file, "log", facts.Log), name),
        backups=_here(_facts(file, "backup", facts.Backup), name),
        erasures=_here(_facts(file, "erasure", facts.Erasure), name),
        artifacts=_facts(file, "artifact", facts.Artifact),
        runbooks=_facts(file, "runbook", facts.Runbook),
        maintenance=_here(_facts(file, "maintenance", facts.MaintenanceWindow), name),
        django=_here(apps, name),
        all_django=apps,
        monitoring=facts.Monitoring(**_plain(tables.monitoring)),
        advisories=facts.Advisories(**_plain(tables.advisories)),
        registries=_facts(file, "registry", facts.Registry),
        suppressions=_facts(file, "suppression", facts.Suppression),
        waivers=_facts(file, "waiver", facts.Waiver),
        owners=_facts(file, "owner", facts.Owner),
        not_applicable=_facts(file, "not_applicable", facts.NotApplicable),
        gate=facts.GateScope(**_plain(tables.gate)),
        threat_models=tuple(tables.threat_models),
        sensitive_paths=tuple(tables.sensitive_paths),
    )


def _here(items: Iterable[Fact], environment: str) -> tuple[Fact, ...]:
    return tuple(item for item in items if getattr(item, "environment") == environment)  # noqa: B009 (a type variable)


def _with_scenarios(store: facts.DataStore) -> facts.DataStore:
    """A data store whose scenarios know to what they belong."""
    scenarios = (
        replace(item, store=store.name, environment=store.environment, allow=store.allow) for item in store.scenarios
    )
    return replace(store, scenarios=tuple(scenarios))


def _named(apps: tuple[facts.DjangoApp, ...], known: tuple[facts.Repository, ...]) -> tuple[facts.DjangoApp, ...]:
    """Applications with the names of their repositories."""
    names = {os.path.normpath(item.path): item.name for item in known}
    return tuple(replace(app, name=names.get(os.path.normpath(app.repository), "")) for app in apps)


def _repositories(file: SystemFile) -> tuple[facts.Repository, ...]:
    found = _facts(file, "repository", facts.Repository) or (facts.Repository(path="."),)
    return tuple(
        facts.Repository(path=item.path, name=item.name or _repository_name(item.path, file), location=item.location)
        for item in found
    )


def _repository_name(path: str, file: SystemFile) -> str:
    # The system's own name, not the directory's: a checkout can lie in a directory of any name.
    last = os.path.basename(os.path.normpath(path))
    return file.tables.name if last in (".", "..", "") else last


def _facts(file: SystemFile, table: str, kind: type[Fact]) -> tuple[Fact, ...]:
    found = []
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]  # every fact is a dataclass
    for index, item in enumerate(getattr(file.tables, table)):
        values = _plain(item)
        if "location" in fields:
            values["location"] = file.location(table, index)
        if "environment" in fields and table != "waiver":
            values["environment"] = environment_of(item, file.tables)
        found.append(kind(**values))
    return tuple(found)


def _scenario(table: ScenarioTable) -> facts.Scenario:
    return facts.Scenario(**_plain(table) | {"kind": facts.ScenarioKind(table.kind) if table.kind else None})


def _plain(table: Table) -> dict[str, Any]:
    """A table's values in the form that facts hold them."""
    values: dict[str, Any] = {}
    for name in type(table).model_fields:
        value = getattr(table, name)
        if name == "allow":
            value = frozenset(facts.Permission(item) for item in value)
        elif name == "kind" and value in list(facts.EnvironmentKind) and "networks" in type(table).model_fields:
            value = facts.EnvironmentKind(value)
        elif name == "ports":
            value = tuple(facts.Port(**_plain(item)) for item in value)
        elif name == "scenario":
            name, value = "scenarios", tuple(_scenario(item) for item in value)
        elif name == "service":
            name, value = "services", tuple(facts.ManagedService(**_plain(item)) for item in value)
        elif isinstance(value, RotationTable):
            given = {key: item for key, item in _plain(value).items() if item is not None}
            value = facts.SecretRotation(**given | {"kind": facts.RotationKind(value.kind)})
        elif name == "may":
            value = tuple(facts.Power.parse(item) for item in value)
        elif isinstance(value, RollbackTable):
            value = facts.Rehearsal(**_plain(value))
        elif isinstance(value, RestoringTable):
            value = facts.Restoring(**_plain(value))
        elif isinstance(value, BackupAlarmTable):
            value = facts.BackupAlarm(**_plain(value))
        elif isinstance(value, dict):
            value = tuple(sorted(value.items()))
        elif isinstance(value, list):
            value = tuple(value)
        values[name] = value
    return values
