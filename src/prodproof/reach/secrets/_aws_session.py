"""Clients of AWS that are bounded in time and size, and log nothing."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.reach.aws_session import aws_session
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.store import MAX_ANSWER, Limits

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnrecognizedClientException"}
    | {"InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "ExpiredToken"}
    | {"ExpiredTokenException", "AuthFailure", "MissingAuthenticationToken", "InvalidAccessKeyId", "KMSAccessDenied"}
)
ABSENT = frozenset(
    {"ResourceNotFoundException", "ParameterNotFound", "NoSuchEntity", "NoSuchBucket", "TrailNotFoundException"}
    | {"NotFoundException", "ObjectLockConfigurationNotFoundError"}
)


class TooLargeError(Exception):
    """An answer that is longer than any honest one."""


class TooSlowError(Exception):
    """An answer that drips."""


class Bounded:
    """Sends the requests of botocore, and reads no more than the bounds allow.

    Handed to botocore's event `before-send`, whose handlers may answer in place of its own connection pool.
    """

    def __init__(self, limits: Limits, verify: str | bool) -> None:
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        self._limits = limits
        self._proxies: Callable[[str], dict[str, str]] = get_environ_proxies
        self._verify = verify
        self._session_type = URLLib3Session
        self._sessions: dict[str, Any] = {}

    def __call__(self, request: Any, **_: object) -> Any:
        from botocore.awsrequest import AWSResponse

        until = time.monotonic() + self._limits.total
        request.stream_output = True
        answer = self._session(request.url).send(request)
        body = bytearray()
        # Not `stream`, which waits until a whole chunk has dripped in.
        while chunk := answer.raw.read1(1 << 16, decode_content=True):
            body += chunk
            if len(body) > MAX_ANSWER:
                answer.raw.close()
                raise TooLargeError
            if time.monotonic() > until:
                answer.raw.close()
                raise TooSlowError
        return AWSResponse(answer.url, answer.status_code, answer.headers, _Read(bytes(body)))

    def close(self) -> None:
        """Close the connections."""
        for session in self._sessions.values():
            session.close()

    def _session(self, url: str) -> Any:
        host = url.split("/", 3)[2]
        if host not in self._sessions:
            self._sessions[host] = self._session_type(
                verify=self._verify,
                proxies=self._proxies(url),
                timeout=(self._limits.connect, self._limits.total),
                max_pool_connections=2,
            )
        return self._sessions[host]


class _Read:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """The body, as botocore asks a connection for it."""
        yield self._body


class Aws:
    """The clients of one account and region.

    Args:
        region: None: as the environment says.
        url: of the endpoint; None: as the environment says, else the public one.
        credentials: `KEY_ID:SECRET` or `KEY_ID:SECRET:SESSION_TOKEN`; None: where the AWS tools look for them.
        ca: path of a private CA.
    """

    def __init__(
        self,
        region: str | None = None,
        url: str | None = None,
        credentials: Secret | None = None,
        ca: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.region, self.url = region, url
        self._credentials = credentials
        self._limits = limits or Limits()
        self._bounded = Bounded(self._limits, ca or True)
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A client; raises what botocore raises when region or credentials are missing."""
        if service not in self._clients:
            self._clients[service] = self._made(service)
        return self._clients[service]

    def close(self) -> None:
        """Close the connections."""
        self._bounded.close()

    def _made(self, service: str) -> Any:
        from botocore.config import Config

        if self._session is None:
            self._session = aws_session(self._credentials, self.region)
        config = Config(
            connect_timeout=self._limits.connect,
            read_timeout=self._limits.total,
            retries={"mode": "standard", "total_max_attempts": 2},
            user_agent_extra="prodproof",
        )
        client = self._session.create_client(service, endpoint_url=self.url, config=config)
        client.meta.events.register_last("before-send.*", self._bounded)
        return client


def why(error: Exception, what: str) -> Unseen:
    """The true reason why AWS gave no answer; its own words are left out, they may quote what was sent.

    Raises the error again when it is none of those that the world outside causes.
    """
    from botocore import exceptions as raised
    from urllib3 import exceptions as lower

    if isinstance(error, raised.ClientError):
        code = code_of(error)
        if code in _DENIED:
            return Unseen(Reason.DENIED, f"{what}: AWS refuses it ({code})")
        if code in ABSENT:
            return Unseen(Reason.NOT_CONFIGURED, f"{what}: there is none ({code})")
        return Unseen(Reason.INCOMPLETE, f"{what}: AWS answers {code or 'an error'}")
    if isinstance(error, (raised.NoCredentialsError, raised.PartialCredentialsError, raised.CredentialRetrievalError)):
        return Unseen(Reason.NOT_CONFIGURED, f"{what}: no AWS credentials; see `credentials` of [[secret_manager]]")
    if isinstance(error, (raised.NoRegionError, raised.InvalidRegionError)):
        return Unseen(Reason.NOT_CONFIGURED, f"{what}: no AWS region; see `region` of [[secret_manager]]")
    if isinstance(error, (raised.ConnectTimeoutError, raised.ReadTimeoutError, TooSlowError, lower.ReadTimeoutError)):
        return Unseen(Reason.TIMED_OUT, f"{what}: AWS did not answer in time")
    if isinstance(error, raised.SSLError):
        return Unseen(Reason.UNREACHABLE, f"{what}: the TLS handshake failed")
    if isinstance(error, (raised.HTTPClientError, raised.EndpointConnectionError)):
        return Unseen(Reason.UNREACHABLE, f"{what}: AWS cannot be reached")
    if isinstance(error, TooLargeError):
        return Unseen(Reason.INCOMPLETE, f"{what}: the answer is longer than {MAX_ANSWER // 2**20} MB")
    if isinstance(error, (raised.BotoCoreError, lower.HTTPError, ValueError, KeyError, TypeError, AttributeError)):
        return Unseen(Reason.INCOMPLETE, f"{what}: the answer cannot be read ({type(error).__name__})")
    raise error


def code_of(error: Exception) -> str:
    """The error code that AWS answered, harmless to show."""
    response = getattr(error, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", ""))
    return "".join(letter for letter in code.rpartition("#")[2] if letter.isalnum() or letter in "._-")[:60]
