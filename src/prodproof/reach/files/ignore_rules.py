"""git's ignore rules as the team shares them: those of `.gitignore` files, not those of one machine."""

import os
import tempfile
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.reach.git.repository import RepositoryReader

MAX_RULE_FILES = 2_000


def ignored(reader: RepositoryReader, paths: tuple[str, ...]) -> frozenset[str] | Unseen:
    """Which of these paths git would ignore; the paths need not exist.

    Git is asked in an empty repository of its own that holds the `.gitignore` files alone. So a bare repository can be
    asked too, and `.git/info/exclude`, global excludes and what is already tracked do not count.
    """
    rules = [path for path in reader.files if path.rpartition("/")[2] == ".gitignore"]
    if len(rules) > MAX_RULE_FILES:
        return Unseen(Reason.INCOMPLETE, f"more than {MAX_RULE_FILES} .gitignore files")
    with tempfile.TemporaryDirectory(prefix="prodproof-ignore-") as name:
        root = Path(name)
        git = Git(root)
        made = git("init", "--quiet", "--template=", ".", timeout=20)
        if isinstance(made, Unseen):
            return made
        for path in rules:
            data = reader.data(path)
            if isinstance(data, Unseen):
                return data
            target = root / os.fsdecode(path.encode("utf-8", "surrogateescape"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        asked = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
        answer = git("check-ignore", "--no-index", "-z", "--stdin", timeout=20, stdin=asked)
        if isinstance(answer, Unseen):
            return answer
        if answer.code not in (0, 1):
            return Unseen(Reason.INCOMPLETE, f"git check-ignore: {answer.error_line()}")
        return frozenset(item.decode("utf-8", "surrogateescape") for item in answer.stdout.split(b"\0") if item)
