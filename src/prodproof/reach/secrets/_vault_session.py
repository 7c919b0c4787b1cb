"""A session with Vault or OpenBao that is bounded in time and size and follows no redirects."""

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from prodproof.facts import Reason, Unseen
from prodproof.reach.secrets.store import MAX_ANSWER, Limits


class TooLargeError(requests.RequestException):
    """An answer that is longer than any honest one."""


class TooSlowError(requests.Timeout):
    """An answer that drips."""


class BoundedSession(requests.Session):
    """Reads each answer up to its bounds; no proxy's or netrc's credentials are sent along."""

    def __init__(self, limits: Limits, ca: str | None) -> None:
        super().__init__()
        self._limits = limits
        self.verify = ca or True
        self.max_redirects = 0
        self.trust_env = False
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=2, max_retries=0))

    def request(self, *given: Any, **named: Any) -> requests.Response:
        """One exchange, wholly read."""
        until = time.monotonic() + self._limits.total
        named |= {"timeout": (self._limits.connect, self._limits.total), "stream": True, "allow_redirects": False}
        answer = super().request(*given, **named)
        body = bytearray()
        try:
            # Not `iter_content`, which waits until a whole chunk has dripped in.
            while chunk := answer.raw.read1(1 << 16, decode_content=True):
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise TooLargeError
                if time.monotonic() > until:
                    raise TooSlowError
        except HTTPError as error:
            raise _of_requests(error) from None
        finally:
            answer.close()
        # requests keeps what was read under this name, and has no other way to say it.
        answer._content = bytes(body)
        return answer


def _of_requests(error: HTTPError) -> requests.RequestException:
    """What requests itself would have raised for a body that cannot be read."""
    if isinstance(error, ReadTimeoutError):
        return TooSlowError()
    if isinstance(error, DecodeError):
        return requests.exceptions.ContentDecodingError()
    return requests.exceptions.ChunkedEncodingError()


def why(error: Exception, what: str) -> Unseen:
    """The true reason why Vault gave no answer; its own words are left out.

    Raises the error again when it is none of those that the world outside causes.
    """
    from hvac import exceptions as raised

    if isinstance(error, (raised.Forbidden, raised.Unauthorized)):
        return Unseen(Reason.DENIED, f"{what}: Vault refuses it")
    if isinstance(error, raised.InvalidPath):
        return Unseen(Reason.NOT_CONFIGURED, f"{what}: there is none")
    if isinstance(error, raised.VaultDown):
        return Unseen(Reason.UNREACHABLE, f"{what}: Vault is sealed, or not ready")
    if isinstance(error, raised.VaultError):
        return Unseen(Reason.INCOMPLETE, f"{what}: Vault answers with an error ({type(error).__name__})")
    if isinstance(error, (requests.Timeout, TooSlowError)):
        return Unseen(Reason.TIMED_OUT, f"{what}: Vault did not answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        return Unseen(Reason.UNREACHABLE, f"{what}: the TLS handshake failed, or its certificate is not trusted")
    if isinstance(error, TooLargeError):
        return Unseen(Reason.INCOMPLETE, f"{what}: the answer is longer than {MAX_ANSWER // 2**20} MB")
    if isinstance(error, requests.exceptions.ConnectionError):
        return Unseen(Reason.UNREACHABLE, f"{what}: Vault cannot be reached")
    if isinstance(error, (requests.RequestException, ValueError, KeyError, TypeError, AttributeError)):
        return Unseen(Reason.INCOMPLETE, f"{what}: the answer cannot be read ({type(error).__name__})")
    raise error
