"""Objects of an S3 bucket, or of a store that speaks its protocol: every version, and those behind delete markers too.

Credentials come from the usual places of the AWS SDK (environment, profile, role of the machine).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.reach.aws_session import aws_session
from prodproof.trace.content.feed import feed
from prodproof.trace.finding import Finding
from prodproof.trace.stream import Item, Sink

MAX_OBJECT = 4 * 1024**3
"""Bytes of one object that are read."""

SHARE = 64 * 1024 * 1024
"""Bytes of the objects in a part, about."""

SHARE_OBJECTS = 500
CONNECT_SECONDS = 10
READ_SECONDS = 60
CONNECTIONS = 16

_DENIED = frozenset(
    {"AccessDenied", "AllAccessDisabled", "403", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch",
     "ExpiredToken", "InvalidToken", "AccountProblem", "KMS.DisabledException", "KMS.AccessDeniedException"}
)  # fmt: skip
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})

# botocore has no types of its own: its answers are taken apart at once.
Answer = Mapping[str, Any]


class Client(Protocol):
    """What is used of botocore's S3 client."""

    def get_object(self, **arguments: object) -> Answer: ...

    def get_paginator(self, name: str) -> Any: ...

    def list_objects_v2(self, **arguments: object) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one object."""

    key: str
    size: int
    id: str | None
    """None where the bucket has no versions, or they may not be listed."""

    latest: bool = True

    @property
    def path(self) -> str:
        """The key; earlier versions have their id behind it."""
        return self.key if self.latest or self.id is None else f"{self.key}@{self.id}"


class S3Source:
    """The objects of a bucket whose keys begin with a prefix.

    Args:
        place: as it was asked for: `s3://bucket/prefix`.
        endpoint: URL of another store than AWS's; the SDK's own settings if None.
        region: of the bucket; the SDK's own settings if None.
    """

    left_out = ("tags, policies and other settings of the bucket, and uploads that were never completed",)
    """What is not read on purpose."""

    def __init__(
        self, place: str, bucket: str, prefix: str = "", *, endpoint: str | None = None, region: str | None = None
    ) -> None:
        self.place = place
        self.bucket = bucket
        self._prefix = prefix
        self._endpoint = endpoint
        self._region = region
        self._lock = threading.Lock()
        self._client: Client | None = None

    @classmethod
    def of(cls, url: str) -> "S3Source":
        """The bucket and prefix of an `s3://` URL."""
        parts = urlsplit(url, allow_fragments=False)
        query = f"?{parts.query}" if parts.query else ""
        return cls(url, parts.netloc, parts.path.removeprefix("/") + query)

    def control(self) -> Unseen | None:
        """The positive control: one object can be listed and its first bytes read. None when they came."""
        client = self.client()
        if isinstance(client, Unseen):
            return client
        try:
            found = client.list_objects_v2(Bucket=self.bucket, Prefix=self._prefix, MaxKeys=1).get("Contents") or ()
            if not found:
                return Unseen(Reason.INCOMPLETE, "there is no object under this prefix")
            with client.get_object(Bucket=self.bucket, Key=found[0]["Key"])["Body"] as body:
                body.read(1)
        except Exception as error:
            return _meaning(error)
        return None

    def parts(self, count: int) -> Iterator["S3Part"]:
        """The objects as they are listed, in shares."""
        client = self.client()
        if isinstance(client, Unseen):
            yield S3Part(self, (), (client,))
            return
        share: list[Version] = []
        size = 0
        for found in self._listed(client):
            if isinstance(found, Unseen):
                yield S3Part(self, (), (found,))
                continue
            share.append(found)
            size += found.size
            if size >= SHARE or len(share) >= SHARE_OBJECTS:
                yield S3Part(self, tuple(share))
                share, size = [], 0
        if share:
            yield S3Part(self, tuple(share))

    def size(self) -> int | None:
        """Nobody knows before everything is listed."""
        return None

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are: the path is the key."""
        return findings

    def client(self) -> Client | Unseen:
        """The SDK's client; it may be used by several threads."""
        with self._lock:
            if self._client is None:
                try:
                    self._client = _connected(self._endpoint, self._region)
                except Exception as error:
                    return _meaning(error)
            return self._client

    def _listed(self, client: Client) -> Iterator[Version | Unseen]:
        """Every version; the current ones alone, and a gap, where others may not be listed."""
        where = {"Bucket": self.bucket, "Prefix": self._prefix}
        began = False
        try:
            for page in client.get_paginator("list_object_versions").paginate(**where):
                began = True
                for entry in page.get("Versions") or ():
                    version = entry.get("VersionId")
                    yield _version(entry, None if version == "null" else version, bool(entry.get("IsLatest", True)))
            return
        except Exception as error:
            unseen = _meaning(error)
            if began:
                yield unseen
                return
        if unseen.why not in (Reason.DENIED, Reason.INCOMPLETE):
            yield unseen
            return
        yield Unseen(unseen.why, f"earlier versions: {unseen.detail} (s3:ListBucketVersions)")
        try:
            for page in client.get_paginator("list_objects_v2").paginate(**where):
                for entry in page.get("Contents") or ():
                    yield _version(entry, None, latest=True)
        except Exception as error:
            yield _meaning(error)


@dataclass(frozen=True)
class S3Part:
    """Some objects."""

    source: S3Source
    versions: tuple[Version, ...]
    gaps: tuple[Unseen, ...] = ()

    def read(self, sink: Sink) -> None:
        """Feed them; those that are deleted meanwhile are no gap."""
        for unseen in self.gaps:
            sink.gap("", unseen.why, unseen.detail)
        client = self.source.client()
        if isinstance(client, Unseen):
            return
        for version in self.versions:
            self._object(client, version, sink)

    def _object(self, client: Client, version: Version, sink: Sink) -> None:
        which = {"VersionId": version.id} if version.id else {}
        try:
            answer = client.get_object(Bucket=self.source.bucket, Key=version.key, **which)
        except Exception as error:
            unseen = _meaning(error)
            if unseen is not _VANISHED:
                sink.gap(version.path, unseen.why, unseen.detail)
            return
        with answer["Body"] as stream:
            described = [f"{name}: {value}\n" for name, value in (answer.get("Metadata") or {}).items()]
            if described:
                sink.put(Item(f"{version.path}!metadata"), "".join(described).encode("utf-8", "replace"))
            body = _Body(stream)
            feed(sink, Item(version.path, version.id or ""), body)
            if body.trouble is not None:
                sink.gap(version.path, body.trouble.why, body.trouble.detail)


class _Body:
    """An object's bytes as they come; what ends them too early is kept."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._count = 0
        self.trouble: Unseen | None = None

    def readinto(self, into: memoryview, /) -> int:
        if self.trouble is not None:
            return 0
        if self._count >= MAX_OBJECT:
            self.trouble = Unseen(Reason.INCOMPLETE, f"only its first {MAX_OBJECT // 2**30} GB were read")
            return 0
        try:
            data = cast(bytes, self._stream.read(min(len(into), 1 << 20, MAX_OBJECT - self._count)))
        except Exception as error:
            # urllib3's and botocore's errors have no family in common.
            self.trouble = _meaning(error)
            return 0
        into[: len(data)] = data
        self._count += len(data)
        return len(data)


_VANISHED = Unseen(Reason.INCOMPLETE, "it was deleted meanwhile")


def _connected(endpoint: str | None, region: str | None) -> Client:
    from botocore.config import Config  # slow to import

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "max_attempts": 4},
        max_pool_connections=CONNECTIONS,
    )
    return cast(Client, aws_session(None, region).create_client("s3", endpoint_url=endpoint, config=config))


def _version(entry: Answer, version: str | None, latest: bool) -> Version:
    return Version(str(entry["Key"]), int(entry.get("Size") or 0), version, latest)


def _meaning(error: Exception) -> Unseen:
    """What an error of the SDK means. Its words are not repeated: they may hold a key id or a signed URL."""
    name = type(error).__name__
    response = getattr(error, "response", None)
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
    if code in _GONE:
        return _VANISHED
    if code == "NoSuchBucket":
        return Unseen(Reason.NOT_CONFIGURED, "there is no such bucket")
    if code in _DENIED:
        return Unseen(Reason.DENIED, f"the store refuses it ({code})")
    if code == "InvalidObjectState":
        return Unseen(Reason.INCOMPLETE, "it lies in an archive class and would have to be restored")
    if code == "InvalidRequest":
        return Unseen(Reason.DENIED, "it is encrypted with a key that its owner did not leave with the store (SSE-C)")
    if code:
        return Unseen(Reason.INCOMPLETE, f"the store answered with {code}")
    if name in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound",
                "NoRegionError", "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError"):  # fmt: skip
        return Unseen(Reason.NOT_CONFIGURED, f"there are no AWS credentials or settings to use ({name})")
    if "Timeout" in name:
        return Unseen(Reason.TIMED_OUT, "the store did not answer in time")
    if name in (
        "EndpointConnectionError",
        "ConnectionClosedError",
        "ConnectionError",
        "SSLError",
        "ProxyConnectionError",
    ):
        return Unseen(Reason.UNREACHABLE, "the store cannot be reached")
    return Unseen(Reason.INCOMPLETE, f"reading failed ({name})")
