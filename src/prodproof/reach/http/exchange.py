"""One answer of a web server, and the URLs and addresses in it. Pure."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

from prodproof.reach.stream import is_loopback

MAX_URL = 4096
DEFAULT_PORT = {"http": 80, "https": 443}
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One answer."""

    method: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, values as latin-1 text, in their order, repeated ones kept."""

    body: bytes
    complete: bool
    """Whether `body` is the whole, decoded body."""

    address: str | None
    """The address that was asked; None when a proxy chose it."""

    certificate_error: str | None = None
    """Why the certificate is not trusted, where the answer was read all the same."""

    certificate: bytes | None = None
    """The server's certificate (DER)."""

    @property
    def lab(self) -> bool:
        """Whether the target was a loopback address."""
        return self.address is not None and is_lab(self.address)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header."""
        return tuple(value for key, value in self.headers if key == name)

    def first(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def redirect(self) -> str | None:
        """The absolute URL that a 3xx answer leads to, without its fragment; None when it leads nowhere."""
        if self.status not in (301, 302, 303, 307, 308):
            return None
        location = self.first("location")
        return resolved(self.url, location) if location else None

    @property
    def text(self) -> str:
        """The body as text; undecodable bytes are replaced."""
        return self.body.decode("utf-8", "replace")


def is_lab(address: str) -> bool:
    """Whether an observation of this address is one of a lab: loopback, where the source stands for the vantage."""
    return is_loopback(address)


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet at large (not private, shared, link-local, loopback, reserved)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_global) and not parsed.is_multicast


def resolved(base: str, location: str) -> str | None:
    """An absolute http(s) URL for a Location value; None for anything else or anything malformed."""
    if len(location) > MAX_URL:
        return None
    # Browsers drop line breaks and tabs, and encode what is not ASCII.
    location = quote(re.sub(r"[\x00-\x1f\x7f]", "", location).encode("latin-1", "replace"), safe=_PRINTABLE)
    try:
        url = urljoin(base, location.strip())
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORT or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in (None, DEFAULT_PORT[parts.scheme]) else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{suffix}{parts.path or '/'}{query}"


def authority_of(url: str) -> str:
    """Host in lower case, with the port unless it is the scheme's own."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, DEFAULT_PORT.get(parts.scheme)) else f"{host}:{parts.port}"


def is_address(host: str) -> bool:
    """Whether a host is an address rather than a name."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
