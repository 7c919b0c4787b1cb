"""Writes secrets that lie in files: a file with one secret, or lines of an env file."""

import os
import re
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.store import rest, value_of
from prodproof.reach.secrets.writer import SecretWriter

NOTE = ".prodproof-rotation"
"""What a note's file ends with."""

MAX_FILE = 1024 * 1024
_LINE = re.compile(r"(?P<before>[ \t]*(?:export[ \t]+)?)(?P<name>[A-Za-z_]\w*)(?P<equals>[ \t]*=[ \t]*)(?P<value>.*)")
_PLAIN = re.compile(r"[\w@%+=:,./?&~!*-]*", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class FileWriter(SecretWriter):
    """Writes `file:PATH` (the whole file) and `file:PATH#NAME` (a line of an env file), from a root.

    A file is written anew beside the old one and takes its place in one act, with its owner and mode.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, values: Mapping[str, Secret]) -> Unseen | None:
        names = {split(reference) for reference in values}
        if len({path for path, _ in names}) != 1:
            return Unseen(Reason.NOT_CONFIGURED, "values in several files cannot be changed in one act")
        given = {split(reference)[1]: value.reveal() for reference, value in values.items()}
        path = next(iter(names))[0]
        if None not in given:
            return self._lines(path, {str(name): value for name, value in given.items()})
        if len(given) != 1:
            return Unseen(Reason.NOT_CONFIGURED, f"the file {path} is one value, or has several: not both")
        return self._replace(path, given[None] + "\n")

    def note(self, beside: str) -> Secret | Unseen:
        path = self._note(beside)
        text = self._text(path)
        return text if isinstance(text, Unseen) else value_of(f"the file {path}", text)

    def put_note(self, beside: str, text: Secret) -> Unseen | None:
        return self._replace(self._note(beside), text.reveal() + "\n", like=split(beside)[0])

    def drop_note(self, beside: str) -> Unseen | None:
        path = self._note(beside)
        try:
            (self._root / path).unlink(missing_ok=True)
            _settle((self._root / path).parent)
        except OSError as error:
            return Unseen(Reason.DENIED, f"the file {path} cannot be removed: {error.strerror}")
        return None

    def _note(self, beside: str) -> str:
        return split(beside)[0] + NOTE

    def _lines(self, path: str, given: Mapping[str, str]) -> Unseen | None:
        text = self._text(path)
        if isinstance(text, Unseen):
            return text
        lines, left = text.splitlines(), dict(given)
        for number, line in enumerate(lines):
            found = _LINE.fullmatch(line)
            if found is not None and found["name"] in given:
                lines[number] = f"{found['before']}{found['name']}={_quoted(given[found['name']])}"
                left.pop(found["name"], None)
        if left:
            return Unseen(Reason.NOT_CONFIGURED, f"the file {path} has no line {', '.join(sorted(left))}=…")
        return self._replace(path, "\n".join(lines) + "\n")

    def _text(self, path: str) -> str | Unseen:
        try:
            with open(self._root / path, encoding="utf-8") as file:
                text = file.read(MAX_FILE + 1)
        except FileNotFoundError:
            return Unseen(Reason.NOT_CONFIGURED, f"the file {path} does not exist")
        except UnicodeDecodeError:
            return Unseen(Reason.INCOMPLETE, f"the file {path} is no text")
        except OSError as error:
            return Unseen(Reason.DENIED, f"the file {path} cannot be read: {error.strerror}")
        return text if len(text) <= MAX_FILE else Unseen(Reason.INCOMPLETE, f"the file {path} is too large")

    def _replace(self, path: str, text: str, like: str | None = None) -> Unseen | None:
        # What a link leads to is replaced, not the link.
        target = Path(os.path.realpath(self._root / path))
        try:
            status = os.stat(self._root / (like or path))
            descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        except OSError as error:
            return Unseen(Reason.DENIED, f"the file {path} cannot be written: {error.strerror}")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), status.st_uid, status.st_gid)
                # The note is for nobody but the owner.
                os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode) if like is None else 0o600)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, target)
            _settle(target.parent)
        except OSError as error:
            Path(draft).unlink(missing_ok=True)
            return Unseen(Reason.DENIED, f"the file {path} cannot be written: {error.strerror}")
        return None


def split(reference: str) -> tuple[str, str | None]:
    """Path and variable of a `file:` reference; no variable where the file is the secret."""
    path, separator, name = rest(reference).rpartition("#")
    return (path, name) if separator and path and re.fullmatch(r"[A-Za-z_]\w*", name) else (rest(reference), None)


def variable(text: str, name: str) -> str | None:
    """The value of a variable in the text of an env file; the last line counts, as for a shell."""
    value = None
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is not None and found["name"] == name:
            value = _unquoted(found["value"].strip())
    return value


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return '"' + re.sub(r'([\\"$`])', r"\\\1", value) + '"'


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1]
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text.split(" #")[0].rstrip()


def _settle(folder: Path) -> None:
    """Let a change of a folder reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
