"""A small AWS (moto) as a process of its own, on a free loopback port."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.ports import free_port

START_SECONDS = 60.0
ROOT = Path(__file__).parent.parent.parent
REGION = "eu-central-1"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""A policy that allows everything."""


class AwsServer:
    """A running one."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str, key: str = "setup:setup") -> Any:
        """A client: for setting it up, as the account's first user, or with another key, `KEY_ID:SECRET`."""
        import boto3

        id, _, secret = key.partition(":")
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url, aws_access_key_id=id, aws_secret_access_key=secret
        )

    def user(self, name: str, policy: dict[str, Any]) -> str:
        """Make a user with one policy; returns its first access key, `KEY_ID:SECRET`."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return f"{key['AccessKeyId']}:{key['SecretAccessKey']}"

    def lock(self) -> None:
        """From here on, let in only whoever has a good key and may do what is asked."""
        address, kind = f"{self.url}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        request = urllib.request.Request(address, b"0", kind, method="POST")
        urllib.request.urlopen(request, timeout=10).close()


@contextmanager
def running(directory: Path, *, keys: bool = False) -> Iterator[AwsServer]:
    """Start one, and stop it by its pid.

    Args:
        keys: whether it can be locked, and knows that a key may be inactive.
    """
    port = free_port()
    command = ["tests.servers.aws_keys", str(port)] if keys else ["moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with open(directory / "aws.log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], stdout=log, stderr=log, cwd=ROOT)
    try:
        server = AwsServer(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{server.url}/moto-api/", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    text = (directory / "aws.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"moto did not start:\n{text}") from None
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(10)
