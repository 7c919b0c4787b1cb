"""Which hook configurations a repository has, and which scanners for secrets they name."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodproof.facts import Unseen
from prodproof.facts.hooks import HookConfiguration
from prodproof.reach.files.placed import PlacedMap, read_documents
from prodproof.reach.git.repository import RepositoryReader, shown

PRE_COMMIT = (".pre-commit-config.yaml", ".pre-commit-config.yml")
LEFTHOOK = tuple(f"{dot}lefthook{ending}" for dot in ("", ".") for ending in (".yml", ".yaml", ".toml", ".json"))
HUSKY = ".husky/pre-commit"
FOLDERS = (".githooks", ".git-hooks", "githooks", "git-hooks", ".hooks", "hooks", "scripts/hooks", "scripts/githooks")
"""Where hooks are usually committed for `git config core.hooksPath`."""

OTHERS = {
    ".overcommit.yml": "overcommit",
    ".simple-git-hooks.json": "simple-git-hooks",
    ".captainhook.json": "captainhook",
}

_SCANNERS = re.compile(
    r"(?<![\w-])(gitleaks|betterleaks|detect-secrets(?:-hook)?|trufflehog3?|kingfisher|ggshield|gitguardian|talisman"
    r"|git-secrets|noseyparker|ripsecrets|whispers|secretlint|detect-private-key|detect-aws-credentials|leaktk"
    r"|aws-secrets-hook|prodproof|horusec|secret[\w-]*|credential[\w-]*)(?![\w])",
    re.IGNORECASE,
)  # fmt: skip
_SELF_CONTAINED = frozenset({"system", "script", "pygrep", "fail", "unsupported", "unsupported_script"})
"""Languages of pre-commit that need nothing installed."""


def scanners_in(text: str) -> tuple[str, ...]:
    """Names in a text of programs and hooks that look for secrets."""
    return tuple(dict.fromkeys(match[1].lower() for match in _SCANNERS.finditer(text)))


def whole(reader: RepositoryReader) -> "RepositoryReader | Unseen":
    """The reader of the whole repository, where one is at a folder of it: git looks for hooks at its top."""
    if reader.git is None or reader.bare:
        return reader
    answer = reader.git("rev-parse", "--show-toplevel", timeout=10)
    if isinstance(answer, Unseen) or answer.code != 0:
        return reader
    top = Path(os.fsdecode(answer.stdout.rstrip(b"\n")))
    return reader if top == reader.directory else RepositoryReader.open(top)


def configurations(reader: RepositoryReader) -> tuple[HookConfiguration | Unseen, ...]:
    """Every configuration that there is; Unseen for one that cannot be read."""
    return tuple(_found(reader))


def _found(reader: RepositoryReader) -> Iterator[HookConfiguration | Unseen]:
    for manager, names in (("pre-commit", PRE_COMMIT), ("lefthook", LEFTHOOK)):
        path = next((name for name in names if reader.exists(name)), None)
        if path is not None:
            yield _configuration(reader, manager, path)
    if reader.exists(HUSKY):
        # What it calls is often said in package.json (lint-staged, scripts).
        yield _configuration(reader, "husky", HUSKY, "package.json", ".lintstagedrc", ".lintstagedrc.json")
    for folder in dict.fromkeys((*_configured(reader), *FOLDERS)):
        if reader.exists(f"{folder}/pre-commit"):
            yield _configuration(reader, "hooks", f"{folder}/pre-commit")
            break
    for path, manager in OTHERS.items():
        if reader.exists(path):
            yield _configuration(reader, manager, path)


def _configured(reader: RepositoryReader) -> tuple[str, ...]:
    """The folder that this clone's own settings name, if it lies within the repository."""
    if reader.git is None:
        return ()
    # `core.hooksPath` is overridden on every command line of ours: the file itself is asked.
    answer = reader.git("config", "--local", "--get", "core.hooksPath", timeout=10)
    if isinstance(answer, Unseen) or answer.code != 0:
        return ()
    path = answer.stdout.decode("utf-8", "replace").strip().strip("/")
    return (path,) if path and ".." not in path.split("/") and not path.endswith(".husky/_") else ()


def _configuration(reader: RepositoryReader, manager: str, path: str, *more: str) -> HookConfiguration | Unseen:
    text = reader.text(path)
    if isinstance(text, Unseen):
        return text
    others = [reader.text(name) for name in more if reader.exists(name)]
    whole = "\n".join((text, *(other for other in others if isinstance(other, str))))
    return HookConfiguration(manager=manager, path=shown(path), scanners=scanners_in(_without_comments(whole)))


def _without_comments(text: str) -> str:
    return re.sub(r"(?m)^[ \t]*#.*$", "", text)


@dataclass(frozen=True)
class Reduced:
    """A configuration of pre-commit with only what runs as it lies here."""

    text: str
    """As JSON, which is YAML; empty if nothing is left."""

    left_out: tuple[str, ...]
    """Hooks that would have to be fetched or built: `gitleaks of https://github.com/gitleaks/gitleaks`."""

    left_out_scanners: tuple[str, ...]


def reduced(text: str) -> "Reduced | Unseen":
    """The part of a pre-commit configuration that needs nothing from elsewhere."""
    documents = read_documents(text)
    if isinstance(documents, Unseen):
        return documents
    body: PlacedMap = documents[0] if documents and isinstance(documents[0], PlacedMap) else PlacedMap()
    kept: list[dict[str, Any]] = []
    left_out: list[str] = []
    for entry in body.maps("repos"):
        address = entry.text("repo") or ""
        here = [hook for hook in entry.maps("hooks") if _runs_here(address, hook)]
        gone = [hook.text("id") or "" for hook in entry.maps("hooks") if not _runs_here(address, hook)]
        left_out += [hook if address == "local" else f"{hook} of {address}" for hook in gone]
        if here:
            kept.append({"repo": address, "hooks": [dict(hook) for hook in here]})
    whole = json.dumps({**{key: value for key, value in body.items() if key != "repos"}, "repos": kept}) if kept else ""
    named = [name for name in left_out if scanners_in(name)]
    return Reduced(whole, tuple(name[:200] for name in left_out), tuple(name[:200] for name in named))


def _runs_here(address: str, hook: PlacedMap) -> bool:
    if address == "meta":
        return True
    return address == "local" and (hook.text("language") or "") in _SELF_CONTAINED
