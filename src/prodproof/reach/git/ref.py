"""One folder of files kept under a git ref, beside branches and tags; work tree and index are never touched.

Each write is a commit without parents: what was taken out of the files is not kept alive by history, and goes with
the repository's next garbage collection. Writes compare and swap, so that two writers never overwrite each other.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prodproof.facts import Reason, Unseen
from prodproof.reach.git.command import Git
from prodproof.reach.process import Finished, run

DEFAULT_REF = "refs/prodproof/ledger"
MAX_FILE = 1024 * 1024 * 1024
NETWORK_SECONDS = 300.0

_IDENTITY = ("-c", "user.name=prodproof", "-c", "user.email=prodproof@localhost")
_FETCHED = "refs/prodproof/fetched"
_FOR_NETWORK = (
    "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "SSH_ASKPASS",
    "GIT_CONFIG_COUNT", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
)  # fmt: skip
"""What git needs to log in to a remote as the user would."""


class Moved:
    """Somebody else wrote the ref since it was read; nothing was overwritten."""


@dataclass(frozen=True)
class Kept:
    """What a ref held when it was read."""

    commit: str | None
    """None: there is no such ref."""

    content: bytes | None
    """The file; None when the ref does not have it."""


class GitRef:
    """A ref of a repository, or of one of its remotes."""

    def __init__(
        self,
        directory: Path,
        ref: str = DEFAULT_REF,
        remote: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Args: a directory in the repository; the full name of the ref; the name of a configured remote."""
        self._git = Git(directory)
        self._directory = directory
        self._ref = ref
        self._remote = remote
        self._environ = {name: environ[name] for name in environ if name in _FOR_NETWORK or _is_config(name)}

    @classmethod
    def parse(cls, text: str, directory: Path) -> "GitRef":
        """Read `refs/…` (of this repository), `REMOTE` or `REMOTE/NAME`; an empty text is the default ref."""
        if not text or text.startswith("refs/"):
            return cls(directory, text or DEFAULT_REF)
        remote, _, name = text.partition("/")
        if not name:
            return cls(directory, DEFAULT_REF, remote)
        return cls(directory, name if name.startswith("refs/") else f"refs/prodproof/{name}", remote)

    def read(self, name: str) -> Kept | Unseen:
        """The file called `name`, with the commit that holds it."""
        commit = self._fetch() if self._remote else self._resolve(self._ref)
        if commit is None or isinstance(commit, Unseen):
            return commit or Kept(None, None)
        listed = self._files(commit)
        if isinstance(listed, Unseen):
            return listed
        if name not in listed:
            return Kept(commit, None)
        answer = self._git("cat-file", "blob", listed[name], max_output=MAX_FILE, timeout=NETWORK_SECONDS)
        if isinstance(answer, Unseen):
            return answer
        return Kept(commit, answer.stdout) if answer.code == 0 else _failed("cat-file", answer)

    def write(self, name: str, file: Path, expected: str | None) -> str | Moved | Unseen:
        """Put a file under the ref, if the ref still is at `expected` (None: does not exist yet).

        Other files under the ref are kept. Returns the new commit.
        """
        files = {} if expected is None else self._files(expected)
        if isinstance(files, Unseen):
            return files
        blob = self._said("hash-object", "-w", "--no-filters", "--", str(file.resolve()), timeout=NETWORK_SECONDS)
        if isinstance(blob, Unseen):
            return blob
        entries = "".join(f"100644 blob {id}\t{path}\0" for path, id in sorted({**files, name: blob}.items()))
        tree = self._said("mktree", "-z", stdin=entries.encode())
        if isinstance(tree, Unseen):
            return tree
        commit = self._said(*_IDENTITY, "commit-tree", "-m", "The prodproof ledger", tree)
        if isinstance(commit, Unseen):
            return commit
        return self._push(commit, expected) if self._remote else self._swap(commit, expected)

    def _swap(self, commit: str, expected: str | None) -> str | Moved | Unseen:
        answer = self._git("update-ref", self._ref, commit, expected or "0" * len(commit))
        if isinstance(answer, Unseen):
            return answer
        if answer.code == 0:
            return commit
        return Moved() if self._resolve(self._ref) != expected else _failed("update-ref", answer)

    def _push(self, commit: str, expected: str | None) -> str | Moved | Unseen:
        assert self._remote is not None
        lease = f"--force-with-lease={self._ref}:{expected or ''}"
        answer = self._network("push", "--porcelain", "--no-verify", lease, "--", self._remote, f"{commit}:{self._ref}")
        if isinstance(answer, Unseen):
            return answer
        if answer.code == 0:
            return commit
        refused = b"stale info" in answer.stdout + answer.stderr or b"failed to update ref" in answer.stderr
        return Moved() if refused else Unseen(Reason.DENIED, f"git push: {answer.error_line()}")

    def _fetch(self) -> str | Unseen | None:
        assert self._remote is not None
        listed = self._network("ls-remote", "--", self._remote, self._ref)
        if isinstance(listed, Unseen):
            return listed
        if listed.code != 0:
            return Unseen(Reason.UNREACHABLE, f"git ls-remote {self._remote}: {listed.error_line()}")
        found = (line.split(b"\t") for line in listed.stdout.splitlines())
        commit = next((item[0].decode() for item in found if item[1:] == [self._ref.encode()]), None)
        if commit is None:
            return None
        into = f"+{self._ref}:{_FETCHED}/{self._remote}"
        answer = self._network("fetch", "--no-tags", "--no-write-fetch-head", "--quiet", "--", self._remote, into)
        if isinstance(answer, Unseen):
            return answer
        if answer.code != 0:
            return Unseen(Reason.UNREACHABLE, f"git fetch {self._remote}: {answer.error_line()}")
        return self._resolve(f"{_FETCHED}/{self._remote}")

    def _files(self, commit: str) -> dict[str, str] | Unseen:
        items = self._git.lines("ls-tree", "-z", commit)
        if isinstance(items, Unseen):
            return items
        files: dict[str, str] = {}
        for item in items:
            meta, _, path = item.partition(b"\t")
            kind, id = meta.split(b" ")[1:3]
            if kind == b"blob":
                files[path.decode("utf-8", "surrogateescape")] = id.decode()
        return files

    def _resolve(self, ref: str) -> str | Unseen | None:
        answer = self._git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if isinstance(answer, Unseen):
            return answer
        if answer.code not in (0, 1):
            return _failed("rev-parse", answer)
        return answer.stdout.decode().strip() or None

    def _said(self, *arguments: str, stdin: bytes = b"", timeout: float = 60.0) -> str | Unseen:
        answer = self._git(*arguments, stdin=stdin, timeout=timeout)
        if isinstance(answer, Unseen):
            return answer
        return answer.stdout.decode().strip() if answer.code == 0 else _failed(arguments[-1], answer)

    def _network(self, *arguments: str) -> Finished | Unseen:
        # As the user's own git would, for it logs in as the user; but without hooks and without questions.
        command = ("git", "-c", "core.hooksPath=/dev/null", *arguments)
        env = {**self._environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
        return run(command, timeout=NETWORK_SECONDS, cwd=self._directory, env=env)


def _is_config(name: str) -> bool:
    return name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"))


def _failed(what: str, answer: Finished) -> Unseen:
    return Unseen(Reason.INCOMPLETE, f"git {what}: {answer.error_line()}")
