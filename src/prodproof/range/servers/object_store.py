"""An object store that speaks S3 over TLS, and holds every key to the policy of its user.

    python object_store.py CONFIG

CONFIG is a JSON file: `address`, `port`, `certificate` (PEM, with its key), `region`, `folder` (where objects lie),
`buckets` (`{"NAME": {"days": DAYS}}`: after how many days its objects expire), and `users`, each `{"name", "key",
"secret", "policy"}`: the policy as AWS writes one.

It knows what pgBackRest, restic and boto3 ask for. Sources: Amazon S3 API Reference; "Authenticating Requests (AWS
Signature Version 4)"; "Policy evaluation logic".
"""

import hashlib
import hmac
import json
import os
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import formatdate
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

MAX_BODY = 256 * 1024 * 1024
_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*SignedHeaders=")
_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_PARTS = ".parts"
_PLAIN = ("GET", "HEAD")


User = Mapping[str, Any]


class RefusedError(Exception):
    """A request that is not carried out."""

    def __init__(self, status: int, code: str, says: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.says = status, code, says


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Message
    body: bytes


class Store:
    """Buckets are folders; an object is one file in its bucket's, named after its key."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.folder = Path(given["folder"])
        self.region = str(given["region"])
        self.buckets: Mapping[str, Mapping[str, int]] = given["buckets"]
        self.users: Mapping[str, User] = {user["key"]: user for user in given["users"]}
        for name in self.buckets:
            (self.folder / name / _PARTS).mkdir(parents=True, exist_ok=True)

    def file(self, bucket: str, key: str) -> Path:
        """Where an object lies."""
        return self.folder / bucket / quote(key, safe="")

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """The keys of a bucket, in order."""
        names = (unquote(item) for item in os.listdir(self.folder / bucket) if item != _PARTS)
        return sorted(name for name in names if name.startswith(prefix))

    def allows(self, user: User, action: str, resource: str) -> bool:
        """What the policy of a user says: a refusal counts more than a permission."""
        found = set()
        for statement in user["policy"]["Statement"]:
            actions, resources = (_listed(statement[name]) for name in ("Action", "Resource"))
            if any(fnmatchcase(action, item) for item in actions) and any(
                fnmatchcase(resource, item) for item in resources
            ):
                found.add(statement["Effect"])
        return found == {"Allow"}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "ObjectStore"
    sys_version = ""
    timeout = 60
    # An answer is headers and a body: sent apart, each would wait for the other's receipt.
    disable_nagle_algorithm = True
    wbufsize = -1
    store: Store

    def parse_request(self) -> bool:
        # All methods go one way.
        if super().parse_request():
            self._answer()
            self.wfile.flush()
        return False

    def handle_expect_100(self) -> bool:
        # Whoever waits for it sends nothing until then.
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def finish(self) -> None:
        # Without a word of goodbye an end could be somebody's who cut the line.
        with suppress(OSError, ValueError):
            super().finish()
        self.connection.settimeout(1)
        with suppress(OSError, ValueError):
            self.connection.unwrap()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if str(code).startswith(("403", "5")):
            super().log_request(code, size)

    def _answer(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self.close_connection = True
            self._end(400, {}, b"")
            return
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        asked = Asked(self.command, bucket, key, query, self.headers, body)
        try:
            user = self._user(parts.path)
            if bucket not in self.store.buckets:
                raise RefusedError(404, "NoSuchBucket")
            status, headers, content = self._served(asked, user)
        except RefusedError as error:
            text = f"<Error><Code>{error.code}</Code><Message>{escape(error.says or error.code)}</Message></Error>"
            status, headers, content = error.status, {"Content-Type": "application/xml"}, text.encode()
        self._end(status, headers, content)

    def _body(self) -> bytes:
        """What was sent. Raises ValueError for what is too long or cannot be read."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 <= length <= MAX_BODY:
                raise ValueError(length)
            return self.rfile.read(length)
        body = b""
        while size := int(self.rfile.readline(64).partition(b";")[0], 16):
            if len(body) + size > MAX_BODY:
                raise ValueError(size)
            body += self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(8192).strip():
            pass  # a trailer says nothing that is needed
        return body

    # ---- who asks

    def _user(self, path: str) -> User:
        given = self.headers.get("Authorization", "")
        found = _CREDENTIAL.match(given)
        signed = re.search(r"SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})", given)
        user = self.store.users.get(found[1]) if found else None
        if found is None or signed is None:
            raise RefusedError(403, "AccessDenied")
        if user is None:
            raise RefusedError(403, "InvalidAccessKeyId")
        query = sorted(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        names = signed[1].split(";")
        canonical = "\n".join(
            (
                self.command,
                quote(unquote(path), safe="/~"),
                "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
                *(f"{name}:{' '.join((self.headers.get(name) or '').split())}" for name in names),
                "",
                signed[1],
                self.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            )
        )
        scope = f"{found[2]}/{found[3]}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.headers.get('x-amz-date', '')}\n{scope}\n{digest}"
        key = f"AWS4{user['secret']}".encode()
        for part in (found[2], found[3], "s3", "aws4_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(key.hex(), signed[2]):
            raise RefusedError(403, "SignatureDoesNotMatch")
        return user

    def _may(self, user: User, action: str, asked: Asked, key: str | None = None) -> None:
        name = asked.key if key is None else key
        resource = f"arn:aws:s3:::{asked.bucket}" + (f"/{name}" if name else "")
        if not self.store.allows(user, f"s3:{action}", resource):
            raise RefusedError(403, "AccessDenied", f"{user['name']} may not {action}")

    # ---- what is asked

    def _served(self, asked: Asked, user: User) -> tuple[int, Mapping[str, str], bytes]:
        if not asked.key:
            return self._of_bucket(asked, user)
        if asked.method in _PLAIN:
            self._may(user, "GetObject", asked)
            return self._read(asked)
        if asked.method == "DELETE":
            self._may(user, "AbortMultipartUpload" if "uploadId" in asked.query else "DeleteObject", asked)
            if "uploadId" not in asked.query:
                self.store.file(asked.bucket, asked.key).unlink(missing_ok=True)
            return 204, {}, b""
        self._may(user, "PutObject", asked)
        if asked.method == "POST":
            return self._in_parts(asked)
        if asked.method != "PUT" or "x-amz-copy-source" in asked.headers:
            raise RefusedError(501, "NotImplemented")
        body = _unwrapped(asked)
        if "uploadId" in asked.query:
            place = self.store.folder / asked.bucket / _PARTS / _upload(asked)
            (place / asked.query["partNumber"].zfill(6)).write_bytes(body)
        else:
            _write(self.store.file(asked.bucket, asked.key), body)
        return 200, {"ETag": _etag(body)}, b""

    def _of_bucket(self, asked: Asked, user: User) -> tuple[int, Mapping[str, str], bytes]:
        if asked.method == "POST" and "delete" in asked.query:
            keys = re.findall(r"<Key>([^<]+)</Key>", asked.body.decode())
            done = "".join(self._removed(asked, user, key) for key in map(_unescaped, keys))
            return _xml("DeleteResult", done)
        if asked.method not in _PLAIN:
            raise RefusedError(403, "AccessDenied")
        if "location" in asked.query:
            self._may(user, "GetBucketLocation", asked)
            return 200, {}, f'<LocationConstraint xmlns="{_SPACE}">{self.store.region}</LocationConstraint>'.encode()
        if "lifecycle" in asked.query:
            self._may(user, "GetLifecycleConfiguration", asked)
            days = self.store.buckets[asked.bucket]["days"]
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
        self.store.file(asked.bucket, key).unlink(missing_ok=True)
        return f"<Deleted><Key>{escape(key)}</Key></Deleted>"

    def _listed(self, asked: Asked) -> Iterator[str]:
        """All keys at once: a bucket here holds some hundred."""
        prefix, delimiter = asked.query.get("prefix", ""), asked.query.get("delimiter", "")
        folders, count = [], 0
        name = quote if asked.query.get("encoding-type") == "url" else escape
        yield f"<Name>{asked.bucket}</Name><Prefix>{name(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        if asked.query.get("encoding-type") == "url":
            yield "<EncodingType>url</EncodingType>"
        for key in self.store.keys(asked.bucket, prefix):
            if key <= asked.query.get("start-after", asked.query.get("marker", "")):
                continue
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if found:
                folders.append(prefix + head + delimiter)
                continue
            with suppress(FileNotFoundError):
                status = self.store.file(asked.bucket, key).stat()
                at = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
                tag = f'"{status.st_size:x}-{status.st_mtime_ns:x}"'
                count += 1
                yield f"<Contents><Key>{name(key)}</Key><LastModified>{at}</LastModified><ETag>{tag}</ETag>"
                yield f"<Size>{status.st_size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for folder in dict.fromkeys(folders):
            yield f"<CommonPrefixes><Prefix>{name(folder)}</Prefix></CommonPrefixes>"
        yield f"<KeyCount>{count}</KeyCount><MaxKeys>1000000</MaxKeys>"

    def _read(self, asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        file = self.store.file(asked.bucket, asked.key)
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

    def _in_parts(self, asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        whole = f"<Bucket>{asked.bucket}</Bucket><Key>{escape(asked.key)}</Key>"
        if "uploads" in asked.query:
            name = uuid4().hex
            (self.store.folder / asked.bucket / _PARTS / name).mkdir()
            return _xml("InitiateMultipartUploadResult", f"{whole}<UploadId>{name}</UploadId>")
        if "uploadId" not in asked.query:
            raise RefusedError(501, "NotImplemented")
        place = self.store.folder / asked.bucket / _PARTS / _upload(asked)
        body = b"".join(part.read_bytes() for part in sorted(place.iterdir()))
        _write(self.store.file(asked.bucket, asked.key), body)
        return _xml("CompleteMultipartUploadResult", f"{whole}<ETag>{escape(_etag(body))}</ETag>")

    def _end(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _upload(asked: Asked) -> str:
    name = asked.query["uploadId"]
    if not re.fullmatch(r"[0-9a-f]{32}", name):
        raise RefusedError(404, "NoSuchUpload")
    return name


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


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _xml(name: str, content: str) -> tuple[int, Mapping[str, str], bytes]:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_SPACE}">{content}</{name}>'
    return 200, {"Content-Type": "application/xml"}, text.encode()


class Server(ThreadingHTTPServer):
    """Each connection has its own thread, in which also its TLS begins."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(address, Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(Handler.timeout)
        with suppress(OSError):
            super().finish_request(self._context.wrap_socket(request, server_side=True), client_address)


def main(config: str) -> None:
    """Serve until stopped."""
    given = json.loads(Path(config).read_text())
    Handler.store = Store(given)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given["certificate"])
    Server((given["address"], given["port"]), context).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
