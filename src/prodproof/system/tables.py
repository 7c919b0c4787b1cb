"""The tables of a system file. Every field's description is printed in `docs/system-file.md` and shown by editors."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from prodproof.system.values import (
    Address,
    AdvisorySource,
    ClockTime,
    Day,
    Duration,
    HostName,
    Nameserver,
    Network,
    RelativePath,
    SecretRef,
    SshKey,
    SubjectName,
    Text,
    TimeZone,
    Url,
    ZoneName,
    wrong,
)

Opt = Literal["port-scan", "errors", "canary", "test-traffic", "drills"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PortNumber = Annotated[int, Field(ge=1, le=65535)]

_ALLOW = (
    "What it allows beyond a visitor's requests: port-scan, errors (provoked error answers), canary (made-up "
    "secrets in what fails), test-traffic, drills. Needs trust and proof of ownership as well."
)
ENVIRONMENT = 'The environment it belongs to; "production", or the only declared one, if left out.'
OWNER = "Who answers for it: a person's id, or a role."


class Table(BaseModel):
    """What all tables share: unknown keys are errors, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EnvironmentTable(Table):
    """A place where the system runs. Without any, there is one: production."""

    name: Text = Field(description='Its name, used by `--env` and by `environment = "…"` elsewhere.')
    kind: Literal["production", "staging", "development"] = Field(
        default="production", description="What it is for; staging and development must be closed to strangers."
    )
    owner: Text | None = Field(default=None, description=OWNER)
    networks: list[Network] = Field(
        default=[], description="Networks (CIDR) from which administration and closed environments may be reached."
    )
    sign_on: list[HostName] = Field(
        default=[],
        description="Hosts of the sign-on proxy or identity provider that unauthenticated visitors are sent to.",
    )
    allow: list[Literal["drills"]] = Field(
        default=[], description="drills: everything in it may be exercised. Needs trust as well; production, approval."
    )


class EntryPointTable(Table):
    """A URL that is meant to be reached from the internet. Only what is declared is ever contacted."""

    url: Url = Field(description='With scheme: "https://shop.example" or "https://shop.example/api".')
    purpose: Text = Field(default="", description="What it is for, in a few words.")
    owner: Text = Field(default="", description=OWNER)
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    canonical: bool = Field(
        default=False, description="Whether this is the host on which `/.well-known/` files must stand."
    )
    hsts_exception: Text | None = Field(default=None, description="Why subdomains or preload are left out of HSTS.")
    embedders: list[Url] = Field(default=[], description="Origins that may put its pages into a frame.")
    cross_site_cookies: list[Text] = Field(
        default=[], description="Names of cookies that other sites are meant to send (SameSite=None)."
    )
    admin_paths: list[Text] = Field(
        default=[], description="Paths of administration panels, beside the well-known ones."
    )
    admin_public: Text | None = Field(
        default=None, description="Why administration is open to the internet; shown, and still a finding."
    )
    public_paths: list[Text] = Field(
        default=[], description="In a closed environment, paths that strangers may read (a health check, for example)."
    )
    error_path: Text | None = Field(
        default=None, description="A path that fails on purpose, so that the page of a 500 can be read."
    )
    task_error_path: Text | None = Field(
        default=None,
        description="A path that takes the form fields `token` and `note` (POST) and lets a background job fail with "
        'both as arguments, `note` in its error; "none" if there are no jobs.',
    )
    database_error_path: Text | None = Field(
        default=None,
        description="A path that takes the form field `token` (POST) and lets a statement fail that has it among its "
        'values; "none" if there is no database.',
    )
    login: SecretRef | None = Field(
        default=None, description="Reference to `user:password` with which a closed environment must open (Basic)."
    )
    allow: list[Opt] = Field(default=[], description=_ALLOW)


class PortTable(Table):
    """A TCP port that is meant to be open; a bare number means a public one."""

    number: PortNumber = Field(description="The port.")
    purpose: Text = Field(default="", description="Why it is open.")
    public: bool = Field(default=True, description="False: open inside only; seen from outside it is a finding.")


def _port(value: Any) -> Any:
    if isinstance(value, str):
        raise wrong("expected a number, without quotes")
    return {"number": value} if isinstance(value, int) and not isinstance(value, bool) else value


PortValue = Annotated[PortTable, BeforeValidator(_port, json_schema_input_type=PortNumber | PortTable)]


class HostTable(Table):
    """A machine or address of the team's own; never a shared edge or content network."""

    name: HostName = Field(description="A host name, or an IPv4 or IPv6 address.")
    addresses: list[Address] = Field(default=[], description="Its addresses, where its name does not say them.")
    ports: list[PortValue] = Field(
        default=[], description="TCP ports that are meant to be open: `443`, or `{ number = 5432, public = false }`."
    )
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    owner: Text = Field(default="", description=OWNER)
    allow: list[Opt] = Field(default=[], description=_ALLOW)
    control_open: PortNumber | None = Field(
        default=None,
        description="A port known to be open, for the vantage to prove itself; else the lowest public one.",
    )
    control_closed: PortNumber | None = Field(default=None, description="A port that is known to be closed there.")


class ZoneTable(Table):
    """A DNS zone of the team's own, with the source that lists its names."""

    name: ZoneName = Field(description="The zone: `shop.example`.")
    file: RelativePath | None = Field(default=None, description="A zone file (RFC 1035), relative to this file.")
    names: RelativePath | None = Field(default=None, description="A file with one name a line, relative to this file.")
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    nameserver: Nameserver | None = Field(
        default=None, description="`address:port` of the server to ask instead of the resolver (labs, split horizon)."
    )


class PersonTable(Table):
    """Somebody who has, or had, access."""

    id: Text = Field(description="A short name, used as owner elsewhere.")
    name: Text = Field(default="", description="Full name.")
    email: Text = Field(default="", description="Address at work.")
    roles: list[Text] = Field(default=[], description="What the person does: `developer`, `on-call`.")
    accounts: dict[Text, Text] = Field(default={}, description='Account name by service: `{ github = "ana" }`.')
    keys: list[SshKey] = Field(
        default=[], description="SSH public keys with which this person signs orders and approvals of drills."
    )
    joined: Day | None = Field(default=None, description="First day.")
    left: Day | None = Field(default=None, description="Last day; from then on all access must be gone.")


class ServiceTable(Table):
    """Something that people or machines log in to."""

    name: Text = Field(description="What the team calls it; the keys of a person's `accounts` are such names.")
    kind: Text = Field(description="github, gitlab, aws, registrar, error-tracker, mail …")
    account: Text = Field(default="", description="Organisation, project or account id there.")
    credential: SecretRef | None = Field(
        default=None, description="Reference to the credential that prodproof may read with."
    )
    posture: RelativePath | None = Field(
        default=None,
        description="For an account at aws, azure or gcp: the file with Prowler's results of it, relative to this file "
        "and ignored by git. `rm -f posture/aws.ocsf.json; prowler aws --output-formats json-ocsf "
        "--output-directory posture --output-filename aws` writes `posture/aws.ocsf.json`.",
    )
    owner: Text = Field(default="", description=OWNER)


class VendorTable(Table):
    """A third party that processes users' data."""

    name: Text = Field(description="Its name.")
    purpose: Text = Field(default="", description="What it does for the system.")
    data: list[Text] = Field(default=[], description="Which kinds of data it gets: `email`, `address`.")
    hosts: list[HostName] = Field(default=[], description="Hosts that browsers or servers talk to.")
    agreement: Text = Field(default="", description="Where the processing agreement lies.")
    reviewed: Day | None = Field(default=None, description="When it was last looked at.")
    owner: Text = Field(default="", description=OWNER)


class RetentionTable(Table):
    """For how long one kind of data is kept."""

    what: Text = Field(description="Which data: `orders`, `access logs`.")
    keep: Duration = Field(description="For how long: `90d`, `2y`.")
    store: Text = Field(default="", description="The data store, if it is in one.")
    owner: Text = Field(default="", description=OWNER)


class RunbookTable(Table):
    """A document that says what to do."""

    name: Text = Field(description="Its title.")
    path: Text = Field(description="A path in a repository, or a URL.")
    owner: Text = Field(default="", description=OWNER)
    covers: list[Text] = Field(default=[], description="Guarantee ids, kinds of incident or alert names.")


class MaintenanceTable(Table):
    """A time of the week in which drills may run. Without any, an environment is open at all times."""

    name: Text = Field(description="What the team calls it.")
    start: ClockTime = Field(description='When it opens, `"22:00"`.')
    end: ClockTime = Field(description='When it closes; not later than the start means on the next day: `"04:30"`.')
    days: list[Weekday] = Field(
        default=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], min_length=1, description="Days on which it opens."
    )
    timezone: TimeZone = Field(default="UTC", description='By whose clock: `"Europe/Berlin"`.')
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    owner: Text = Field(default="", description=OWNER)


class RepositoryTable(Table):
    """A git repository of the system. Without any, there is one: the system file's own directory."""

    path: RelativePath = Field(description='Relative to this file: `"."`, `"../api"`.')
    name: Text = Field(default="", description="How reports call it: `acme/shop`.")


class MonitoringTable(Table):
    """Files that hold alert rules and their routes."""

    alert_rules: list[RelativePath] = Field(
        default=[], description="Globs of Prometheus rule files, in the repositories."
    )
    alertmanager: list[RelativePath] = Field(default=[], description="Globs of Alertmanager configurations.")
    prometheus_url: Url | None = Field(default=None, description="Where Prometheus is asked; read only.")
    alertmanager_url: Url | None = Field(default=None, description="Where Alertmanager is asked; read only.")
    credentials: SecretRef | None = Field(
        default=None, description="What both are asked with: `user:password`, or a bearer token."
    )
    urgent: list[Text] = Field(
        default=["critical", "page", "urgent", "emergency"], description="Severities that must reach a person at once."
    )
    informative: list[Text] = Field(
        default=["warning", "info", "informational", "notice", "ticket", "none"],
        description="Severities that may wait.",
    )


class AdvisoriesTable(Table):
    """Where known vulnerabilities are looked up; nowhere unless it is said here."""

    source: AdvisorySource = Field(
        default="none",
        description="`none`; `osv` or `pypi` (asked over the network: names and versions of packages leave the "
        "machine); `osv-export:PATH` (a local export).",
    )


class RegistryTable(Table):
    """A package index or container registry that is trusted beside the public default ones."""

    url: Url = Field(description="Its address.")
    private: list[Text] = Field(default=[], description="Names or prefixes (`acme-*`) that come from it alone.")


class SuppressionTable(Table):
    """An advisory that was looked at and accepted for a time."""

    advisory: Text = Field(description="Its id: `CVE-2026-1234`, `GHSA-…`, `PYSEC-…`.")
    reason: Text = Field(description="Why it does no harm here.")
    owner: Text = Field(description=OWNER)
    until: Day = Field(description="The last day on which it is accepted.")


class WaiverTable(Table):
    """An owned, reasoned, dated acceptance of a verdict. It is counted as waived, never as holding."""

    guarantee: Text = Field(description="Id of the guarantee: `exposure.hsts`.")
    reason: Text = Field(description="Why this is acceptable for now.")
    owner: Text = Field(description=OWNER)
    until: Day = Field(description="The last day; afterwards it is open again by itself.")
    environment: Text | None = Field(default=None, description="Only there; everywhere if left out.")
    subject: SubjectName | None = Field(default=None, description="Only for this one: `host:shop.example`.")
    finding: Text | None = Field(default=None, description="Only this finding, by the id that a report shows.")
    covers: Literal["broken", "unknown"] = Field(default="broken", description="What is accepted.")


class OwnerTable(Table):
    """Who answers for a guarantee or an area."""

    of: Text = Field(description="A guarantee's id, an area (`exposure`), or `*`.")
    person: Text = Field(description="A person's id, or a role.")


class NotApplicableTable(Table):
    """An owned declaration that a guarantee has nothing to be about."""

    guarantee: Text = Field(description="Id of the guarantee.")
    reason: Text = Field(description="Why there is nothing.")
    owner: Text = Field(description=OWNER)


class GateTable(Table):
    """What a go depends on."""

    scope: Literal["baseline", "full", "listed"] = Field(
        default="baseline", description="`baseline` (critical and high), `full`, or `listed`."
    )
    include: list[Text] = Field(default=[], description="Areas and guarantee ids, for `listed`.")
    owner: Text = Field(default="", description="Who decided that.")
