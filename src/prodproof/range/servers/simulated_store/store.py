"""Buckets and objects: what is asked of them, as far as the policy of whoever asks allows it.

It knows what pgBackRest, restic and boto3 ask for. Source: Amazon S3 API Reference.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4
from xml.sax.saxutils import escape, unescape

from prodproof.range.servers.simulated_store.access import allows, signer
from prodproof.range.servers.simulated_store.request import Answer, Asked, RefusedError, User

_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_PARTS = ".parts"
_PLAIN = ("GET", "HEAD")


class Store:
    """Buckets are folders; an object is one file in its bucket's, named after its key."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.folder = Path(given["folder"])
        self.region = str(given["region"])
        self.buckets: Mapping[str, Mapping[str, int]] = given["buckets"]
        self.users: Mapping[str, User] = {user["key"]: user for user in given["users"]}
        for name in self.buckets:
            (self.folder / name / _PARTS).mkdir(parents=True, exist_ok=True)

    def answer(self, asked: Asked) -> Answer:
        """Carry a request out, or say why not."""
        try:
            user = signer(asked, self.users)
            if asked.bucket not in self.buckets:
                raise RefusedError(404, "NoSuchBucket")
            return self._served(asked, user)
        except RefusedError as error:
            text = f"<Error><Code>{error.code}</Code><Message>{escape(error.says or error.code)}</Message></Error>"
            return error.status, {"Content-Type": "application/xml"}, text.encode()

    def _file(self, bucket: str, key: str) -> Path:
        """Where an object lies."""
        return self.folder / bucket / quote(key, safe="")

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        """The keys of a bucket, in order."""
        names = (unquote(item) for item in os.listdir(self.folder / bucket) if item != _PARTS)
        return sorted(name for name in names if name.startswith(prefix))

    def _upload(self, asked: Asked) -> Path:
        """Where the parts of an object lie that is being sent."""
        name = asked.query["uploadId"]
        place = self.folder / asked.bucket / _PARTS / name
        if not re.fullmatch(r"[0-9a-f]{32}", name) or not place.is_dir():
            raise RefusedError(404, "NoSuchUpload")
        return place

    def _may(self, user: User, action: str, asked: Asked, key: str | None = None) -> None:
        name = asked.key if key is None else key
        resource = f"arn:aws:s3:::{asked.bucket}" + (f"/{name}" if name else "")
        if not allows(user, f"s3:{action}", resource):
            raise RefusedError(403, "AccessDenied", f"{user['name']} may not {action}")

    def _served(self, asked: Asked, user: User) -> Answer:
        if not asked.key:
            return self._of_bucket(asked, user)
        if asked.method in _PLAIN:
            self._may(user, "GetObject", asked)
            return self._read(asked)
        if asked.method == "DELETE":
            self._may(user, "AbortMultipartUpload" if "uploadId" in asked.query else "DeleteObject", asked)
            if "uploadId" not in asked.query:
                self._file(asked.bucket, asked.key).unlink(missing_ok=True)
            return 204, {}, b""
        self._may(user, "PutObject", asked)
        if asked.method == "POST":
            return self._in_parts(asked)
        if asked.method != "PUT" or "x-amz-copy-source" in asked.headers:
            raise RefusedError(501, "NotImplemented")
        body = _unwrapped(asked)
        if "uploadId" in asked.query:
            (self._upload(asked) / _part(asked)).write_bytes(body)
        else:
            _write(self._file(asked.bucket, asked.key), body)
        return 200, {"ETag": _etag(body)}, b""

    def _of_bucket(self, asked: Asked, user: User) -> Answer:
        if asked.method == "POST" and "delete" in asked.query:
            keys = re.findall(r"<Key>([^<]+)</Key>", asked.body.decode())
            done = "".join(self._removed(asked, user, key) for key in map(unescape, keys))
            return _xml("DeleteResult", done)
        if asked.method not in _PLAIN:
            raise RefusedError(403, "AccessDenied")
        if "location" in asked.query:
            self._may(user, "GetBucketLocation", asked)
            return 200, {}, f'<LocationConstraint xmlns="{_SPACE}">{self.region}</LocationConstraint>'.encode()
        if "lifecycle" in asked.query:
            self._may(user, "GetLifecycleConfiguration", asked)
            days = self.buckets[asked.bucket]["days"]
            rule = f"<ID>old</ID><Status>Enabled</Status><Prefix></Prefix><Expiration><Days>{days}</Days></Expiration>"
            return _xml("LifecycleConfiguration", f"<Rule>{rule}</Rule>")
        if "object-lock" in asked.query:
            self._may(user, "GetBucketObjectLockConfiguration", asked)
            raise RefusedError(404, "ObjectLockConfigurationNotFoundError")
        if "encryption" in asked.query:
            self._may(user, "GetEncryptionConfiguration", asked)
            raise RefusedError(404, "ServerSideEncryptionConfigurationNotFoundError")
        if "versioning" in asked.query:
            self._may(user, "GetBucketVersioning", asked)
            return _xml("VersioningConfiguration", "")
        self._may(user, "ListBucket", asked)
        return _xml("ListBucketResult", "".join(self._listed(asked)))

    def _removed(self, asked: Asked, user: User, key: str) -> str:
        try:
            self._may(user, "DeleteObject", asked, key)
        except RefusedError as error:
            return f"<Error><Key>{escape(key)}</Key><Code>{error.code}</Code></Error>"
        self._file(asked.bucket, key).unlink(missing_ok=True)
        return f"<Deleted><Key>{escape(key)}</Key></Deleted>"

    def _listed(self, asked: Asked) -> Iterator[str]:
        """All keys at once: a bucket here holds some hundred."""
        query = asked.query
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after, folders, count = query.get("start-after", query.get("marker", "")), [], 0
        name = quote if query.get("encoding-type") == "url" else escape
        yield f"<Name>{asked.bucket}</Name><Prefix>{name(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        if name is quote:
            yield "<EncodingType>url</EncodingType>"
        for key in self._keys(asked.bucket, prefix):
            if key <= after:
                continue
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if found:
                folders.append(prefix + head + delimiter)
                continue
            with suppress(FileNotFoundError):
                status = self._file(asked.bucket, key).stat()
                at = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
                tag = f'"{status.st_size:x}-{status.st_mtime_ns:x}"'
                count += 1
                yield f"<Contents><Key>{name(key)}</Key><LastModified>{at}</LastModified><ETag>{tag}</ETag>"
                yield f"<Size>{status.st_size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for folder in dict.fromkeys(folders):
            yield f"<CommonPrefixes><Prefix>{name(folder)}</Prefix></CommonPrefixes>"
        yield f"<KeyCount>{count}</KeyCount><MaxKeys>1000000</MaxKeys>"

    def _read(self, asked: Asked) -> Answer:
        file = self._file(asked.bucket, asked.key)
        try:
            with open(file, "rb") as opened:
                status = os.fstat(opened.fileno())
                size = status.st_size
                headers = {
                    "Last-Modified": formatdate(status.st_mtime, usegmt=True),
                    "ETag": f'"{size:x}-{status.st_mtime_ns:x}"',
                    "Content-Type": "application/octet-stream",
                    "Accept-Ranges": "bytes",
                }
                part = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("Range", ""))
                if asked.method == "HEAD":
                    return 200, {**headers, "Content-Length": str(size)}, b""
                if part is None:
                    return 200, headers, opened.read()
                first, last = int(part[1]), min(int(part[2] or size), size - 1)
                if first > last:
                    raise RefusedError(416, "InvalidRange")
                opened.seek(first)
                headers["Content-Range"] = f"bytes {first}-{last}/{size}"
                return 206, headers, opened.read(last - first + 1)
        except FileNotFoundError:
            raise RefusedError(404, "NoSuchKey") from None

    def _in_parts(self, asked: Asked) -> Answer:
        whole = f"<Bucket>{asked.bucket}</Bucket><Key>{escape(asked.key)}</Key>"
        if "uploads" in asked.query:
            name = uuid4().hex
            (self.folder / asked.bucket / _PARTS / name).mkdir()
            return _xml("InitiateMultipartUploadResult", f"{whole}<UploadId>{name}</UploadId>")
        if "uploadId" not in asked.query:
            raise RefusedError(501, "NotImplemented")
        body = b"".join(part.read_bytes() for part in sorted(self._upload(asked).iterdir()))
        _write(self._file(asked.bucket, asked.key), body)
        return _xml("CompleteMultipartUploadResult", f"{whole}<ETag>{escape(_etag(body))}</ETag>")


def _part(asked: Asked) -> str:
    number = asked.query.get("partNumber", "")
    if not re.fullmatch(r"[0-9]{1,5}", number):
        raise RefusedError(400, "InvalidArgument")
    return number.zfill(5)


def _unwrapped(asked: Asked) -> bytes:
    """The content; clients send it in pieces, each with its length, where a checksum follows it."""
    if "aws-chunked" not in asked.headers.get("Content-Encoding", ""):
        return asked.body
    content, rest = b"", asked.body
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            return content
        content, rest = content + rest[:size], rest[size + 2 :]


def _write(file: Path, content: bytes) -> None:
    # Whoever reads meanwhile gets the whole object, old or new.
    draft = file.parent / _PARTS / f"{uuid4().hex}.new"
    draft.write_bytes(content)
    draft.replace(file)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _xml(name: str, content: str) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_SPACE}">{content}</{name}>'
    return 200, {"Content-Type": "application/xml"}, text.encode()
