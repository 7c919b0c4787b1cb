"""A request of a client of S3, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

User = Mapping[str, Any]
"""Whose key it is: `name`, `key`, `secret` and `policy`, as the configuration has them."""

Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers, content."""


class RefusedError(Exception):
    """A request that is not carried out."""

    def __init__(self, status: int, code: str, says: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.says = status, code, says


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    """Path and query, as they were sent."""

    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        """Bucket and key."""
        return unquote(urlsplit(self.target).path)

    @property
    def bucket(self) -> str:
        return self.path.lstrip("/").partition("/")[0]

    @property
    def key(self) -> str:
        """Of the object; empty for the bucket itself."""
        return self.path.lstrip("/").partition("/")[2]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What stands in the query, in its order."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def query(self) -> Mapping[str, str]:
        """The same, by name."""
        return dict(self.parameters)
