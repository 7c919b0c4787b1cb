"""What is copied to the other provider's object store: the database by pgBackRest, the uploads by restic."""

import io
import os
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from prodproof.range import namespaces
from prodproof.range.component import SERVERS, program_path
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.backups import Backups
from prodproof.range.components.object_store import BUCKET, PRODUCTION, REGION, ObjectStore
from prodproof.range.components.pgbackrest import PATH, STANZA
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.vault import Vault
from prodproof.range.components.vault_secrets import UPLOADS_KEY
from prodproof.range.processes import run

UPLOADS = "uploads"
"""Within the bucket."""

MADE = tuple(timedelta(hours=hours) for hours in (29 * 24, 15 * 24, 24, 12))
"""How long ago the copies were made that are older than the range: every twelve hours, and of those before some."""


class ServerBackups(Backups):
    """Production makes them; nothing of them lies here."""

    forms = SERVERS
    programs = ("restic",)
    packages = ("restic",)

    @property
    def media(self) -> Path:
        """What visitors uploaded."""
        return self.range.app.deployment.var / "media"

    @property
    def store(self) -> ObjectStore:
        """Where they lie."""
        return self.range.part(ObjectStore)

    @property
    def repository(self) -> str:
        """Of the uploads, as restic takes it."""
        return f"s3:https://{self.store.endpoint}/{BUCKET}/{UPLOADS}"

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        # A shop that is a month old has copies from a month.
        with ThreadPoolExecutor(1) as beside:
            database = beside.submit(self.copy_database)
            self._restic("init")
            now = datetime.now(UTC)
            # One after the other: restic waits long for a lock that goes while it looks at it.
            for age in (*MADE, timedelta()):
                self.copy_uploads(now - age)
            database.result()

    # ---- making copies

    def copy_database(self) -> None:
        """Make a full copy of the database's server."""
        server = self.range.part(Postgres)
        server.copies.run("backup", "--type=full", password=server.password("postgres"))

    def copy_uploads(self, at: datetime | None = None, *more: Path) -> None:
        """Make a copy of the uploads, as if at another moment, and with other folders in it."""
        when = ("--time", at.strftime("%Y-%m-%d %H:%M:%S")) if at else ()
        self._restic("backup", "--quiet", "--host=shop", *when, os.fspath(self.media), *map(os.fspath, more))

    # ---- what faults change

    @contextmanager
    def until_mended(self, prefix: str) -> Iterator[None]:
        """Whatever is written meanwhile to objects whose keys begin so goes when the fault is mended."""
        before = {file.name: file.read_bytes() for file in self.store.objects(prefix)}
        try:
            yield
        finally:
            for file in self.store.objects(prefix):
                now = file.read_bytes()
                if before.get(file.name) != now:
                    if file.name in before:
                        file.write_bytes(before[file.name])
                    else:
                        file.unlink()
                    self.store.damage(file, now)

    def lose_newest(self, number: int) -> None:
        """Take the newest copies of the uploads away."""
        found = sorted(self.store.objects(f"{UPLOADS}/snapshots/"), key=lambda file: file.stat().st_mtime_ns)
        for file in found[-number:]:
            self.store.damage(file, None)

    def cut(self, prefix: str) -> None:
        """Let the largest object whose key begins so end in its middle."""
        file = max(self.store.objects(prefix), key=lambda file: file.stat().st_size)
        self.store.damage(file, file.read_bytes()[: file.stat().st_size // 2])

    def overwrite(self, prefix: str) -> None:
        """Let the second half of the largest object whose key begins so be nothing but zeros."""
        file = max(self.store.objects(prefix), key=lambda file: file.stat().st_size)
        size = file.stat().st_size
        self.store.damage(file, file.read_bytes()[: size // 2].ljust(size, b"\0"))

    def lose_log(self) -> None:
        """Take the segment of the log away with which the newest copy of the database begins."""
        labels = [file for file in self.store.objects(f"{PATH}/archive/{STANZA}/") if file.name.endswith(".backup")]
        begins = labels[-1].name.partition(".")[0]
        for file in self.store.objects(f"{PATH}/archive/{STANZA}/"):
            if file.name.startswith(f"{begins}-"):
                self.store.damage(file, None)

    def write_key(self) -> Path:
        """Write the uploads' passphrase into a file of the server."""
        file = self.etc / "passphrase"
        file.touch(mode=0o600)
        file.write_text(self.range.part(Vault).kept(UPLOADS_KEY))
        return file

    def packed(self) -> bytes:
        """The uploads as an archive."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as archive:
            archive.add(self.media, os.fspath(self.media).lstrip("/"))
        return made.getvalue()

    def pack(self) -> Path:
        """Write the uploads' archive onto the server's own disk."""
        file = self.etc / "uploads.tar.gz"
        file.write_bytes(self.packed())
        return file

    def dump_without(self, table: str) -> Path:
        """Dump the database onto the server's own disk, and leave one table out."""
        file = self.etc / "shop.dump"
        words = ("--format=custom", "--no-owner", "--no-privileges", f"--exclude-table={table}*")
        url = self.range.part(Postgres).url("backup")
        self._run("pg_dump", (*words, f"--file={file}", f"--dbname={url}"))
        return file

    def archive(self, more: Mapping[str, bytes]) -> None:
        with TemporaryDirectory(dir=self.range.var) as place, self.until_mended(UPLOADS):
            for name, data in more.items():
                file = Path(place) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            self.copy_uploads(None, Path(place))

    def vanish(self) -> None:
        for file in self.store.objects(""):
            self.store.damage(file, None)

    def _restic(self, *words: str) -> None:
        key, secret = self.store.key(PRODUCTION)
        authority = self.range.part(PrivateAuthority).ca_file
        self._run(
            "restic",
            ("--no-cache", f"--cacert={authority}", f"--repo={self.repository}", *words),
            TZ="UTC",
            RESTIC_PASSWORD=self.range.part(Vault).kept(UPLOADS_KEY),
            AWS_ACCESS_KEY_ID=key,
            AWS_SECRET_ACCESS_KEY=secret,
            AWS_DEFAULT_REGION=REGION,
        )

    def _run(self, program: str, words: Sequence[str], **environment: str) -> None:
        """Run a program where the servers are."""
        command = (*namespaces.within(self.range.places.inside_namespace), program_path(program) or program, *words)
        home = os.fspath(self.range.var)
        run(program, command, cwd=self.range.var, environment={"HOME": home, **environment})


COMPONENT = ServerBackups
