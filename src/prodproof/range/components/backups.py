"""Last night's copies: a dump of the database, and an archive of the uploads."""

import io
import os
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from prodproof.facts.declared import Backup
from prodproof.range import namespaces
from prodproof.range.component import Component, program_path
from prodproof.range.components.authority import PrivateAuthority
from prodproof.system.errors import UserError

NIGHT = "2026-11-20"
DECLARED = "/srv/backups/"
"""Where the system file, as users read it, has them."""

_PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200)


class Backups(Component):
    """They lie below `etc/`, since faults change them."""

    name = "backups"
    after = ("application", "postgres")
    seen_by = frozenset({Backup})

    @property
    def dump(self) -> Path:
        """Of the database: PostgreSQL's custom format; a copy of the SQLite file where there is no server."""
        return self.etc / f"shop-{NIGHT}.dump"

    @property
    def uploads(self) -> Path:
        """What visitors uploaded."""
        return self.etc / f"uploads-{NIGHT}.tar.gz"

    def configure(self) -> None:
        self.etc.mkdir(parents=True, exist_ok=True)
        self.archive({})
        if self.range.has("postgres"):
            self._dump_postgres()
        else:
            self._copy_sqlite()

    def reload(self) -> None:
        """Nothing runs here."""

    def archive(self, more: Mapping[str, bytes]) -> None:
        """Write the archive of uploads, with some other files in it too."""
        with tarfile.open(self.uploads, "w:gz", compresslevel=1) as archive:
            for name, data in {"srv/media/licences/1.png": _PICTURE, **more}.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))

    def vanish(self) -> None:
        """Take every copy away."""
        for file in (self.dump, self.uploads):
            file.unlink()

    def watched(self) -> Iterable[Path]:
        return (self.etc,)

    def _dump_postgres(self) -> None:
        from prodproof.range.components.postgres import PORT, Postgres

        server = self.range.part(Postgres)
        words = (
            *namespaces.within(self.range.places.inside_namespace),
            program_path("pg_dump") or "pg_dump",
            "--format=custom",
            f"--file={self.dump}",
            "--no-password",
            "shop",
        )
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.fspath(self.range.var),
            "PGHOST": self.range.places.inside,
            "PGPORT": str(PORT),
            "PGUSER": "backup",
            "PGPASSWORD": server.password("backup"),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": os.fspath(self.range.part(PrivateAuthority).ca_file),
        }
        done = subprocess.run(
            words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise UserError(f"pg_dump failed: {done.stderr.decode(errors='replace').strip()[-300:]}")

    def _copy_sqlite(self) -> None:
        source = self.range.app.environment["HARBOUR_SQLITE"]
        with closing(sqlite3.connect(source)) as shop, closing(sqlite3.connect(self.dump)) as copy:
            shop.backup(copy)


COMPONENT = Backups
