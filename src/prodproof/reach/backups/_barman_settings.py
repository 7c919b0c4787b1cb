"""Barman's own settings, as far as others than its program must know them."""

import configparser
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup

USUAL = "/etc/barman.conf"
_HOME = "/var/lib/barman"
_LARGEST = 1 << 20


class BarmanSettings:
    """What the files say for one server: its own section counts more than `[barman]`."""

    def __init__(self, parser: configparser.ConfigParser, server: str) -> None:
        self._sections = tuple(parser[name] for name in (server, "barman") if parser.has_section(name))
        self._server = server

    def value(self, name: str) -> str | None:
        """The value of one option; None where it is not set, or empty."""
        return next((section[name] for section in self._sections if section.get(name)), None)

    @property
    def folder(self) -> Path:
        """Where the server's copies lie."""
        home = Path(self.value("barman_home") or _HOME)
        return Path(self.value("backup_directory") or home / self._server)


def settings_of(backup: Backup, root: Path) -> BarmanSettings | Unseen:
    """The settings of a declared backup."""
    main = root / backup.config if backup.config else Path(USUAL)
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        _read(parser, main)
        more = parser.get("barman", "configuration_files_directory", fallback="")
        for file in sorted(Path(more).glob("*.conf")) if more else ():
            _read(parser, file)
    except PermissionError:
        return Unseen(Reason.DENIED, "Barman's settings may not be read")
    except (OSError, configparser.Error):
        return Unseen(Reason.NOT_CONFIGURED, f"Barman's settings cannot be read: {main}")
    return BarmanSettings(parser, backup.server)


def _read(parser: configparser.ConfigParser, file: Path) -> None:
    with file.open("rb") as opened:
        parser.read_string(opened.read(_LARGEST).decode("utf-8", "replace"))
