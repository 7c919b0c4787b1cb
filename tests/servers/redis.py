"""A real Redis for tests: a plain process on a free loopback port, with users in an ACL file."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.ports import free_port

START_SECONDS = 20.0
ADMINISTRATOR = "for-tests-only"


class RedisServer:
    """A running one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"redis://default:{ADMINISTRATOR}@127.0.0.1:{port}/0"

    def client(self, user: str = "default", password: str = ADMINISTRATOR) -> Any:
        """A client of a user."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        return redis.Redis(
            host="127.0.0.1", port=self.port, username=user, password=password, decode_responses=True,
            single_connection_client=True, retry=Retry(NoBackoff(), 0),
        )  # fmt: skip


@contextmanager
def running(directory: Path, *, keeps: bool = True) -> Iterator[RedisServer]:
    """Start one, and stop it by its pid.

    Args:
        keeps: whether it keeps its users over a restart.
    """
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed (Debian: redis-server)")
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(directory)]
    if keeps:
        (directory / "users.acl").write_text(f"user default on >{ADMINISTRATOR} ~* &* +@all\n")
        words += ["--aclfile", str(directory / "users.acl")]
    else:
        words += ["--requirepass", ADMINISTRATOR]
    with open(directory / "redis.log", "wb") as log:
        process = subprocess.Popen([program, *words], stdout=log, stderr=log)
    try:
        server = RedisServer(port)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with closing(server.client()) as client:
                    client.ping()
                break
            except Exception:
                if process.poll() is not None or time.monotonic() > deadline:
                    text = (directory / "redis.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"Redis did not start:\n{text}") from None
                time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(10)
