"""pgBackRest's own settings, as far as others than its program must know them."""

import configparser
import os
import re
from collections.abc import Sequence
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup

USUAL = "/etc/pgbackrest/pgbackrest.conf"
_MORE = "/etc/pgbackrest/conf.d"
_LARGEST = 1 << 20


class PgBackRestSettings:
    """What the files say for one stanza: its own section counts more than `[global]`."""

    def __init__(self, files: tuple[Path, ...], sections: tuple[dict[str, str], ...]) -> None:
        self.files = files
        """The files that were read."""

        self._sections = sections

    def value(self, name: str) -> str | None:
        """The value of one option; None where it is not set."""
        return next((section[name] for section in self._sections if name in section), None)

    @property
    def repositories(self) -> tuple[int, ...]:
        """Numbers of the repositories that are set up; the first one always is."""
        named = {
            int(found[1])
            for section in self._sections
            for name in section
            if (found := re.match(r"repo(\d{1,3})-", name))
        }
        return tuple(sorted(named | {1}))

    def path(self, repository: int) -> str:
        """Where a repository lies, on its host or in its bucket."""
        return self.value(f"repo{repository}-path") or "/var/lib/pgbackrest"

    def is_local(self, repository: int) -> bool:
        """Whether a repository lies on this machine."""
        kind = self.value(f"repo{repository}-type") or "posix"
        return kind in ("posix", "cifs") and self.value(f"repo{repository}-host") is None


def settings_of(backup: Backup, root: Path) -> PgBackRestSettings | Unseen | None:
    """The settings of a declared backup; None where it is declared by its repository alone."""
    if backup.repository and not backup.config:
        return None
    main = root / backup.config if backup.config else Path(USUAL)
    files = [main.resolve()]
    try:
        if not backup.config and Path(_MORE).is_dir():
            files += sorted(path for path in Path(_MORE).iterdir() if path.suffix == ".conf")
        parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
        for file in files:
            with file.open("rb") as opened:
                parser.read_string(opened.read(_LARGEST).decode("utf-8", "replace"))
    except PermissionError:
        return Unseen(Reason.DENIED, "pgBackRest's settings may not be read")
    except (OSError, configparser.Error):
        return Unseen(Reason.NOT_CONFIGURED, f"pgBackRest's settings cannot be read: {os.fspath(main)}")
    names = (f"{backup.stanza}:backup", backup.stanza, "global:backup", "global")
    return PgBackRestSettings(tuple(files), tuple(dict(parser[name]) for name in names if parser.has_section(name)))


def added(file: Path, lines: Sequence[str]) -> tuple[str] | Unseen:
    """The text of a settings file with more lines in its `[global]`; what it says itself of these options goes."""
    try:
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
    except PermissionError:
        return Unseen(Reason.DENIED, "pgBackRest's settings may not be read")
    except OSError:
        return Unseen(Reason.NOT_CONFIGURED, f"pgBackRest's settings are not there: {file}")
    names = {line.partition("=")[0] for line in lines}
    kept = [line for line in text.splitlines() if line.partition("=")[0].strip() not in names]
    place = kept.index("[global]") + 1 if "[global]" in kept else 0
    head = [] if place else ["[global]"]
    return ("\n".join([*kept[:place], *head, *lines, *kept[place:], ""]),)
