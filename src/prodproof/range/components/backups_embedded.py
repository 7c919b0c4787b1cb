"""Last night's copies where there are no servers: of the SQLite file, and an archive of the uploads."""

import io
import sqlite3
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from prodproof.range.components.backups import Backups
from prodproof.range.places import Form

NIGHT = "2026-11-20"


class EmbeddedBackups(Backups):
    """They lie below `etc/`, since faults change them."""

    forms = frozenset({Form.EMBEDDED})

    @property
    def dump(self) -> Path:
        """The copy of the database."""
        return self.etc / f"shop-{NIGHT}.dump"

    @property
    def uploads(self) -> Path:
        """What visitors uploaded."""
        return self.etc / f"uploads-{NIGHT}.tar.gz"

    def configure(self) -> None:
        self.etc.mkdir(parents=True, exist_ok=True)
        self.archive({})
        source = self.range.app.environment["HARBOUR_SQLITE"]
        with closing(sqlite3.connect(source)) as shop, closing(sqlite3.connect(self.dump)) as copy:
            shop.backup(copy)

    def watched(self) -> Iterable[Path]:
        return (self.etc,)

    def archive(self, more: Mapping[str, bytes]) -> None:
        media = self.range.app.deployment.var / "media"
        with tarfile.open(self.uploads, "w:gz", compresslevel=1) as archive:
            archive.add(media, "srv/media")
            for name, data in more.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))

    def vanish(self) -> None:
        for file in (self.dump, self.uploads):
            file.unlink()


COMPONENT = EmbeddedBackups
