"""The system file as a whole, and its JSON Schema for editors."""

import json
from typing import Any, Literal

from pydantic import Field

from prodproof.system import application_tables, recovery_tables, secret_tables, store_tables, tables
from prodproof.system.values import RelativePath, Text

VERSION = 1
"""The format that this version writes. Older ones are migrated, newer ones refused."""

FILE_NAME = "prodproof.toml"
SCHEMA_ID = "urn:prodproof:system-file:1"


class SystemTables(tables.Table):
    """What a team declares about its system."""

    version: Literal[1] = Field(description="The format of this file: 1.")
    name: Text = Field(description="What the team calls the system.")
    include: list[RelativePath] = Field(
        default=[],
        description="Further files of the same form, in or below this directory: tables only, such as people.",
    )
    ownership: str | None = Field(
        default=None,
        min_length=8,
        max_length=200,
        pattern=r"^[A-Za-z0-9_.=-]+$",
        description="The token that a DNS record or well-known file of a target must show before it is scanned. "
        "It is no secret.",
    )
    threat_models: list[RelativePath] = Field(
        default=[], description="Globs of threat model files, beside the usual places."
    )
    sensitive_paths: list[RelativePath] = Field(
        default=[],
        description="Globs of code about sign-in, payments, personal data, administration, beside what is found.",
    )
    environment: list[tables.EnvironmentTable] = Field(default=[])
    repository: list[tables.RepositoryTable] = Field(default=[])
    entry_point: list[tables.EntryPointTable] = Field(default=[])
    host: list[tables.HostTable] = Field(default=[])
    zone: list[tables.ZoneTable] = Field(default=[])
    data_store: list[store_tables.DataStoreTable] = Field(default=[])
    person: list[tables.PersonTable] = Field(default=[])
    service: list[tables.ServiceTable] = Field(default=[])
    vendor: list[tables.VendorTable] = Field(default=[])
    retention: list[tables.RetentionTable] = Field(default=[])
    secret: list[secret_tables.SecretTable] = Field(default=[])
    secret_manager: list[secret_tables.SecretManagerTable] = Field(default=[])
    log: list[secret_tables.LogTable] = Field(default=[])
    backup: list[recovery_tables.BackupTable] = Field(default=[])
    erasure: list[store_tables.ErasureTable] = Field(default=[])
    artifact: list[secret_tables.ArtifactTable] = Field(default=[])
    secret_rule: list[secret_tables.SecretRuleTable] = Field(default=[])
    secret_allowed: list[secret_tables.SecretAllowedTable] = Field(default=[])
    runbook: list[tables.RunbookTable] = Field(default=[])
    maintenance: list[tables.MaintenanceTable] = Field(default=[])
    django: list[application_tables.DjangoTable] = Field(default=[])
    monitoring: tables.MonitoringTable = Field(default_factory=tables.MonitoringTable)
    advisories: tables.AdvisoriesTable = Field(default_factory=tables.AdvisoriesTable)
    registry: list[tables.RegistryTable] = Field(default=[])
    suppression: list[tables.SuppressionTable] = Field(default=[])
    waiver: list[tables.WaiverTable] = Field(default=[])
    owner: list[tables.OwnerTable] = Field(default=[])
    not_applicable: list[tables.NotApplicableTable] = Field(default=[])
    gate: tables.GateTable = Field(default_factory=tables.GateTable)


ARRAYS = tuple(
    name for name, field in SystemTables.model_fields.items() if str(field.annotation).startswith("list[prodproof")
)
"""Names that are written `[[name]]`."""

SINGLES = ("monitoring", "advisories", "gate")
"""Names that are written `[name]`."""


def table_of(name: str) -> type[tables.Table]:
    """The model of a top-level table; raises KeyError for a name that is none."""
    if name in SINGLES:
        found: Any = SystemTables.model_fields[name].annotation
    elif name in ARRAYS:
        found = SystemTables.model_fields[name].annotation.__args__[0]  # type: ignore[union-attr]  # a list[Table]
    else:
        raise KeyError(name)
    assert issubclass(found, tables.Table)
    table: type[tables.Table] = found
    return table


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the system file."""
    schema = SystemTables.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": FILE_NAME,
    }


def json_schema_text() -> str:
    """The schema as `docs/prodproof.schema.json` holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
