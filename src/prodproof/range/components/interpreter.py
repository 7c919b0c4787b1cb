"""The repository's virtual environment, as far as its metadata goes: what an installer writes down of each package."""

import os
import re
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import django

from prodproof.facts.declared import Repository
from prodproof.range.component import Component
from prodproof.range.components.repo import Repo
from prodproof.reach.cut_off import reachable

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
        self._write_python()
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

    @property
    def python(self) -> Path:
        """What runs the shop's code, also as a user without rights who does not come into root's folders."""
        return self.range.directory / "bin" / "python"

    def _write_python(self) -> None:
        own, installed = Path(sys.executable), Path(django.__file__).parents[1]
        same = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
        chosen = own if reachable(own) or not same.exists() else same
        self.python.parent.mkdir(exist_ok=True)
        self.python.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(os.fspath(installed))} exec {chosen} "$@"\n')
        self.python.chmod(0o755)

    def reload(self) -> None:
        """Nothing runs here."""

    def vanish(self) -> None:
        """Take the virtual environment away."""
        shutil.rmtree(self.directory)


COMPONENT = Interpreter
