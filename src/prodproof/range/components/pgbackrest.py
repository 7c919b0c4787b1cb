"""pgBackRest as the database's server has it: it hands the log on, and makes copies, into a repository elsewhere."""

import os
import re
import secrets
import shutil
from pathlib import Path

from prodproof.range import namespaces
from prodproof.range.component import Component, program_path
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.object_store import BUCKET, DAYS, PRODUCTION, REGION, ObjectStore
from prodproof.range.processes import as_user, run

STANZA = "harbour"
PATH = "database"
"""Within the bucket."""

TIMEOUT = 60
"""Seconds after which a segment of the log is handed on that is not full."""

_SETTINGS = """\
[global]
repo1-type=s3
repo1-path=/{path}
repo1-s3-bucket={bucket}
repo1-s3-endpoint={endpoint}
repo1-s3-region={region}
repo1-s3-uri-style=path
repo1-s3-key={key}
repo1-s3-key-secret={secret}
repo1-storage-ca-file={authority}
repo1-bundle=y
repo1-retention-full-type=time
repo1-retention-full={days}
{cipher}
# What is too old goes by the office's own login: this one may take nothing away.
expire-auto=n
start-fast=y
compress-type=zst
compress-level=1
io-timeout=5
lock-path={var}/lock
spool-path={var}/spool
log-level-file=off
log-level-console=off
log-level-stderr=warn

[{stanza}]
pg1-path={data}
# The socket lies where the program is called.
pg1-socket-path=/proc/self/cwd
pg1-port={port}
pg1-user=postgres
"""
_CIPHER = """\
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass={passphrase}"""


class PgBackRest:
    """Its settings, and calls of it, for one server of PostgreSQL."""

    def __init__(self, server: Component, data: Path, port: int, user: str) -> None:
        """
        Args:
            server: in whose `etc/` the settings lie; its socket is in its `var/`.
            data: the data directory.
            user: whom the server runs as.
        """
        self._server, self._data, self._port, self._user = server, data, port, user

    @property
    def settings(self) -> Path:
        """The file that the server's own programs read (mode 0600)."""
        return self._server.etc / "pgbackrest.conf"

    @property
    def passphrase(self) -> str:
        """What the repository is encrypted with; empty: it is not."""
        found = re.search(r"(?m)^repo1-cipher-pass=(.+)$", self.settings.read_text())
        return found[1] if found else ""

    @property
    def server_settings(self) -> str:
        """The lines of postgresql.conf that hand the log on."""
        command = f"{program_path('pgbackrest')} --config={self.settings} --stanza={STANZA} archive-push %p"
        return f"archive_mode = on\narchive_command = '{command}'\narchive_timeout = {TIMEOUT}\n"

    def write(self) -> None:
        """Write the settings, with a new passphrase."""
        for name in ("lock", "spool"):
            (self._var / name).mkdir(parents=True)
        store = self._server.range.part(ObjectStore)
        key, secret = store.key(PRODUCTION)
        # The server's user does not come to where the authority lies.
        authority = self._server.etc / "store-authority.pem"
        shutil.copy2(self._server.range.part(PrivateAuthority).ca_file, authority)
        self.settings.touch(mode=0o600)
        self.settings.write_text(
            _SETTINGS.format(
                path=PATH,
                bucket=BUCKET,
                endpoint=store.endpoint,
                region=REGION,
                key=key,
                secret=secret,
                authority=authority,
                days=DAYS,
                cipher=_CIPHER.format(passphrase=secrets.token_urlsafe(32)),
                var=self._var,
                stanza=STANZA,
                data=self._data,
                port=self._port,
            )
        )

    def run(self, *words: str, password: str = "") -> None:
        """Call it where the server is. Raises UserError when it fails."""
        place = self._server.range.places.inside_namespace
        command = (*namespaces.within(place), *as_user(self._user), program_path("pgbackrest") or "pgbackrest")
        run(
            f"pgbackrest {words[0]}",
            (*command, f"--config={self.settings}", f"--stanza={STANZA}", *words),
            cwd=self._server.var,
            environment={"HOME": os.fspath(self._server.var), "PGPASSWORD": password},
        )

    @property
    def _var(self) -> Path:
        return self._server.var / "pgbackrest"
