"""Questions to MariaDB or MySQL, by the client program: no driver is needed, and a password goes by a file in memory.

Source: MariaDB documentation, "mariadb Command-Line Client", "Configuring MariaDB with Option Files".
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import run
from prodproof.reach.secret import Secret

SECONDS = 3600.0
PLACES = "/usr/local/sbin:/usr/sbin"
"""Where servers are, beside PATH, which an ordinary user does not have there."""

Row = tuple[str, ...]
_ERROR = re.compile(r"^ERROR (\d+) ", re.MULTILINE)
_REFUSED = ("1044", "1045", "1142", "1143", "1227", "1370")
_AWAY = ("2002", "2003", "2005", "2006", "2013", "2026")
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_OPTIONS = {"unix_socket": "socket", "ssl_ca": "ssl-ca"}


def program(*names: str) -> str | None:
    """The first of these programs that is installed."""
    path = f"{os.environ.get('PATH', os.defpath)}:{PLACES}"
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


@dataclass(frozen=True)
class Client:
    """A way to one database.

    What it is asked is text of prodproof's own, or the team's; what it answers is cells without tabs and line ends.
    """

    words: tuple[str, ...]
    """Before the words of the client itself: how it is cut off."""

    options: str = field(default="", repr=False)
    """The text of an option file, with the password; it is never on a disk."""

    flags: tuple[str, ...] = ()
    database: str = ""
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    seconds: float = SECONDS
    """For one question."""

    def ask(self, question: str) -> list[Row] | Unseen:
        """The rows that a question is answered with; nothing is written."""
        client = program("mariadb", "mysql")
        if client is None:
            return Unseen(Reason.TOOL_MISSING, "the client of MariaDB is not installed here (Debian: mariadb-client)")
        with self._defaults() as (given, inherit):
            command = [
                *self.words,
                client,
                *given,
                *self.flags,
                "--batch",
                "--skip-column-names",
                "--connect-timeout=10",
            ]
            command += ["--default-character-set=utf8mb4", *([f"--database={self.database}"] if self.database else ())]
            text = f"SET time_zone = '+00:00';\nSET SESSION TRANSACTION READ ONLY;\nSTART TRANSACTION;\n{question};\n"
            done = run(command, timeout=self.seconds, cwd=self.cwd, stdin=text.encode(), env=self.env, inherit=inherit)
        if isinstance(done, Unseen):
            return done
        if done.code != 0:
            return meaning(done.stderr)
        # Of bytes that are no UTF-8 nothing is asked: names and digests are.
        lines = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
        return [tuple(_plain(cell) for cell in line.split("\t")) for line in lines]

    @contextmanager
    def _defaults(self) -> Iterator[tuple[list[str], Sequence[int]]]:
        if not self.options:
            yield ["--no-defaults"], ()
            return
        memory = os.memfd_create("options", 0)
        try:
            # The client passes over a file that everybody may write.
            os.fchmod(memory, 0o600)
            os.write(memory, self.options.encode())
            os.lseek(memory, 0, os.SEEK_SET)
            yield [f"--defaults-file=/proc/self/fd/{memory}"], (memory,)
        finally:
            os.close(memory)


def of_url(url: Secret) -> Client | Unseen:
    """The client of a declared database: `mysql://USER:PASSWORD@HOST:PORT/NAME`, also `mariadb://`.

    After a question mark `unix_socket=PATH`, and `ssl_ca=PATH`, with which the server's certificate is verified.
    """
    try:
        parts = urlsplit(url.reveal())
        port, given = parts.port, dict(parse_qsl(parts.query))
    except ValueError:
        parts, port, given = urlsplit(""), None, {}
    name = unquote(parts.path.strip("/"))
    if parts.scheme.partition("+")[0] not in ("mysql", "mariadb") or not name:
        return Unseen(Reason.NOT_CONFIGURED, "the dsn is no mysql://USER:PASSWORD@HOST/NAME")
    options = {"user": unquote(parts.username or ""), "password": unquote(parts.password or "")}
    options |= {"host": parts.hostname or "", "port": str(port or "")}
    options |= {_OPTIONS[key]: value for key, value in given.items() if key in _OPTIONS}
    if "ssl-ca" in options:
        options["ssl-verify-server-cert"] = "1"
    lines = [f'{key}="{_quoted(value)}"' for key, value in options.items() if value]
    return Client((), "\n".join(("[client]", *lines, "")), database=name)


def meaning(errors: bytes) -> Unseen:
    """What an error of the client means; its words are left out, they may quote a value."""
    text = errors.decode("utf-8", "replace")
    found = _ERROR.search(text)
    if found is None:
        return Unseen(Reason.INCOMPLETE, "the client of MariaDB fails")
    if found[1] in _REFUSED:
        return Unseen(Reason.DENIED, f"MariaDB refuses it (error {found[1]})")
    if found[1] in _AWAY:
        return Unseen(Reason.UNREACHABLE, f"MariaDB cannot be reached (error {found[1]})")
    return Unseen(Reason.INCOMPLETE, f"MariaDB answers with error {found[1]}")


def name_of(text: str) -> str:
    """A name as SQL has it."""
    return "`" + text.replace("`", "``") + "`"


def text_of(text: str) -> str:
    """A text as SQL has it, whatever its letters."""
    return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)"


def _plain(cell: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), cell)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
