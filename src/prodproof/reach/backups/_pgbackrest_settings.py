"""pgBackRest's own settings, as far as others than its program must know them."""

import configparser
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

    def __init__(self, sections: tuple[dict[str, str], ...]) -> None:
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
    text = _text(backup, root)
    if isinstance(text, Unseen):
        return text
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    try:
        parser.read_string(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    except configparser.Error:
        return Unseen(Reason.NOT_CONFIGURED, f"pgBackRest's settings cannot be read: {place_of_settings(backup, root)}")
    names = (f"{backup.stanza}:backup", backup.stanza, "global:backup", "global")
    return PgBackRestSettings(tuple(dict(parser[name]) for name in names if parser.has_section(name)))


def settings_with(backup: Backup, root: Path, lines: Sequence[str]) -> str | Unseen:
    """The text of the settings with more lines in their `[global]`; what they say themselves of these options goes."""
    text = _text(backup, root)
    if isinstance(text, Unseen):
        return text
    names = {line.partition("=")[0] for line in lines}
    kept = [line for line in text.splitlines() if line.partition("=")[0].strip() not in names]
    place = next((number for number, line in enumerate(kept, 1) if line.strip() == "[global]"), 0)
    head = [] if place else ["[global]"]
    return "\n".join([*kept[:place], *head, *lines, *kept[place:], ""])


def place_of_settings(backup: Backup, root: Path) -> Path:
    """The file that is declared, or the usual one."""
    return (root / backup.config).resolve() if backup.config else Path(USUAL)


def _text(backup: Backup, root: Path) -> str | Unseen:
    """All of the files one after the other, as pgBackRest reads them."""
    main = place_of_settings(backup, root)
    files = [main]
    try:
        if not backup.config and Path(_MORE).is_dir():
            files += sorted(path for path in Path(_MORE).iterdir() if path.suffix == ".conf")
        texts = []
        for file in files:
            with file.open("rb") as opened:
                texts.append(opened.read(_LARGEST).decode("utf-8", "surrogateescape"))
    except PermissionError:
        return Unseen(Reason.DENIED, "pgBackRest's settings may not be read")
    except OSError:
        return Unseen(Reason.NOT_CONFIGURED, f"pgBackRest's settings cannot be read: {main}")
    return "\n".join(texts)
