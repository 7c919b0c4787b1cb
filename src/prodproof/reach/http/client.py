"""Asking web servers that cannot be trusted.

Every exchange is one connection to one pinned address, bounded in time and size; redirects are read, never followed
by themselves. What cannot be had comes back as `Unseen` with its true reason.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.request import getproxies_environment, proxy_bypass

import httpx

from prodproof.facts import Reason, Unseen
from prodproof.reach.address import addresses_of
from prodproof.reach.http.body import Body, read_body
from prodproof.reach.http.exchange import DEFAULT_PORT, Exchange, authority_of, is_address, is_lab, is_public, resolved
from prodproof.reach.http.failure import NotTrustedError, why
from prodproof.reach.stream import LostError, Stream, source_for

if TYPE_CHECKING:
    from prodproof.reach.world import Settings

MAX_BODY = 1024 * 1024
"""Decoded bytes of a body that are kept; what comes after is not read."""

MAX_HEADERS = 200
"""Header lines of an answer; their bytes are bounded to 100 KB by the HTTP parser."""

MAX_HOPS = 8
BURST = 20
"""Requests that may come at once before the rate holds them back."""

CLOSING = 2.0
"""Seconds beyond the total for closing a connection."""

SILENT_LIMIT = 3
"""After so many time-outs in a row an address is not asked again in this run."""

__all__ = [
    "DEFAULT_PORT",
    "Door",
    "Exchange",
    "HttpClient",
    "authority_of",
    "is_lab",
    "is_public",
    "resolved",
]


class Door(StrEnum):
    """What a TCP connection attempt met."""

    OPEN = "open"
    REFUSED = "refused"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    """No route, or this machine does not allow it: says nothing about the target."""


class HttpClient:
    """Sends requests for all probes of one run, so that each host sees one rate.

    Args:
        settings: user agent, rate, time limits, proxy, private CA, forced addresses, source address.
        private: addresses that are not public and that the system file declares, by host name.
        clock: a monotonic clock, seconds.
    """

    def __init__(
        self,
        settings: "Settings",
        private: Mapping[str, frozenset[str]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._private = dict(private or {})
        self._clock = clock
        self._pinned: dict[str, tuple[str, ...] | Unseen] = {}
        self._next: dict[str, float] = {}
        self._silent: dict[tuple[str, int], int] = {}

    async def addresses(self, host: str) -> tuple[str, ...] | Unseen:
        """The addresses that a host may be asked at: resolved once and kept for the run.

        A name that leads to an address which is neither public nor declared is not contacted, so that a hijacked or
        rebinding name cannot point us at internal services.
        """
        host = host.strip("[]").rstrip(".").lower()
        if host not in self._pinned:
            self._pinned[host] = self._permitted(host, await addresses_of(host, self.settings))
        return self._pinned[host]

    async def door(self, host: str, port: int) -> dict[str, Door] | Unseen:
        """Try to connect to a port on every address of a host."""
        addresses = await self.addresses(host)
        if isinstance(addresses, Unseen):
            return addresses
        found: dict[str, Door] = {}
        for address in addresses:
            await self._turn(address, host)
            found[address] = await self._knock(address, port)
        return found

    def proxied(self, url: str) -> bool:
        """Whether requests for this URL go through a proxy, so that connections say nothing about the target."""
        try:
            return self._proxy(httpx.URL(url)) is not None
        except (httpx.InvalidURL, ValueError):
            return False

    async def ask(
        self,
        url: str,
        method: str = "GET",
        *,
        headers: Sequence[tuple[str, str]] = (),
        content: bytes = b"",
        address: str | None = None,
        unverified: bool = False,
        target: bytes | None = None,
        host_header: str | None = None,
        max_body: int = MAX_BODY,
    ) -> Exchange | Unseen:
        """Send one request and read one answer.

        Args:
            url: absolute, http or https.
            headers: beside Host, User-Agent, Accept and Accept-Encoding; the same name replaces ours.
            address: the address to ask instead of the first one that answers.
            unverified: read the answer although its certificate is not trusted; the exchange says so.
            target: the request target as sent, where it must not be normalised.
            host_header: a Host that differs from the URL's.
            max_body: decoded bytes to keep.

        Returns:
            The answer, or why there is none: unreachable (name, connection, TLS), timed-out, incomplete (not valid
            HTTP), not-permitted (an address that is not public and not declared).
        """
        request = self._request(url, method, headers, content, target, host_header)
        if isinstance(request, Unseen):
            return request
        host = request.url.host
        proxy = None if address else self._proxy(request.url)
        if proxy:
            await self._turn(None, host)
            return await self._once(request, url, None, proxy, unverified, max_body)
        addresses = (address,) if address else await self.addresses(host)
        if isinstance(addresses, Unseen):
            return addresses
        port = request.url.port or DEFAULT_PORT[request.url.scheme]
        answer: Exchange | Unseen = Unseen(Reason.UNREACHABLE, f"{host} has no address")
        for number, candidate in enumerate(addresses):
            if self._silent.get((candidate, port), 0) >= SILENT_LIMIT:
                answer = Unseen(Reason.TIMED_OUT, f"{host} stopped answering; it was not asked again")
                continue
            await self._turn(candidate, host)
            last = number == len(addresses) - 1
            # Only an open port decides for an address; the request itself is sent once.
            if not last and await self._knock(candidate, port) is not Door.OPEN:
                continue
            return await self._once(request, url, candidate, None, unverified, max_body)
        return answer

    async def follow(
        self, url: str, hosts: frozenset[str], *, unverified: bool = False
    ) -> tuple[tuple[Exchange, ...], Unseen | None]:
        """Read a chain of redirects by hand, as long as it stays on the given authorities.

        Returns:
            The answers in their order, and why the last one could not be had (None when the chain ended, or left
            the hosts: the last answer's `redirect` says where to).
        """
        chain: list[Exchange] = []
        seen = set()
        next_url: str | None = url
        while next_url is not None:
            if next_url in seen or len(chain) >= MAX_HOPS:
                return tuple(chain), Unseen(Reason.INCOMPLETE, "redirects in a loop")
            seen.add(next_url)
            answer = await self.ask(next_url, unverified=unverified)
            if isinstance(answer, Unseen):
                return tuple(chain), answer
            chain.append(answer)
            following = answer.redirect
            next_url = following if following and authority_of(following) in hosts else None
        return tuple(chain), None

    def _permitted(self, host: str, found: tuple[str, ...] | Unseen) -> tuple[str, ...] | Unseen:
        if isinstance(found, Unseen) or host in self.settings.resolve or is_address(host):
            return found
        declared = self._private.get(host, frozenset())
        local = host == "localhost" or host.endswith(".localhost")
        allowed = tuple(item for item in found if is_public(item) or item in declared or (local and is_lab(item)))
        if not allowed:
            shown = ", ".join(found[:3])
            return Unseen(
                Reason.NOT_PERMITTED,
                f"{host} resolves to {shown}, which is not public: declare it as addresses of a [[host]]",
            )
        return allowed

    def _request(
        self,
        url: str,
        method: str,
        headers: Sequence[tuple[str, str]],
        content: bytes,
        target: bytes | None,
        host_header: str | None,
    ) -> httpx.Request | Unseen:
        try:
            parsed = httpx.URL(url)
            own = {
                "host": host_header or authority_of(url),
                "user-agent": self.settings.user_agent,
                "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
                "accept-encoding": "gzip, deflate",
                "connection": "close",
            }
            for name, _ in headers:
                own.pop(name.lower(), None)
            sent = [*own.items(), *headers]
            extensions = {"target": target} if target is not None else {}
            request = httpx.Request(method, parsed, headers=sent, content=content or None, extensions=extensions)
        except (httpx.InvalidURL, ValueError, UnicodeError):
            return Unseen(Reason.INCOMPLETE, "this is not a URL that can be asked for")
        if parsed.scheme not in DEFAULT_PORT or not parsed.host:
            return Unseen(Reason.INCOMPLETE, "only http and https URLs can be asked for")
        return request

    async def _once(
        self, request: httpx.Request, url: str, address: str | None, proxy: str | None, unverified: bool, max_body: int
    ) -> Exchange | Unseen:
        host = request.url.host
        error: str | None = None
        answer: Exchange | Unseen = Unseen(Reason.UNREACHABLE, f"{host} was not asked")
        try:
            contexts = (self._trusting, self._doubting) if unverified else (self._trusting,)
        except (OSError, ssl.SSLError):
            return Unseen(Reason.NOT_CONFIGURED, f"the CA file {self.settings.ca_file} cannot be read")
        for context in contexts:
            try:
                async with asyncio.timeout(self.settings.total_timeout + CLOSING):
                    answer = await self._send(request, url, address, proxy, context, error, max_body)
            except TimeoutError:
                answer = Unseen(Reason.TIMED_OUT, f"{host} gave no answer in {self.settings.total_timeout:g} s")
            except NotTrustedError as refusal:
                error = str(refusal)
                answer = Unseen(Reason.UNREACHABLE, f"{host}: its certificate is not trusted ({error})")
                continue
            self._count(address, request.url, answer)
            return answer
        return answer

    async def _send(
        self,
        request: httpx.Request,
        url: str,
        address: str | None,
        proxy: str | None,
        context: ssl.SSLContext,
        certificate_error: str | None,
        max_body: int,
    ) -> Exchange | Unseen:
        host = request.url.host
        limit = self.settings.total_timeout
        deadline = asyncio.get_running_loop().time() + limit
        extensions = {
            **request.extensions,
            "timeout": {"connect": self.settings.connect_timeout, "read": limit, "write": limit, "pool": limit},
        }
        sent = request.url
        if address is not None:
            sent = request.url.copy_with(host=address)
            extensions["sni_hostname"] = host
        pinned = httpx.Request(
            request.method, sent, headers=request.headers, stream=request.stream, extensions=extensions
        )
        transport = httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            proxy=httpx.Proxy(proxy) if proxy else None,
            local_address=source_for(address, self.settings) if address else None,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
        )
        try:
            async with transport:
                async with asyncio.timeout_at(deadline):
                    response = await transport.handle_async_request(pinned)
                headers = tuple(
                    (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
                )
                certificate = _certificate(response)
                if len(headers) > MAX_HEADERS:
                    return Unseen(Reason.INCOMPLETE, f"{host} sent more than {MAX_HEADERS} header lines")
                body = await _body(response, headers, max_body, deadline)
                await response.aclose()
        except TimeoutError:
            return Unseen(Reason.TIMED_OUT, f"{host} gave no answer in {limit:g} s")
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError) as error:
            return why(error, host)
        if proxy and response.status_code in (502, 503, 504) and request.url.scheme == "http":
            return Unseen(Reason.UNREACHABLE, f"{host}: the proxy answered {response.status_code}")
        return Exchange(
            method=request.method,
            url=url,
            status=response.status_code,
            headers=headers,
            body=body.data,
            complete=body.complete and not body.encoded,
            address=address,
            certificate_error=certificate_error,
            certificate=certificate,
        )

    async def _knock(self, address: str, port: int) -> Door:
        try:
            async with await Stream.open(address, port, self.settings):
                return Door.OPEN
        except LostError as lost:
            if lost.unseen.why is Reason.TIMED_OUT:
                return Door.SILENT
            refused = isinstance(lost.__cause__, ConnectionRefusedError)
            return Door.REFUSED if refused else Door.UNREACHABLE

    async def _turn(self, address: str | None, host: str) -> None:
        """Wait until this host may be asked again; loopback labs have no rate."""
        if (address is not None and is_lab(address)) or self.settings.rate <= 0:
            return
        now = self._clock()
        at = max(now - (BURST - 1) / self.settings.rate, self._next.get(host, 0.0))
        self._next[host] = at + 1 / self.settings.rate
        if at > now:
            await asyncio.sleep(at - now)

    def _count(self, address: str | None, url: httpx.URL, answer: Exchange | Unseen) -> None:
        key = (address or url.host, url.port or DEFAULT_PORT[url.scheme])
        silent = isinstance(answer, Unseen) and answer.why is Reason.TIMED_OUT
        self._silent[key] = self._silent.get(key, 0) + 1 if silent else 0

    def _proxy(self, url: httpx.URL) -> str | None:
        host = url.host
        if host in self.settings.resolve or host == "localhost" or (is_address(host) and not is_public(host)):
            return None
        if self.settings.proxy:
            return self.settings.proxy
        if proxy_bypass(host):
            return None
        found = getproxies_environment()
        return found.get(url.scheme) or found.get("all")

    @cached_property
    def _trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        paths = ssl.get_default_verify_paths()
        if not (paths.cafile or paths.capath):
            import certifi  # only where the system has no store of its own

            context.load_verify_locations(certifi.where())
        if self.settings.ca_file is not None:
            context.load_verify_locations(self.settings.ca_file)
        return context

    @cached_property
    def _doubting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


async def _body(response: httpx.Response, headers: tuple[tuple[str, str], ...], limit: int, deadline: float) -> Body:
    encoding = ", ".join(value for name, value in headers if name == "content-encoding")
    kept = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        async with asyncio.timeout_at(deadline):
            return await read_body(response.stream, encoding, limit, kept)
    except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError):
        # The status and the headers came whole: they are worth keeping with a part of the body.
        return Body(bytes(kept[:limit]), complete=False)


def _certificate(response: httpx.Response) -> bytes | None:
    stream = response.extensions.get("network_stream")
    secure = stream.get_extra_info("ssl_object") if stream is not None else None
    found = secure.getpeercert(binary_form=True) if secure is not None else None
    return found if isinstance(found, bytes) else None
