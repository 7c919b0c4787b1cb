"""One version of an application, laid out in scratch: its commands, its rows, its pages, cut off from everything else.

In the words of its commands and in its variables are filled in:

- `{root}`: the directory of the system file; `{checkout}`: the files of the version; `{scratch}`: a folder for data;
- `{commit}` and `{version}`: which one it is, by its id and by the name that it was asked for;
- `{random:NAME}`: 43 characters that are made up, the same for a name throughout a drill; `{fernet:NAME}`: the same as
  a key of Fernet;
- `{database}` (a URL), `{db_file}`, `{db_host}`, `{db_port}`, `{db_name}`, `{db_user}`: the scratch database;
- `{port}`: where it is to listen on 127.0.0.1.
"""

import base64
import hashlib
import json
import os
import re
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Rehearsal
from prodproof.reach.cut_off import CutOff
from prodproof.reach.django.application import harmless, packed, read_reply
from prodproof.reach.marked import MARK
from prodproof.reach.process import Finished, child_environment, run

ROWS = Path(__file__).with_name("rows.py")
SERVED = Path(__file__).with_name("served.py")
MAX_REPLY = 16 * 1024 * 1024
START_SECONDS = 60.0
"""In which a version must answer its health check."""

PLAIN = ("root", "checkout", "scratch", "commit", "version", "database", "db_file", "db_host", "db_port", "db_name",
         "db_user")  # fmt: skip
_WORD = re.compile(r"\{(?P<name>[a-z_]+)(?::(?P<of>[A-Za-z0-9_-]{1,60}))?\}")
_MADE_UP = ("random", "fernet")


def unknown_words(rehearsal: Rehearsal) -> tuple[str, ...]:
    """Words in braces that nothing is filled in for, in their order."""
    texts = [*rehearsal.manage, *rehearsal.prepare, *rehearsal.serve, *rehearsal.write, *rehearsal.enqueue]
    texts += [*rehearsal.run_job, *(value for _, value in rehearsal.variables)]
    found = (match for text in texts for match in _WORD.finditer(text))
    return tuple(
        match[0]
        for match in found
        if not (match["name"] in (*PLAIN, "port") and match["of"] is None)
        and not (match["name"] in _MADE_UP and match["of"])
    )


@dataclass(frozen=True)
class Filling:
    """What stands for the words in braces."""

    values: Mapping[str, str]
    seed: str
    """What made-up values are derived from: the drill, so that an interrupted one goes on with the same."""

    def fill(self, text: str) -> str:
        """The text with everything filled in but `{port}`."""
        return _WORD.sub(self._value, text)

    def _value(self, match: "re.Match[str]") -> str:
        if match["name"] not in _MADE_UP:
            return self.values.get(match["name"], match[0])
        made = hashlib.sha256(f"{self.seed}\0{match['name']}\0{match['of']}".encode()).digest()
        text = base64.urlsafe_b64encode(made).decode()
        return text if match["name"] == "fernet" else text.rstrip("=")


@dataclass(frozen=True)
class Served:
    """What an application that was served for a moment answered."""

    well: bool
    """Whether its health check answered with 200."""

    started: bool
    """Whether it was still there when it had been asked."""

    seconds: float
    """From the start of its process to the answer."""

    status: int | None
    """Of the health check; None where there was no answer."""

    pages: Mapping[str, str]
    """The beginning of each other page that answered with 200."""

    detail: str
    """What it said last before it ended, or why there is no answer."""


@dataclass(frozen=True)
class RunningVersion:
    """A version of the application with everything that its commands need."""

    rehearsal: Rehearsal
    directory: Path
    """Where its commands run: the application's folder in the checkout."""

    scratch: Path
    filling: Filling
    cut: CutOff
    mark: str
    """What its processes are found by."""

    def prepare(self, seconds: float) -> Finished | Unseen:
        """Run what installs its dependencies, with the network."""
        return self._run((*_without_unshare(self.cut.words), *self._filled(self.rehearsal.prepare)), seconds)

    def manage(self, words: Sequence[str], seconds: float) -> Finished | Unseen:
        """Run a command of `manage.py`, cut off."""
        return self._run((*self.cut.words, *self._command(words)), seconds)

    def rows(
        self,
        acts: Iterable[str],
        seconds: float,
        expected: Mapping[str, Sequence[str]] | None = None,
        not_these: Sequence[str] = (),
    ) -> "dict[str, Any] | Unseen":
        """Let it read and write rows; see `rows.py`.

        Args:
            acts: of `migrations`, `count`, `read`, `write` and `try` (writes, and takes it back), in their order.
            seconds: for all of them.
            expected: keys of rows that must be there, by the label of their model.
            not_these: labels of models whose made-up rows are taken back at once.

        Returns:
            The answer by act, with `failed` for those that could not be carried out; or why there is none. It is
            `not-permitted` where the application's databases are not the scratch one, and then nothing was done.
        """
        marker = f"prodproof-{secrets.token_hex(12)}"
        given = {
            "scratch": os.fspath(self.scratch),
            "acts": list(acts),
            "expected": dict(expected or {}),
            "not_these": list(not_these),
        }
        finished = self._run(
            (*self.cut.words, *self._command(("shell",))),
            seconds,
            packed(ROWS, f"main({json.dumps(given)!r}, {marker!r})"),
        )
        if isinstance(finished, Unseen):
            return finished
        answer = read_reply(finished, marker)
        if isinstance(answer, Unseen):
            return answer
        if wrong := answer.get("elsewhere"):
            return Unseen(Reason.NOT_PERMITTED, f"{wrong[0]}; point its settings there with variables")
        return answer

    def serve(self) -> Served | Unseen:
        """Start it, ask its health check and its version page, and end it."""
        rehearsal = self.rehearsal
        words = rehearsal.serve or (*self._command(("runserver", "--noreload")), "127.0.0.1:{port}")
        paths = [rehearsal.health, *([rehearsal.version_path] if rehearsal.version_path else [])]
        given = {
            "command": [*_without_unshare(self.cut.words), *self._filled(words)],
            "cwd": os.fspath(self.directory),
            "environment": child_environment(self._environment()),
            "host": rehearsal.host,
            "paths": paths,
            "seconds": START_SECONDS,
            "cut_off": self.cut.no_network,
        }
        own_network: tuple[str, ...] = ()
        if self.cut.no_network:
            # Its loopback is brought up by us, who are root in there; the application itself is not.
            own_network = (
                ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user", "--net")
            )
        finished = run(
            [*own_network, sys.executable, "-I", SERVED],
            timeout=START_SECONDS + 60,
            cwd=self.directory,
            stdin=json.dumps(given).encode(),
            env={MARK: self.mark},
            max_output=MAX_REPLY,
        )
        if isinstance(finished, Unseen):
            return finished
        try:
            answer = json.loads(finished.stdout)
        except ValueError:
            return Unseen(Reason.INCOMPLETE, f"it could not be served: {harmless(finished.error_line())}")
        return _served(answer, paths)

    def _command(self, words: Sequence[str]) -> tuple[str, ...]:
        settings = (f"--settings={self.rehearsal.settings}",) if self.rehearsal.settings else ()
        name, *others = words
        return (*self._filled(self.rehearsal.manage), name, *settings, *self._filled(others))

    def _filled(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.filling.fill(word) for word in words)

    def _environment(self) -> dict[str, str]:
        own = {"HOME": os.fspath(self.scratch), "TMPDIR": os.fspath(self.scratch), "PYTHONDONTWRITEBYTECODE": "1"}
        return own | {name: self.filling.fill(value) for name, value in self.rehearsal.variables} | {MARK: self.mark}

    def _run(self, command: Sequence[str], seconds: float, stdin: bytes = b"") -> Finished | Unseen:
        return run(
            command, timeout=seconds, cwd=self.directory, stdin=stdin, env=self._environment(), max_output=MAX_REPLY
        )


def _without_unshare(words: Sequence[str]) -> tuple[str, ...]:
    """Who runs a program, without the network that it is given."""
    return tuple(words[words.index("setpriv") :]) if "setpriv" in words else ()


def _served(answer: Mapping[str, Any], paths: Sequence[str]) -> Served:
    health = answer["answers"].get(paths[0], {})
    status = health.get("status")
    pages = {path: said["body"] for path, said in answer["answers"].items() if said.get("status") == 200}
    detail = answer["why"] or answer.get("last_line") or health.get("why", "")
    return Served(
        well=status == 200,
        started=bool(answer["started"]),
        seconds=float(answer.get("seconds", 0.0)),
        status=status,
        pages={path: pages[path] for path in paths[1:] if path in pages},
        detail=harmless(str(detail)),
    )
