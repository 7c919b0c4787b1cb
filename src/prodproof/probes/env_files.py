"""Asks git whether `.env` and its like are ignored, tracked, or were ever committed."""

import re

from prodproof.facts import Location, Proof, Reason, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.dependencies import Purpose
from prodproof.facts.env_files import CommittedFile, EnvFiles, IgnoreAnswer
from prodproof.probes.probe import probe
from prodproof.reach.files.ignore_rules import ignored
from prodproof.reach.git.command import Git
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.manifests.purpose import purpose_of
from prodproof.reach.world import World

USUAL = (".env", ".env.local", ".env.production")
_NAME = re.compile(r"\.env(?:[.\-_][\w.-]+)?|[\w][\w.-]*\.env", re.IGNORECASE)
_TEMPLATE = frozenset(
    (
        "example", "examples", "sample", "samples", "dist", "template", "templates", "tpl", "tmpl", "default",
        "defaults", "schema", "test", "tests", "testing", "ci", "dummy", "demo", "skel", "skeleton", "in",
        # encrypted forms, which are meant to be committed
        "enc", "encrypted", "sops", "vault", "gpg", "age",
        # code that is named after the file it reads
        "py", "js", "ts", "mjs", "cjs", "d", "go", "rb", "php", "md", "rst", "html", "nix", "yml", "yaml", "tf",
    )
)  # fmt: skip
_ENV_FILE_LINE = re.compile(r"env_file:\s*+(?:-\s*+)?(?:path:\s*+)?[\"']?([\w./-]*\.env[\w.-]*)")
_CODE_READS = re.compile(
    r"(?:load_dotenv|read_env|dotenv_values|env_file\s*=)\s*+(?:\(\s*+)?[\"']([\w./-]*\.env[\w.-]*)[\"']"
)
HISTORY_TIMEOUT = 60.0
MAX_READERS = 2_000


@probe(EnvFiles, per=Repository, proof=Proof.INSIDE, time_limit=120, tools=("git",))
def observe(repository: Repository, world: World) -> Survey[EnvFiles]:
    """One observation for each repository; unknown where the history is not all there."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(EnvFiles, reader.why, reader.detail)
    unread: list[Unseen] = []
    seen = _look(reader, unread)
    return Survey(EnvFiles, (world.inside(repository.subject, seen, reader.commit),), (*reader.gaps, *unread))


def is_env_file(path: str) -> bool:
    """Whether a path is a file with an environment, and no template, encrypted form or code."""
    name = path.rpartition("/")[2]
    if _NAME.fullmatch(name) is None:
        return False
    return not _TEMPLATE.intersection(re.split(r"[.\-_]", name.lower()))


def _look(reader: RepositoryReader, unread: list[Unseen]) -> EnvFiles | Unseen:
    if reader.git is None:
        return Unseen(Reason.INCOMPLETE, "not a git repository: its ignore rules and history cannot be asked for")
    names = _names(reader, unread)
    rules = ignored(reader, tuple(names))
    if isinstance(rules, Unseen):
        return rules
    history = _history(reader.git)
    if isinstance(history, Unseen):
        return history
    tracked = _tracked(reader)
    if isinstance(tracked, Unseen):
        return tracked
    refs = reader.git("for-each-ref", "--format=%(refname)", timeout=20)
    if isinstance(refs, Unseen):
        return refs
    fixtures = [path for path in (*tracked, *(item.path for item in history)) if _is_aside(path)]
    return EnvFiles(
        asked=tuple(IgnoreAnswer(path=shown(path), ignored=path in rules, why=why) for path, why in names.items()),
        tracked=tuple(Location(shown(path)) for path in tracked if not _is_aside(path)),
        history=tuple(item for item in history if not _is_aside(item.path)),
        aside=tuple(sorted({shown(path) for path in fixtures})),
        refs=len(refs.stdout.split()),
        shallow=reader.shallow,
        narrow=_is_narrow(reader.git),
    )


def _is_aside(path: str) -> bool:
    return purpose_of(path) is Purpose.ASIDE


def _names(reader: RepositoryReader, unread: list[Unseen]) -> dict[str, str]:
    """Names to ask for: the usual ones, those of templates, and those that compose files and settings read.

    `unread` gets what could not be read, so that a name may be missing.
    """
    names = dict.fromkeys(USUAL, "")
    for path in reader.files:
        folder, _, name = path.rpartition("/")
        prefix = f"{folder}/" if folder else ""
        parts = name.split(".")
        if len(parts) > 2 and parts[-1] in ("example", "sample", "template", "dist") and "env" in parts:
            target = prefix + ".".join(parts[:-1])
            if is_env_file(target) and not _is_aside(target):
                names.setdefault(target, f"{shown(path)} is its template")
    readers = reader.glob("**/*compose*.yml", "**/*compose*.yaml", "**/settings*.py", "**/settings/*.py")
    if len(readers) > MAX_READERS:
        unread.append(Unseen(Reason.INCOMPLETE, f"more than {MAX_READERS} compose and settings files"))
    for path in readers[:MAX_READERS]:
        text = reader.text(path)
        if isinstance(text, Unseen):
            unread += [] if _is_aside(path) else [text]
            continue
        folder = path.rpartition("/")[0]
        for match in (*_ENV_FILE_LINE.finditer(text), *_CODE_READS.finditer(text)):
            target = match[1].removeprefix("./")
            target = f"{folder}/{target}" if folder and not path.endswith(".py") else target
            if ".." not in target and not target.startswith("/") and is_env_file(target) and not _is_aside(target):
                names.setdefault(target, f"{shown(path)} reads it")
    return names


def _tracked(reader: RepositoryReader) -> list[str] | Unseen:
    assert reader.git is not None
    arguments = ("ls-tree", "-r", "-z", "--name-only", "HEAD") if reader.bare else ("ls-files", "-z", "--cached")
    listed = reader.git.lines(*arguments)
    if isinstance(listed, Unseen):
        return listed
    paths = (item.decode("utf-8", "surrogateescape") for item in listed)
    return [path for path in paths if is_env_file(path)]


def _history(git: Git) -> list[CommittedFile] | Unseen:
    # Without a pathspec: git would leave out side branches that were merged after the file was deleted again, and
    # matching patterns costs ten times the search. `-c` shows what a merge itself brought in; a rename is an addition
    # here; replaced commits are looked behind.
    answer = git(
        "--no-replace-objects", "log", "--all", "-c", "--no-renames", "--diff-filter=A", "--name-only", "-z",
        "--format=%x01%H", "--no-ext-diff", "--no-textconv", "--ignore-submodules",
        timeout=HISTORY_TIMEOUT,
    )  # fmt: skip
    if isinstance(answer, Unseen):
        return answer
    if answer.code != 0:
        empty = git("rev-list", "--all", "--max-count=1", timeout=20)
        if not isinstance(empty, Unseen) and empty.code == 0 and not empty.stdout.strip():
            return []
        return Unseen(Reason.INCOMPLETE, f"the history cannot be searched: {answer.error_line()}")
    found: dict[str, CommittedFile] = {}
    commit = ""
    for item in answer.stdout.split(b"\0"):
        if item.startswith(b"\x01"):
            commit = item[1:65].decode("ascii", "replace")
        elif b".env" in item.lower():
            text = item.strip(b"\n").decode("utf-8", "surrogateescape")
            if is_env_file(text):
                # Newest first: the last one that is met is the oldest.
                count = found[text].commits + 1 if text in found else 1
                found[text] = CommittedFile(path=shown(text), commit=commit, commits=count)
    return [found[path] for path in sorted(found)]


def _is_narrow(git: Git) -> bool:
    answer = git("config", "--get-all", "remote.origin.fetch", timeout=10)
    if isinstance(answer, Unseen) or answer.code != 0:
        return False
    return b"refs/heads/*" not in answer.stdout and b"+refs/*" not in answer.stdout
