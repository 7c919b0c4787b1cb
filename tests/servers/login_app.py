"""A small web application that logs in to PostgreSQL or Redis with what lies in a file; its habits can be chosen.

    python -m tests.servers.login_app PORT FILE [HABIT …]

What lies there is a URL, the line DATABASE_URL=… of an env file, or, with the habit `tokens=FOLDER`, a token.

It reads the file at its start and on SIGHUP or `POST /reload`. Habits: `at-start` never reads it again; `each` opens a
connection for each request instead of keeping some; `stubborn` keeps connections that it has, whatever it reads anew;
`watches` looks at the file itself, each half second; `aws=URL` uses what lies there as an access key of AWS.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.servers.ports import free_port
from tests.servers.tokens import Tokens

START_SECONDS = 30.0
KEPT = 4


class TokenUser:
    """Uses a service with a token."""

    def __init__(self, tokens: Tokens, token: str) -> None:
        self._tokens, self._token = tokens, token

    def use(self) -> str:
        """Use it. Raises PermissionError when it is refused."""
        if not self._tokens.use(self._token):
            raise PermissionError
        return "used"

    def close(self) -> None:
        """Nothing is open."""


class KeyUser:
    """Uses AWS with an access key: looks which queues there are."""

    def __init__(self, url: str, key: str) -> None:
        from tests.servers.aws import AwsServer

        self._queues = AwsServer(url).client("sqs", key)

    def use(self) -> str:
        """Ask. Raises botocore's error when the key is refused."""
        return str(len(self._queues.list_queues().get("QueueUrls", ())))

    def close(self) -> None:
        """Close the connections."""
        self._queues.close()


class Database:
    """Connections that are kept, with the login that lay in the file."""

    def __init__(self, file: Path, habits: set[str]) -> None:
        self._file, self._habits = file, habits
        self._url = ""
        self._kept: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.read()

    def read(self) -> None:
        """Read the login anew."""
        if not self._url or "at-start" not in self._habits:
            lines = self._file.read_text().split("\n")
            named = [line.partition("=")[2].strip('"') for line in lines if line.startswith("DATABASE_URL=")]
            self._url = (named or lines)[0].strip()

    def follow(self) -> None:
        """Look at the file by itself."""
        while True:
            time.sleep(0.5)
            self.read()

    def answer(self) -> str:
        """Ask the database something; once more if the session was ended in the middle of it."""
        try:
            return self._answer()
        except Exception:
            return self._answer()

    def _answer(self) -> str:
        url = self._url
        while True:
            try:
                of, connection = self._kept.get_nowait()
            except queue.Empty:
                connection, of = self._connected(url), url
                break
            if (of == url or "stubborn" in self._habits) and self._well(connection):
                break
            connection.close()
        try:
            said = self._asked(connection)
        except Exception:
            connection.close()
            raise
        if "each" in self._habits or self._kept.qsize() >= KEPT:
            connection.close()
        else:
            self._kept.put((of, connection))
        return said

    def _connected(self, url: str) -> Any:
        for habit in self._habits:
            if habit.startswith("tokens="):
                return TokenUser(Tokens(Path(habit.partition("=")[2])), url)
            if habit.startswith("aws="):
                return KeyUser(habit.partition("=")[2], url)
        if url.startswith("redis"):
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry

            return redis.Redis.from_url(url, single_connection_client=True, retry=Retry(NoBackoff(), 0))
        import psycopg

        return psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="shop")

    def _well(self, connection: Any) -> bool:
        try:
            self._asked(connection)
        except Exception:
            return False
        return True

    def _asked(self, connection: Any) -> str:
        if isinstance(connection, TokenUser | KeyUser):
            return connection.use()
        if hasattr(connection, "incr"):
            return str(connection.incr("shop:visits"))
        return str(connection.execute("INSERT INTO visits DEFAULT VALUES RETURNING id").fetchone()[0])


def main() -> None:
    """Serve until somebody ends it."""
    port, file, habits = int(sys.argv[1]), Path(sys.argv[2]), set(sys.argv[3:])
    database = Database(file, habits)
    if "watches" in habits:
        threading.Thread(target=database.follow, daemon=True).start()
    signal.signal(signal.SIGHUP, lambda number, frame: database.read())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                self._say(200, database.answer())
            except Exception as error:
                self._say(500, type(error).__name__)

        def do_POST(self) -> None:
            database.read()
            self._say(200, "read")

        def _say(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


@dataclass(frozen=True)
class LoginApp:
    """A running one."""

    url: str
    pid_file: Path


@contextmanager
def running(folder: Path, file: Path, *habits: str) -> Iterator[LoginApp]:
    """Start one, and stop it by its pid."""
    port = free_port()
    with open(folder / "app.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.login_app", str(port), str(file), *habits],
            stdout=log,
            stderr=log,
            cwd=Path(__file__).parent.parent.parent,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    try:
        app = LoginApp(f"http://127.0.0.1:{port}/", folder / "app.pid")
        app.pid_file.write_text(str(process.pid))
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if httpx.get(app.url, timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the application did not start: {(folder / 'app.log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield app
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    main()
