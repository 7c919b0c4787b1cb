"""The files that a declared glob stands for."""

import glob
import os
from itertools import islice
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.repository import shown

MOST_FILES = 1_000


def globbed(root: Path, pattern: str) -> tuple[Path, ...] | Unseen:
    """What a glob matches, sorted; Unseen if nothing does, or too much.

    Args:
        root: the folder of the system file.
        pattern: relative to it, or absolute.
    """
    try:
        found = sorted(islice(glob.iglob(os.path.join(root, pattern), recursive=True), MOST_FILES + 1))
    except (OSError, ValueError) as error:
        return Unseen(Reason.INCOMPLETE, f"{shown(pattern)} cannot be listed: {error}")
    if not found:
        return Unseen(Reason.UNREACHABLE, f"nothing is at {shown(pattern)} on this machine")
    if len(found) > MOST_FILES:
        return Unseen(Reason.INCOMPLETE, f"{shown(pattern)} stands for more than {MOST_FILES} files: name fewer")
    return tuple(Path(path) for path in found)
