"""The demo shop's repository without a system around it."""

from pathlib import Path

from prodproof.range import Form, Range
from prodproof.range.components.repo import Repo
from prodproof.range.places import choose_places
from prodproof.range.state import State


def unstarted(directory: Path) -> Range:
    """A range of which nothing runs and nothing is on disk, for its parts that are only files."""
    places = choose_places(Form.EMBEDDED, "pp00000000", lambda network: True, lambda address, port: True)
    return Range(directory, State("pp00000000", Form.EMBEDDED, places))


def harbour_repo(directory: Path) -> Repo:
    """The healthy repository, in `harbour/` of a folder."""
    repo = unstarted(directory).repo
    repo.configure()
    return repo
