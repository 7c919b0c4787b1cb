"""The kinds of value that a system file holds, each with an error that says what to write."""

import ipaddress
import re
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from prodproof.system.errors import inert

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "mo": 30 * 86400, "y": 365 * 86400}
_UNITS = r"(mo(?:nths?)?|s(?:ec(?:onds?)?)?|m(?:in(?:utes?)?)?|h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?|y(?:ears?)?)"
_DURATION = re.compile(rf"(?:\d{{1,6}}{_UNITS})+")
_EXAMPLES = 'for example "4h", "1h30m", "5 minutes" or "90d"'
_HOST = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*|aws-sm:[\w/+=.@:-]+(?:#[\w.@-]+)?|aws-ssm:/?[\w/.-]+"
    r"|vault:[^\s#]+#[^\s#]+|vault-db:[\w.-]+(?:/[\w.-]+)+|k8s:[a-z0-9-]+/[a-z0-9.-]+#[\w.-]+"
    r"|docker:[\w.-]+|django:[A-Z_][A-Z0-9_]*(?:\.[\w-]+)*",
    re.ASCII,
)
REFERENCE_FORMS = (
    "env:NAME, file:PATH, aws-sm:NAME#KEY, aws-ssm:/PATH, vault:MOUNT/PATH#KEY, vault-db:MOUNT/ROLE, "
    "k8s:NAMESPACE/NAME#KEY, docker:NAME or django:SETTING"
)
SSH_KEY_TYPES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)
_SCHEMES = "^(env:|file:|aws-sm:|aws-ssm:|vault:|vault-db:|k8s:|docker:|django:)"


def wrong(message: str) -> PydanticCustomError:
    """An error whose message is printed as it stands."""
    # PydanticCustomError fills `{…}` from its context: braces that come from the file must stay as they are.
    return PydanticCustomError("prodproof", "{message}", {"message": message})


def _duration(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        raise wrong(f"a number without a unit; write {_EXAMPLES}")
    if not isinstance(value, str):
        raise wrong(f"expected a duration, {_EXAMPLES}")
    text = "".join(value.split()).lower()
    if len(text) > 40 or not _DURATION.fullmatch(text):
        raise wrong(f'"{inert(value, 30)}" is no duration; write {_EXAMPLES}')
    return sum(int(number) * _seconds(unit) for number, unit in re.findall(rf"(\d+){_UNITS}", text))


def _seconds(unit: str) -> int:
    return SECONDS["mo" if unit.startswith("mo") else unit[0]]


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        raise wrong(
            f"expected a day without a time; write {value:%Y-%m-%d}" if value.year >= 1000 else "expected a day"
        )
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise wrong(f'"{inert(value, 30)}" is no day; write year-month-day, for example 2027-01-31') from None
    raise wrong("expected a day, for example 2027-01-31")


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise wrong("is no URL; write for example https://shop.example") from None
    if parts.username is not None or parts.password is not None:
        raise wrong("holds a user name or password (not shown here); write the URL without it")
    if value != inert(value, 2000) or " " in value:
        raise wrong("holds spaces or unprintable characters, or is too long")
    if not parts.scheme or not parts.netloc:
        if "@" in value:
            raise wrong("has no scheme; write for example https://shop.example")
        bare = value.split("://")[-1].lstrip("/:")
        raise wrong(f'"{inert(value)}" has no scheme; write "https://{inert(bare) or "shop.example"}"')
    if parts.scheme not in ("http", "https"):
        raise wrong(f'the scheme "{inert(parts.scheme, 20)}" is not supported; expected https or http')
    if not host or not _is_host(host):
        raise wrong(f'"{inert(value)}" has no valid host name; write for example https://shop.example')
    return value


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_host(text: str) -> bool:
    if _is_address(text):
        return True
    try:
        return bool(_HOST.fullmatch(text.lower().rstrip(".").encode("idna").decode("ascii")))
    except UnicodeError:
        return False


def _host(value: str) -> str:
    if "://" in value:
        raise wrong("expected a host name or address, not a URL; write for example shop.example")
    if value.startswith("*."):
        raise wrong("a wildcard names no machine; write each host, or declare the [[zone]]")
    if re.fullmatch(r"[^:]+:\d+", value):
        raise wrong(
            f'"{inert(value)}" has a port; write the host alone, and ports = [{inert(value.rpartition(":")[2], 5)}]'
        )
    if not _is_host(value):
        raise wrong(f'"{inert(value)}" is no host name or address; write for example shop.example or 192.0.2.10')
    return value


def _zone(value: str) -> str:
    host = _host(value)
    if _is_address(host):
        raise wrong("expected the name of a DNS zone, for example shop.example")
    return host


def _address(value: str) -> str:
    if not _is_address(value):
        raise wrong(f'"{inert(value)}" is no IP address; write for example 192.0.2.10 or 2001:db8::10')
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise wrong(f'"{inert(value)}" is no network; write for example 198.51.100.0/24') from None
    return value


def _nameserver(value: str) -> str:
    address, _, port = value.rpartition(":")
    if not _is_address(address.strip("[]")) or not port.isdecimal() or not 0 < int(port[:6]) < 65536:
        raise wrong('expected an address and port, for example "127.0.0.1:5353" or "[::1]:5353"')
    return value


def _reference(value: Any) -> str:
    # Whatever stands here may be a real secret: no message of this function repeats it.
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
        raise wrong(
            f"expected a reference ({REFERENCE_FORMS}), not the value itself; it is not shown here. "
            "If it is a real secret, replace it with a new one"
        )
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise wrong("is empty")
    return value


def _path(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise wrong("expected a path relative to the system file")
    if value.startswith(("/", "~")):
        raise wrong("expected a path relative to the system file, so that it is the same on every machine")
    return value


def _place(value: str) -> str:
    if not value.strip() or "\0" in value or value.startswith("~"):
        raise wrong("expected a path relative to the system file, or an absolute one")
    return value


def _column(value: str) -> str:
    parts = value.split(".")
    if len(parts) not in (2, 3) or not all(part.strip() for part in parts) or "\0" in value:
        raise wrong("expected table.column, or schema.table.column")
    return value


def _subject(value: str) -> str:
    kind, _, name = value.partition(":")
    if not kind or not name:
        raise wrong("expected kind:name as a report shows it, for example host:shop.example")
    return value


def _clock_time(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise wrong(f'"{inert(value, 20)}" is no time of the day; write for example "22:30"')
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong(f'there is no time zone "{inert(value)}"; write for example "UTC" or "Europe/Berlin"') from None
    return value


def _ssh_key(value: str) -> str:
    kind, _, rest = value.strip().partition(" ")
    if value.lstrip().startswith("-----"):
        raise wrong("looks like a private key (not shown here); write the line of the .pub file, and make a new key")
    if kind not in SSH_KEY_TYPES or not re.fullmatch(r"[A-Za-z0-9+/]{40,2000}={0,2}", rest.split(" ")[0]):
        raise wrong(f'expected the line of a .pub file, "{SSH_KEY_TYPES[0]} AAAA…"')
    return f"{kind} {rest.split(' ')[0]}"


def _source(value: str) -> str:
    if value in ("none", "osv", "pypi") or (value.startswith("osv-export:") and len(value) > len("osv-export:")):
        return value
    raise wrong('expected "none", "osv", "pypi" or "osv-export:PATH"')


Text = Annotated[str, AfterValidator(_text), Field(min_length=1, max_length=4000)]
Duration = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\s*(\d{1,6}\s*[A-Za-z]+\s*)+$", "examples": ["4h", "5m", "90d"]}),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    # A TOML date needs no quotes; editors show it to JSON Schema as a string.
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2027-01-31"]}),
]
Url = Annotated[
    str, AfterValidator(_url), Field(max_length=2000, json_schema_extra={"pattern": "^https?://", "format": "uri"})
]
HostName = Annotated[str, AfterValidator(_host), Field(max_length=253)]
ZoneName = Annotated[str, AfterValidator(_zone), Field(max_length=253)]
Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
Nameserver = Annotated[str, AfterValidator(_nameserver)]
SecretRef = Annotated[
    str,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "pattern": _SCHEMES, "examples": ["env:DATABASE_URL"]}),
]
RelativePath = Annotated[str, AfterValidator(_path), Field(max_length=1000)]
SubjectName = Annotated[str, AfterValidator(_subject)]
AdvisorySource = Annotated[
    str, AfterValidator(_source), Field(json_schema_extra={"pattern": "^(none|osv|pypi|osv-export:.+)$"})
]
ClockTime = Annotated[str, AfterValidator(_clock_time), Field(json_schema_extra={"pattern": r"^\d\d:\d\d$"})]
TimeZone = Annotated[str, AfterValidator(_time_zone), Field(max_length=100)]
SshKey = Annotated[str, AfterValidator(_ssh_key), Field(max_length=4000)]
PlacePath = Annotated[str, AfterValidator(_place), Field(max_length=1000)]
"""Of things that lie outside the repository: relative to the system file, or absolute on the machine."""
ColumnName = Annotated[
    str,
    AfterValidator(_column),
    Field(max_length=200, json_schema_extra={"pattern": r"^[^.]+\.[^.]+(\.[^.]+)?$"}),
]
"""`table.column` or `schema.table.column`."""
