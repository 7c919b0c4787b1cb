"""No scanner among the hooks, no hooks, one that looks at some files only, too late, or without effect."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

CONFIG = ".pre-commit-config.yaml"
_ENTRY = "entry: prodproof trace --patterns --staged\n        language: system\n        pass_filenames: false\n"


def without_a_scanner(harbour: Range) -> None:
    """The hooks look for tabs, and for nothing else."""
    harbour.repo.replace(CONFIG, _ENTRY, "entry: '\\t'\n        language: pygrep\n")


def without_hooks(harbour: Range) -> None:
    """Nothing runs before a commit."""
    harbour.repo.remove(CONFIG)


def python_files_only(harbour: Range) -> None:
    """The scanner is not started for other files."""
    harbour.repo.replace(CONFIG, _ENTRY, f"{_ENTRY}        types: [python]\n")


def before_a_push_only(harbour: Range) -> None:
    """It is in the history by then."""
    harbour.repo.replace(CONFIG, "stages: [pre-commit]", "stages: [pre-push]")


def whatever_it_finds(harbour: Range) -> None:
    """Its findings stop nobody."""
    harbour.repo.replace(CONFIG, "--staged\n", "--staged || true'\n")
    harbour.repo.replace(CONFIG, "entry: prodproof", "entry: sh -c 'prodproof")


def pre_commit_missing(harbour: Range) -> None:
    harbour.vantage.lose_tool("pre-commit")


FAULT = Fault(
    guarantee="secrets.scanned-before-commit",
    breaks=without_a_scanner,
    says="passes the hooks of .pre-commit-config.yaml",
    subject="repo:harbour/shop",
    variants=(without_hooks, python_files_only, before_a_push_only, whatever_it_finds),
    withdraws=pre_commit_missing,
    reason=Reason.TOOL_MISSING,
)
