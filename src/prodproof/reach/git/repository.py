"""A repository's files, as they lie in the work tree or, in a bare one, at its HEAD."""

import fnmatch
import os
import re
import stat
from functools import cached_property
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git

MAX_FILES = 500_000
MAX_TEXT = 4 * 1024 * 1024
_SKIPPED_DIRECTORIES = {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".prodproof"}


def shown(path: str) -> str:
    """A path as it may be printed: bytes that are not UTF-8, and control characters, are escaped."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda match: f"\\x{ord(match[0]):02x}", text)


class RepositoryReader:
    """Reads one repository (or plain directory); never writes to it and runs nothing of it.

    Paths are relative to `directory`, with forward slashes; names that are not UTF-8 carry surrogate escapes
    (print them through `shown`).
    """

    def __init__(self, directory: Path, git: Git | None, bare: bool) -> None:
        self.directory = directory
        self.git = git
        self.bare = bare
        self._gaps: list[Unseen] = []
        self._unlisted: Unseen | None = None

    @classmethod
    def open(cls, path: Path) -> "RepositoryReader | Unseen":
        """Open the repository or directory at `path`."""
        try:
            directory = path.resolve(strict=True)
            if not directory.is_dir():
                return Unseen(Reason.UNREACHABLE, f"{path} is not a directory")
            os.listdir(directory)
        except FileNotFoundError:
            return Unseen(Reason.UNREACHABLE, f"{path} does not exist")
        except PermissionError:
            return Unseen(Reason.DENIED, f"{path} may not be read")
        except (OSError, RuntimeError) as error:
            return Unseen(Reason.INCOMPLETE, f"{path} cannot be read: {error}")
        git = Git(directory)
        answer = git("rev-parse", "--is-bare-repository", "--is-inside-work-tree", timeout=10)
        if isinstance(answer, Unseen) and answer.why is not Reason.TOOL_MISSING:
            return answer
        if isinstance(answer, Unseen) or answer.code != 0:
            return cls(directory, None, bare=False)
        bare, inside = answer.stdout.split()[:2]
        return cls(directory, git, bare=bare == b"true" or inside != b"true")

    @cached_property
    def commit(self) -> str | None:
        """HEAD's commit id, or None outside git and without a commit.

        `<id>-dirty` when tracked files differ from it, or new ones are among `files`: what is read is not that commit.
        """
        if self.git is None:
            return None
        head = self.git("rev-parse", "--verify", "--quiet", "HEAD", timeout=10)
        if isinstance(head, Unseen) or head.code != 0:
            return None
        commit = head.stdout.decode().strip()
        if self.bare:
            return commit
        clean = self.git("diff-index", "--quiet", "--ignore-submodules", "HEAD", "--", ".", timeout=60)
        if not isinstance(clean, Unseen) and clean.code == 1:
            # Stale stat data looks like a difference; `git diff` compares contents.
            clean = self.git("diff", "--quiet", "--ignore-submodules", "--no-ext-diff", "HEAD", "--", ".", timeout=60)
        same = not isinstance(clean, Unseen) and clean.code == 0
        return commit if same and not self._untracked else f"{commit}-dirty"

    @cached_property
    def shallow(self) -> bool:
        """Whether the history is cut off."""
        answer = self.git("rev-parse", "--is-shallow-repository", timeout=10) if self.git else None
        return answer is not None and not isinstance(answer, Unseen) and answer.stdout.strip() == b"true"

    @property
    def gaps(self) -> tuple[Unseen, ...]:
        """Why `files` may lack something: submodules, bounds, missing objects. Surveys pass these on."""
        self.files  # noqa: B018 (listing fills the gaps)
        return tuple(self._gaps)

    @property
    def unlisted(self) -> Unseen | None:
        """Why not even its files could be listed (a damaged index or tree): then nothing is known to be absent."""
        self.files  # noqa: B018 (listing finds it out)
        return self._unlisted

    @cached_property
    def files(self) -> tuple[str, ...]:
        """All files: tracked ones and new ones that are not ignored; sorted."""
        if self.git is None:
            found = self._walk()
        elif self.bare:
            found = self._listed("ls-tree", "-r", "-z", "HEAD")
        else:
            found = self._listed("ls-files", "-z", "--cached", "--stage")
            found |= self._untracked
        if len(found) > MAX_FILES:
            self._gaps.append(Unseen(Reason.INCOMPLETE, f"more than {MAX_FILES} files; the rest was not read"))
        return tuple(sorted(found)[:MAX_FILES])

    def glob(self, *patterns: str) -> tuple[str, ...]:
        """Files whose path matches any pattern: `**/` spans directories, `*` stays within a name; case matters."""
        expression = re.compile("|".join(_translated(pattern) for pattern in patterns))
        return tuple(path for path in self.files if expression.fullmatch(path))

    def text(self, path: str, limit: int = MAX_TEXT) -> str | Unseen:
        """A file's text (UTF-8, undecodable bytes replaced), or why it could not be read."""
        data = self.data(path, limit)
        return data if isinstance(data, Unseen) else data.decode("utf-8-sig", "replace")

    def data(self, path: str, limit: int = MAX_TEXT) -> bytes | Unseen:
        """A file's bytes; a file larger than `limit` is incomplete, not cut."""
        if self.bare:
            return self._blob(path, limit)
        full = os.path.join(os.fsencode(self.directory), path.encode("utf-8", "surrogateescape"))
        name = shown(path)
        try:
            real = os.path.realpath(full, strict=True)
            if not real.startswith(os.fsencode(self.directory) + b"/"):
                return Unseen(Reason.NOT_PERMITTED, f"{name} is a link that leads out of the repository")
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return Unseen(Reason.INCOMPLETE, f"{name} is listed but not there")
        except PermissionError:
            return Unseen(Reason.DENIED, f"{name} may not be read")
        except OSError as error:
            return Unseen(Reason.INCOMPLETE, f"{name} cannot be read: {error.strerror}")
        with os.fdopen(descriptor, "rb") as file:
            information = os.fstat(file.fileno())
            if not stat.S_ISREG(information.st_mode):
                return Unseen(Reason.INCOMPLETE, f"{name} is not a regular file")
            if information.st_size > limit:
                return Unseen(Reason.INCOMPLETE, f"{name} is larger than {limit // 1024} KB")
            try:
                return file.read(limit)
            except OSError as error:
                return Unseen(Reason.INCOMPLETE, f"{name} cannot be read: {error.strerror}")

    def exists(self, path: str) -> bool:
        """Whether a file is listed under exactly this path."""
        return path in self._index

    @cached_property
    def _untracked(self) -> frozenset[str]:
        return frozenset(self._plain("ls-files", "-z", "--others", "--exclude-standard"))

    @cached_property
    def _index(self) -> frozenset[str]:
        return frozenset(self.files)

    def _blob(self, path: str, limit: int) -> bytes | Unseen:
        assert self.git is not None
        name = shown(path)
        size = self.git("cat-file", "-s", f"HEAD:{path}", timeout=20)
        if isinstance(size, Unseen):
            return size
        if size.code != 0:
            return Unseen(Reason.INCOMPLETE, f"{name}: its object is missing")
        if int(size.stdout) > limit:
            return Unseen(Reason.INCOMPLETE, f"{name} is larger than {limit // 1024} KB")
        answer = self.git("cat-file", "blob", f"HEAD:{path}", timeout=20, max_output=limit + 1)
        if isinstance(answer, Unseen):
            return answer
        return answer.stdout if answer.code == 0 else Unseen(Reason.INCOMPLETE, f"{name}: {answer.error_line()}")

    def _plain(self, *arguments: str) -> list[str]:
        assert self.git is not None
        items = self.git.lines(*arguments)
        if isinstance(items, Unseen):
            self._gaps.append(items)
            self._unlisted = items
            return []
        return [item.decode("utf-8", "surrogateescape") for item in items]

    def _listed(self, *arguments: str) -> set[str]:
        # Both `ls-tree` and `ls-files --stage` write `mode ... TAB path`; mode 160000 is a submodule.
        found = set()
        for item in self._plain(*arguments):
            head, _, path = item.partition("\t")
            if head.startswith("160000"):
                self._gaps.append(
                    Unseen(Reason.INCOMPLETE, f"submodule {shown(path)} is not read; declare it as a repository")
                )
            else:
                found.add(path)
        return found

    def _walk(self) -> set[str]:
        found: set[str] = set()
        root = os.fspath(self.directory)

        def on_error(error: OSError) -> None:
            name = shown(os.path.relpath(error.filename, root)) if error.filename else "a directory"
            self._gaps.append(Unseen(Reason.DENIED, f"{name} may not be listed"))

        for directory, names, files in os.walk(root, onerror=on_error, followlinks=False):
            names[:] = [name for name in names if name not in _SKIPPED_DIRECTORIES]
            found.update(os.path.relpath(os.path.join(directory, name), root) for name in files)
            if len(found) > MAX_FILES:
                break
        return found


def _translated(pattern: str) -> str:
    return "".join("(?:.*/)?" if part == "**/" else _segment(part) for part in re.split(r"(\*\*/)", pattern))


def _segment(part: str) -> str:
    # fnmatch lets `*` cross slashes; here only `**` does.
    translated = fnmatch.translate(part)
    inner = re.fullmatch(r"\(\?s:(.*)\)\\Z", translated, re.DOTALL)
    assert inner is not None
    return inner[1].replace(".*", "[^/]*") if "**" not in part else inner[1]
