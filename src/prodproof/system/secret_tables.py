"""The tables about secrets: what there is, who keeps it, where it could turn up."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from prodproof.facts.declared import Power
from prodproof.system.rotation_tables import RotationTable
from prodproof.system.tables import ENVIRONMENT, OWNER, Table
from prodproof.system.values import Day, Duration, PlacePath, RelativePath, SecretRef, Text, Url, wrong

MAX_PATTERN = 2000


def _setting(value: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*(\.[\w-]+)*", value, re.ASCII):
        raise wrong("expected the name of a setting, dotted where it lies deeper: DATABASES.default.PASSWORD")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII):
        raise wrong("expected the name of an environment variable, for example SECRET_KEY")
    return value


def _power(value: str) -> str:
    try:
        Power.parse(value)
    except ValueError as error:
        raise wrong(str(error)) from None
    return value


def _opens(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise wrong("is no URL; write for example postgresql://shop@db.internal/shop") from None
    if parts.password is not None or "password" in parts.query.lower():
        raise wrong("holds a password (not shown here); write the URL without it")
    if parts.scheme not in ("postgresql", "postgres", "https", "http") or not host:
        raise wrong('expected "postgresql://USER@HOST/DATABASE" or an https:// address')
    return value


def _trail(value: str) -> str:
    if not re.fullmatch(r"file:\S.*|cloudtrail:[\w.:/-]+|s3://[\w./-]+", value, re.ASCII):
        raise wrong('expected "file:PATH", "cloudtrail:NAME" or "s3://BUCKET/PREFIX"')
    return value


def _rule_id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise wrong('expected small letters, digits and hyphens, for example "shop-api-key"')
    return value


def _pattern(value: str) -> str:
    escaped = re.findall(r"\\(.)", value, re.DOTALL)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "c", re.sub(r"\\.", "c", value, flags=re.DOTALL))
    if re.search(r"\(\?(?:=|!|<=|<!|P=|\(|>)|[*+?}]\+", bare) or any(digit in "123456789" for digit in escaped):
        raise wrong("holds a look-around, back-reference or possessive repetition, which the search cannot do")
    try:
        compiled = re.compile(value.encode("utf-8"))
    except (re.error, RecursionError, OverflowError) as error:
        raise wrong(f"is no regular expression: {str(error)[:100]}") from None
    if compiled.groups < 1:
        raise wrong("needs a group around the secret itself: \\b(shop_[0-9a-f]{32})\\b")
    return value


def _near(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= 500:
        raise wrong("expected a number of bytes from 0 to 500")
    return value


def _entropy(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 8:
        raise wrong("expected bits a character, a number from 0 to 8, for example 3.5")
    return float(value)


def _finding(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{12}", value):
        raise wrong("expected a finding's id, 12 hexadecimal digits, as a report shows it")
    return value


class SecretTable(Table):
    """A secret, by reference; its value never stands in a file."""

    name: Text = Field(description="What the team calls it.")
    ref: SecretRef = Field(description="Where it is kept: `env:NAME`, `file:PATH`, `aws-sm:NAME`, `vault:PATH#KEY` …")
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    purpose: Text = Field(default="", description="What it opens.")
    owner: Text = Field(default="", description=OWNER)
    rotate_every: Duration | None = Field(default=None, description="How often it is replaced: `90d`.")
    manager: Text | None = Field(
        default=None, description="The `[[secret_manager]]` that keeps it, if there are several of one kind."
    )
    setting: Annotated[str, AfterValidator(_setting)] | None = Field(
        default=None, description="Where the application sees it: `SECRET_KEY`, `DATABASES.default.PASSWORD`."
    )
    variable: Annotated[str, AfterValidator(_variable)] | None = Field(
        default=None, description="The environment variable in which the serving process gets it."
    )
    public: bool = Field(
        default=False, description="Meant to be known by everybody (a publishable key): never traced or compared."
    )
    may: list[Annotated[Text, AfterValidator(_power)]] = Field(
        default=[],
        description="What it is meant to be able to do: `postgres: SELECT, INSERT on orders`, "
        "`s3:GetObject arn:aws:s3:::shop/*`.",
    )
    expires: Day | None = Field(
        default=None, description="The last day on which it works, if it was issued for a time."
    )
    opens: Annotated[str, AfterValidator(_opens)] | None = Field(
        default=None,
        description="What it logs in to, where its value does not say so: `postgresql://shop@db.internal/shop` without "
        "the password, Vault's address.",
    )
    allow: list[Literal["login", "drills"]] = Field(
        default=[],
        description="login: prodproof may log in with it, read what it can do, and try one act that changes nothing "
        "and must be refused; drills: it may be rotated. Needs trust as well.",
    )
    rotation: RotationTable | None = Field(default=None, description="How it is rotated while the system runs.")


class ManagedServiceTable(Table):
    """A service of the team that reads secrets there."""

    name: Text = Field(description="What the team calls it.")
    policy: Text = Field(
        default="", description="Vault: its policy. AWS: its role. Kubernetes: `NAMESPACE/SERVICEACCOUNT`."
    )
    paths: list[Text] = Field(
        description="The secrets that it should reach, as the manager names them: `secret/shop/*`. Nothing else.",
        min_length=1,
    )


class SecretManagerTable(Table):
    """A store that keeps secrets: Vault or OpenBao, AWS Secrets Manager, Kubernetes, a folder."""

    name: Text = Field(description="What the team calls it.")
    kind: Literal["aws", "vault", "kubernetes", "files"] = Field(description="What it is; OpenBao is a `vault`.")
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    url: Url | None = Field(default=None, description="Vault's address; AWS's only if it is not the public one.")
    region: Text | None = Field(default=None, description="AWS's region.")
    credentials: SecretRef | None = Field(
        default=None,
        description="Reference to what prodproof reads it with: a Vault token or `ROLE_ID:SECRET_ID`; "
        "`KEY_ID:SECRET` of AWS. The usual sources of the program if left out.",
    )
    ca: PlacePath | None = Field(default=None, description="A private CA (PEM) that its certificate is checked with.")
    path: PlacePath | None = Field(default=None, description="For `files`: the folder.")
    service: list[ManagedServiceTable] = Field(default=[], description="Who reads what there.")
    trail: Annotated[str, AfterValidator(_trail)] | None = Field(
        default=None, description="Its audit trail: `file:/var/log/vault/audit.log`, `cloudtrail:NAME`, `s3://BUCKET`."
    )
    canary: SecretRef | None = Field(
        default=None,
        description="A secret that opens nothing, kept there. It is read to see that its audit trail notices, and "
        "naming it allows that.",
    )
    offsite: Text = Field(
        default="",
        description="The place apart from production in which it stands (another provider, account or region): what it "
        "keeps is there when production is gone.",
    )
    owner: Text = Field(default="", description=OWNER)


class LogTable(Table):
    """Something that is written while the system runs; no secret may turn up there."""

    name: Text = Field(description="What the team calls it.")
    kind: Literal["file", "journal", "postgres", "nginx", "sentry", "http"] = Field(description="How it is read.")
    path: PlacePath | None = Field(default=None, description="Glob of its files: `/var/log/shop/*.log*`.")
    url: Url | None = Field(
        default=None,
        description="For `sentry`: a project of its API, `https://sentry.io/api/0/projects/ORGANISATION/PROJECT/`. "
        "For `http`: an address that answers with the log's text.",
    )
    unit: Text | None = Field(default=None, description="Of the journal: one systemd unit.")
    credentials: SecretRef | None = Field(
        default=None, description="Reference to what it is read with: a token, or `USER:PASSWORD`."
    )
    of: list[Url] = Field(
        default=[], description="Entry points whose failing requests leave something in it; all if left out."
    )
    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    owner: Text = Field(default="", description=OWNER)


class ArtifactTable(Table):
    """What is built from the repository and shipped: images, bundles, packages."""

    path: RelativePath = Field(description="Glob of its files: `dist/*.tar`.")
    kind: Literal["image", "bundle", "package", "manifest"] = Field(
        description="`image` (OCI or Docker archive), `bundle` (what browsers load), `package`, `manifest`."
    )
    repository: RelativePath = Field(
        default=".", description="The repository that it is built from, as in [[repository]]."
    )


class SecretRuleTable(Table):
    """A pattern by which the team's own secrets are known, beside the rules that prodproof brings."""

    id: Annotated[Text, AfterValidator(_rule_id)] = Field(description="Its name in findings: `shop-api-key`.")
    what: Text = Field(description="What it finds, for people: `key of our API`.")
    pattern: Annotated[
        str,
        AfterValidator(_pattern),
        Field(min_length=1, max_length=MAX_PATTERN),
    ] = Field(description="Regular expression; its first group is the secret: `\\b(shop_[0-9a-f]{32})\\b`.")
    keywords: list[Text] = Field(
        default=[], description="Texts of which one must stand in the match; they make the search fast."
    )
    near: Annotated[int, BeforeValidator(_near)] = Field(
        default=0, description="Bytes before the match in which a keyword may stand, too."
    )
    entropy: Annotated[
        float, BeforeValidator(_entropy), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 8, "default": 0})
    ] = Field(default=0.0, description="How random the secret must be at least: bits a character, from 0 to 8.")


class SecretAllowedTable(Table):
    """A finding of the search for patterns that was looked at and is no secret."""

    finding: Annotated[str, AfterValidator(_finding)] = Field(description="Its id, as a report shows it.")
    reason: Text = Field(description="Why it is none.")
    owner: Text = Field(description=OWNER)
    until: Day = Field(description="The last day on which it is accepted.")
