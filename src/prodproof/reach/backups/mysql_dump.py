"""SQL that mariadb-dump or mysqldump wrote, also compressed."""

from pathlib import Path

from prodproof.facts import Unseen
from prodproof.reach.backups._bench import Bench, program_needed
from prodproof.reach.backups._format import Trouble, trouble
from prodproof.reach.backups._packed import copied, private, unpacked
from prodproof.reach.backups._recognise import Recognised
from prodproof.reach.backups.backup_store import Contents, Damage, Damaged, Need, Piece, Sound

_LAST = b"-- Dump completed"


class MysqlDump:
    """There is no tool that verifies one: it is read to its end, where the program says that it is complete."""

    def verify(self, path: Path, seen: Recognised, bench: Bench, *, deep: bool) -> Sound | Damaged | Unseen:
        return self._read(path, seen, None, bench)

    def restore(self, path: Path, seen: Recognised, into: Path, bench: Bench) -> tuple[Piece, ...] | Damaged | Unseen:
        target = into / (path.name.removesuffix(f".{seen.packing}") if seen.packing else path.name)
        read = self._read(path, seen, target, bench)
        if not isinstance(read, Sound):
            return read
        return (Piece(contents=Contents.MYSQL_DUMP, where=target, form="plain", server_version=seen.server_version),)

    def needs(self, seen: Recognised) -> tuple[Need, ...]:
        return (program_needed("mariadb"),)

    def _read(self, path: Path, seen: Recognised, target: Path | None, bench: Bench) -> Sound | Damaged | Unseen:
        try:
            with unpacked(path, seen.packing) as source:
                if target is None:
                    _total, tail = copied(source, None, bench)
                else:
                    with private(target) as copy:
                        _total, tail = copied(source, copy, bench)
        except Trouble as error:
            return trouble(error, path.name)
        if _LAST not in tail:
            says = f"{path.name} is truncated: its last line, {_LAST.decode()!r}, is missing"
            return Damaged(damage=Damage.TRUNCATED, says=says)
        return Sound(says="read to the end, where the program says that it is complete", deep=True)
