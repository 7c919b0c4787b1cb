"""A small AWS (moto) as a process of its own, on a free loopback port."""

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
REGION = "eu-central-1"


class AwsServer:
    """A running one."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str) -> Any:
        """A client for setting it up, as the account's first user."""
        import boto3

        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="setup",
            aws_secret_access_key="setup",
        )


@contextmanager
def running(directory: Path) -> Iterator[AwsServer]:
    """Start one, and stop it by its pid."""
    port = free_port()
    with open(directory / "aws.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
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
