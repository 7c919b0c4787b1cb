"""A version of a repository, found by its name and laid out in a folder; the work tree and the index stay as they are.

Nothing of the repository runs meanwhile (see `command`): no filters, no hooks. Files of Git LFS are laid out as the
pointers that they are, submodules as empty folders.
"""

from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git

MAX_BYTES = 2 * 1024**3
_SECONDS = 300.0


def commit_of(git: Git, name: str) -> str | Unseen:
    """The id of the commit that a tag, a branch or an id means."""
    answer = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", timeout=20)
    if isinstance(answer, Unseen):
        return answer
    if answer.code != 0:
        return Unseen(Reason.NOT_CONFIGURED, f"the repository has no version {name[:100]}")
    return answer.stdout.decode().strip()


def before(git: Git, commit: str, how: str) -> tuple[str, str] | Unseen:
    """The version before a commit: its name and its commit.

    Args:
        git: the repository.
        commit: an id.
        how: `tag` for the newest tag before it, `commit` for its first parent, else a name.
    """
    name = how
    if how == "commit":
        name = f"{commit}^1"
    elif how == "tag":
        answer = git("describe", "--tags", "--abbrev=0", "--first-parent", f"{commit}^1", timeout=60)
        if isinstance(answer, Unseen):
            return answer
        if answer.code != 0:
            return Unseen(Reason.NOT_CONFIGURED, "no version before it has a tag; say which one is the previous one")
        name = answer.stdout.decode(errors="replace").strip()
    found = commit_of(git, name)
    if isinstance(found, Unseen):
        return found
    if found == commit:
        return Unseen(Reason.NOT_CONFIGURED, f"{name[:100]} is the current version itself")
    return (found[:12] if how == "commit" else name, found)


def lay_out(git: Git, commit: str, folder: Path, index: Path) -> Unseen | None:
    """Write the files of a commit into an empty folder.

    Args:
        git: the repository.
        commit: an id.
        folder: where they go; exists.
        index: a file that does not exist, for git's own book-keeping.
    """
    listed = git.lines("ls-tree", "-r", "-l", "-z", commit, timeout=_SECONDS)
    if isinstance(listed, Unseen):
        return listed
    # `mode type id size TAB path`; a submodule has `-` for its size.
    sizes = (item.partition(b"\t")[0].split()[3] for item in listed)
    total = sum(int(size) for size in sizes if size.isdigit())
    if total > MAX_BYTES:
        return Unseen(Reason.INCOMPLETE, f"version {commit[:12]} has {total // 2**20} MB of files, too many to lay out")
    own = Git(git.directory, index)
    for words in (("read-tree", commit), ("checkout-index", "--all", "--force")):
        answer = own(f"--work-tree={folder}", *words, timeout=_SECONDS)
        if isinstance(answer, Unseen):
            return answer
        if answer.code != 0:
            return Unseen(Reason.INCOMPLETE, f"git {words[0]}: {answer.error_line()}")
    return None
