"""Packages that the commands of a Dockerfile install by name."""

import re

from prodproof.facts.references import Reference, ReferenceKind
from prodproof.reach.files.dockerfile import Instruction
from prodproof.reach.manifests.parsing import plain
from prodproof.reach.pipelines.shell import commands

_WITH_VALUE = frozenset(
    (
        "-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
        "-t", "--target", "--prefix", "--root", "--trusted-host", "--timeout", "--retries", "--platform",
        "--python-version", "--python", "-p", "--cache-dir", "--proxy", "--cert", "--no-binary", "--only-binary",
        "--progress-bar", "--log", "--src", "--config-settings", "--registry", "--group", "--root-user-action",
        "--use-feature", "--upgrade-strategy",
    )
)  # fmt: skip


_INSTALLABLE = re.compile(r"^(?!\d*[<>])(?![a-z+]+://)[A-Za-z0-9@](?!.*\.(?:whl|zip|gz|tgz)$)")


def installed_packages(instruction: Instruction) -> list[Reference]:
    """What `pip install`, `npm install --global` and `go install` in a `RUN` fetch; files and folders are left out."""
    found = []
    script = "\n".join((re.sub(r"--(mount|network|security)=\S+\s*", "", instruction.value), *instruction.heredocs))
    for command in commands(script):
        words = list(command.words)
        for tool in (["uv", "pip", "install"], ["-m", "pip", "install"], ["pip", "install"], ["pip3", "install"]):
            if words[: len(tool)] == tool or words[1 : len(tool) + 1] == tool:
                names = _arguments_of(words[words.index("install") + 1 :])
                found += [_package(name, "==", instruction.line) for name in names]
                break
        if words[:2] in (["npm", "install"], ["npm", "i"]) and {"-g", "--global"} & set(words):
            names = _arguments_of(words[2:])
            found += [_npm_package(name, instruction.line) for name in names]
        if words[:2] == ["go", "install"]:
            found += [_package(name, "@", instruction.line) for name in _arguments_of(words[2:]) if "." in name]
    return found


def _arguments_of(words: list[str]) -> list[str]:
    names = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _WITH_VALUE or word in ("-e", "--editable")
        elif _INSTALLABLE.match(word) and ("/" not in word or "@" in word):
            names.append(word)
    return names


def _package(written: str, operator: str, line: int) -> Reference:
    name, found, version = written.partition(operator)
    return Reference(
        kind=ReferenceKind.PACKAGE,
        name=re.split(r"[\[<>=!~;@ ]", name)[0] if operator == "==" else name,
        written=plain(written),
        version=version.lstrip("=") if found else None,
        undecided="$" in written,
        line=line,
    )


def _npm_package(written: str, line: int) -> Reference:
    name, _, version = written[1:].partition("@")
    return Reference(
        kind=ReferenceKind.PACKAGE,
        name=written[:1] + name,
        written=plain(written),
        version=version or None,
        undecided="$" in written,
        line=line,
    )
