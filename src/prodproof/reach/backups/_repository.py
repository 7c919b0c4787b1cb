"""Where restic and borg are told that a repository lies."""

import re
from pathlib import Path

from prodproof.facts.declared import Backup

_ELSEWHERE = {"restic": re.compile(r"[a-z0-9]+:"), "borg": re.compile(r"[^/]+:")}
"""How a place begins that is no path (restic's manual, "Preparing a new repository"; borg's, "Repository URLs")."""


def local_folder(backup: Backup, root: Path) -> Path | None:
    """The folder of a repository on this machine; None where it lies elsewhere.

    Args:
        backup: of the kind restic or borg.
        root: the folder that its path is relative to.
    """
    return None if _ELSEWHERE[backup.kind].match(backup.repository) else root / backup.repository
