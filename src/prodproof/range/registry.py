"""Where ranges lie on this machine."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from prodproof.system.errors import UserError, inert

DEFAULT = "harbour"


def home(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this user's ranges.

    Root's home is closed to the users that servers run as, so root's ranges lie under `/var/lib`.
    """
    if given := environment.get("PRODPROOF_RANGES"):
        return Path(given).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/prodproof/ranges")
    state = environment.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "prodproof" / "ranges"


def place(name: str) -> Path:
    """The folder of a range by name. Raises UserError for a name that is none."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise UserError(f"--name {inert(name)}: lower-case letters, digits and hyphens, 31 at most")
    return home() / name


def names() -> tuple[str, ...]:
    """The ranges that are there, running or not."""
    folder = home()
    return tuple(sorted(item.name for item in folder.iterdir() if item.is_dir())) if folder.is_dir() else ()
