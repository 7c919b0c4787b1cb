"""Shell scripts of pipelines, cut into commands without running anything.

This is a reader of what people write in pipelines, not a shell: it knows quotes, continuations, comments, here
documents and the operators that decide whether a failure counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SCRIPT = 256 * 1024
MAX_COMMANDS = 5_000
MAX_CHAIN = 200
_TOKEN = re.compile(
    r"""(?P<expression>\$\{\{.{0,500}?\}\})|(?P<double>"(?:\\.|[^"\\])*")|(?P<single>'[^']*')|(?P<escape>\\.)"""
    r"""|(?P<heredoc><<-?\s*(?P<quote>['"]?)(?P<mark>\w+)(?P=quote))|(?P<here><<<)"""
    r"""|(?P<operator>\|\||&&|;;|\|&|[;|()])|(?P<background>(?<![<>&])&(?![>&]))|(?P<newline>\n)"""
    r"""|(?P<comment>(?:(?<=\s)|(?<=^))\#[^\n]*)|(?P<blank>[ \t\r]+)|(?P<text>[^\s"'\\|&;()<$#]+|.)""",
    re.DOTALL | re.VERBOSE,
)
_KEYWORDS = {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "fi", "done", "}", "time", "("}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=(?!=)")
_FAILS = re.compile(r"\b(exit|return)\s+(?!0\b)|\bfalse\b|\bexit\b\s*$|\$\?|\bdie\b|\bfail\b|\berror\b")


@dataclass(frozen=True)
class Command:
    """One simple command."""

    words: tuple[str, ...]
    """Without quotes, leading assignments and keywords; expansions stay as they were written."""

    line: int
    """Counted from 0 within the script."""

    ignored: str = ""
    """Why its failure does not fail the script; empty if it does."""

    fed: bool = False
    """Whether it reads a here document or a pipe."""


def commands(script: str, pipefail: bool = False, errexit: bool = True) -> tuple[Command, ...]:
    """The commands of a script, in order.

    Args:
        script: its text; what lies beyond 256 KB is not read.
        pipefail: whether the failure of any part of a pipe counts.
        errexit: whether a failing command ends the script.
    """
    parts = list(_parts(script[:MAX_SCRIPT]))
    if re.search(r"^[ \t]*set\s+.*pipefail", script, re.MULTILINE):
        pipefail = True
    found: list[Command] = []
    strict = errexit
    for number, (words, line, operator, fed) in enumerate(parts[:MAX_COMMANDS]):
        stripped = _bare(words)
        if not stripped:
            continue
        if stripped[0] == "set":
            strict = _strict_after(stripped, strict)
            continue
        ignored = _why_ignored(parts, number, operator, pipefail)
        if not ignored and not strict and any(_bare(later[0]) for later in parts[number + 1 :]) and "$?" not in script:
            ignored = "the script goes on after a failure (set +e)"
        found.append(Command(stripped, line, ignored, fed))
    return tuple(found)


def _strict_after(words: tuple[str, ...], strict: bool) -> bool:
    for word in words[1:]:
        if re.fullmatch(r"\+[a-z]*e[a-z]*", word):
            strict = False
        elif re.fullmatch(r"-[a-z]*e[a-z]*", word) or word == "errexit":
            strict = True
    return strict


def _why_ignored(parts: "list[tuple[list[str], int, str, bool]]", number: int, operator: str, pipefail: bool) -> str:
    position = number
    while operator in ("|", "|&", "&&") and position + 1 < len(parts):
        if operator != "&&" and not pipefail:
            return "its exit code is lost in a pipe"
        position += 1
        operator = parts[position][2]
        if position - number > MAX_CHAIN:
            return f"it stands in a chain of more than {MAX_CHAIN} commands"
    if operator == "||" and position + 1 < len(parts):
        line = parts[position + 1][1]
        rest = [" ".join(part[0]) for part in parts[position + 1 : position + 6] if part[1] - line < 6]
        if not any(_FAILS.search(text) for text in rest[: _end_of_group(parts, position + 1)]):
            return f"its failure is swallowed (|| {rest[0][:40]})" if rest else ""
    if operator == "&":
        return "it runs in the background"
    return ""


def _end_of_group(parts: "list[tuple[list[str], int, str, bool]]", start: int) -> int:
    words = parts[start][0]
    return 5 if not words or words[0] in ("{", "(") else 1


def _parts(script: str) -> "Iterator[tuple[list[str], int, str, bool]]":
    """Words, line, the operator after them, and whether input is fed, of each piece between operators."""
    words: list[str] = []
    word, line, start = "", 0, 0
    fed = False
    heredocs: list[str] = []
    position = 0
    while position < len(script):
        match = _TOKEN.match(script, position)
        assert match is not None
        kind, text = match.lastgroup, match[0]
        kind = "heredoc" if match["heredoc"] else kind
        position = match.end()
        if kind in ("double", "single"):
            word += text[1:-1] or "\0"
        elif kind == "escape":
            word += "" if text[1] == "\n" else text[1]
        elif kind in ("blank", "comment", "newline", "operator", "background", "heredoc", "here"):
            if word:
                start = start if words else line
                words.append(word.replace("\0", ""))
                word = ""
            if kind == "heredoc":
                heredocs.append(match["mark"])
                fed = True
            elif kind == "here":
                fed = True
            elif kind in ("newline", "operator", "background"):
                if words or text == "(":
                    piped = text in ("|", "|&")
                    yield [*words, "("] if text == "(" and not words else words, start if words else line, text, fed
                    fed = piped
                words = []
            if kind == "newline" and heredocs:
                position, line = _after_heredocs(script, position, line, heredocs)
                heredocs = []
        else:
            word += text
        line += text.count("\n")
    if word:
        start = start if words else line
        words.append(word.replace("\0", ""))
    if words:
        yield words, start, "", fed


def _after_heredocs(script: str, position: int, line: int, marks: list[str]) -> tuple[int, int]:
    for mark in marks:
        match = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t]*$", re.MULTILINE).search(script, position)
        end = match.end() if match else len(script)
        line += script.count("\n", position, end)
        position = end
    return position, line


def _bare(words: list[str]) -> tuple[str, ...]:
    rest = list(words)
    while rest and (rest[0] in _KEYWORDS or _ASSIGNMENT.match(rest[0])):
        rest.pop(0)
    return tuple(rest)


_WRAPPERS = {
    "sudo",
    "env",
    "exec",
    "command",
    "nice",
    "nohup",
    "time",
    "xvfb-run",
    "npx",
    "bunx",
    "pnpx",
    "uvx",
    "dotenv",
}
_RUNNERS = {
    ("poetry", "run"), ("uv", "run"), ("pipenv", "run"), ("pdm", "run"), ("hatch", "run"), ("rye", "run"),
    ("pnpm", "exec"), ("pnpm", "dlx"), ("yarn", "dlx"), ("yarn", "exec"), ("npm", "exec"), ("bundle", "exec"),
    ("pipx", "run"), ("uv", "tool"), ("coverage", "run"), ("conda", "run"), ("doppler", "run"), ("retry", "--"),
}  # fmt: skip
_WITH_VALUE = {
    "-u",
    "-n",
    "-C",
    "--user",
    "--extra",
    "--group",
    "--with",
    "--python",
    "--directory",
    "--from",
    "-e",
    "-p",
}


def unwrapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command that really runs: `sudo`, `poetry run`, `python -m`, `timeout 5m` and their kind taken off.

    The program's own folder is taken off too, unless it is a script of the repository.
    """
    rest = list(words)
    for _ in range(8):
        if not rest:
            return ()
        name = rest[0].rpartition("/")[2] if rest[0].startswith("/") or "bin/" in rest[0] else rest[0]
        rest[0] = re.sub(r"(?<=\w)(==|@)[\w.\-+^~]+$", "", name)  # a version: bandit==1.8.6, snyk@latest
        if name in _WRAPPERS:
            rest = _without_options(rest[1:])
        elif len(rest) > 1 and (name, rest[1]) in _RUNNERS:
            rest = _without_options(rest[2:])
            if rest and name == "uv" and rest[0] == "run":
                rest = _without_options(rest[1:])
        elif name == "timeout":
            rest = _without_options(rest[1:])[1:]
        elif re.fullmatch(r"python[\d.]*|py", name) and "-m" in rest[:6]:
            rest = rest[rest.index("-m") + 1 :]
        elif name in ("docker", "podman", "docker-compose") and (inner := _inside_container(rest)):
            rest = inner
        else:
            return tuple(rest)
    return tuple(rest)


def _without_options(words: list[str]) -> list[str]:
    rest = list(words)
    while rest and (rest[0].startswith("-") or _ASSIGNMENT.match(rest[0])):
        option = rest.pop(0)
        if option == "--":
            break
        if option == "-m":  # coverage run -m pytest
            break
        if option in _WITH_VALUE and rest:
            rest.pop(0)
    return rest


def _inside_container(words: list[str]) -> list[str]:
    # What `docker compose run web pytest` and `docker exec web pytest` run; an image's own program is not known.
    for verb in ("run", "exec"):
        if verb in words[1:8] and ("compose" in words[:6] or words[0] == "docker-compose" or verb == "exec"):
            rest = _without_options(words[words.index(verb) + 1 :])
            return rest[1:]
    return []
