"""A CloudTrail whose event history can be asked, which moto's cannot, with the Secrets Manager that it records.

Source: AWS API reference, CloudTrail `LookupEvents`, `DescribeTrails`, `GetTrailStatus`, `GetEventSelectors`; S3
`GetObjectLockConfiguration`; Secrets Manager `GetSecretValue`; STS `GetCallerIdentity`. It speaks only these.
"""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TRAIL = {"Name": "main", "S3BucketName": "trails", "LogFileValidationEnabled": True, "IsMultiRegionTrail": True,
         "TrailARN": "arn:aws:cloudtrail:eu-central-1:111122223333:trail/main"}  # fmt: skip
_IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/prodproof</Arn><UserId>A</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
_LOCK = """<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>{mode}</Mode><Days>365</Days>
</DefaultRetention></Rule></ObjectLockConfiguration>"""


@dataclass
class CloudTrail:
    """A running one."""

    url: str = ""
    records: bool = True
    lock: str = "COMPLIANCE"
    trail: dict[str, Any] = field(default_factory=lambda: dict(TRAIL))
    logging: bool = True
    events: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, action: str, given: dict[str, Any], request: str) -> dict[str, Any]:
        """The answer to one request of the JSON services."""
        if action == "GetSecretValue":
            if self.records:
                told = {"requestID": request, "eventName": action}
                self.events.append({"EventId": request, "EventName": action, "CloudTrailEvent": json.dumps(told)})
            return {"ARN": "arn:x", "Name": given["SecretId"], "VersionId": "v" * 32, "SecretString": "canary"}
        if action == "LookupEvents":
            wanted = given["LookupAttributes"][0]["AttributeValue"]
            return {"Events": [event for event in self.events if event["EventName"] == wanted]}
        if action == "DescribeTrails":
            return {"trailList": [self.trail]}
        if action == "GetTrailStatus":
            return {"IsLogging": self.logging}
        return {"TrailARN": "x", "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}


@contextmanager
def running() -> Iterator[CloudTrail]:
    """Start one on a free loopback port, and stop it."""
    cloud = CloudTrail()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            target, request = self.headers.get("X-Amz-Target", ""), str(uuid.uuid4())
            if not target:
                self._send(_IDENTITY.encode(), "text/xml", request)
                return
            answer = cloud.answer(target.rpartition(".")[2], json.loads(body or b"{}"), request)
            self._send(json.dumps(answer).encode(), "application/x-amz-json-1.1", request)

        def do_GET(self) -> None:
            self._send(_LOCK.format(mode=cloud.lock).encode(), "application/xml", str(uuid.uuid4()))

        def _send(self, body: bytes, kind: str, request: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("x-amzn-RequestId", request)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
