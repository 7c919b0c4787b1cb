"""The repository's virtual environment, as far as its metadata goes: what an installer writes down of each package."""

import re
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from prodproof.facts.declared import Repository
from prodproof.range.component import Component
from prodproof.range.components.repo import Repo

PLACE = ".venv/lib/python3.12/site-packages"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_FILES = ("METADATA", "RECORD", "entry_points.txt", "top_level.txt")
_BESIDE = "requests"
"""Installed and not asked for by the shop, as happens."""


class Interpreter(Component):
    """`.venv` of the repository: metadata of the packages that the shop's lock names, as this interpreter has them."""

    name = "interpreter"
    after = ("repo",)
    seen_by = frozenset({Repository})

    @property
    def directory(self) -> Path:
        return self.range.part(Repo).directory / ".venv"

    def configure(self) -> None:
        for name, _ in (*_PINNED.findall(self.range.part(Repo).read("requirements.txt")), (_BESIDE, "")):
            try:
                found = distribution(name)
            except PackageNotFoundError:  # for another platform
                continue
            folder = self.directory.parent / PLACE / f"{name.replace('-', '_')}-{found.version}.dist-info"
            folder.mkdir(parents=True)
            for file in _FILES:
                if text := found.read_text(file):
                    (folder / file).write_text(text)

    def reload(self) -> None:
        """Nothing runs here."""

    def vanish(self) -> None:
        """Take the virtual environment away."""
        shutil.rmtree(self.directory)


COMPONENT = Interpreter
