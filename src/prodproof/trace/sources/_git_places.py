"""Gives findings in objects the paths, commits and dates that people know."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from prodproof.facts import Unseen
from prodproof.reach.git.command import Git
from prodproof.trace.cache import Standing
from prodproof.trace.finding import Finding
from prodproof.trace.sources._git_feed import COMMIT_MESSAGE, TAG_MESSAGE

_MESSAGES = (COMMIT_MESSAGE, TAG_MESSAGE)
_MAX_MESSAGES = 256 * 1024 * 1024
_WHO = re.compile(rb"^(?:author|tagger) [^\n]*> (\d{1,11}) ([+-])(\d\d)(\d\d)$", re.MULTILINE)
_TAG = re.compile(rb"^object ([0-9a-f]+)\ntype (\w+)\ntag ([^\n]*)$", re.MULTILINE)


def is_blob(findings: Sequence[Finding]) -> bool:
    """Whether what these were found in is a blob, and no message."""
    return not findings or findings[0].path not in _MESSAGES


def placed(
    git: Git,
    place: str,
    found: Mapping[str, Sequence[Finding]],
    standing: Mapping[str, tuple[Standing, ...]],
) -> Iterator[Finding]:
    """Findings by id of their object -> findings where people see them; one for each path of a blob."""
    messages = _messages(git, [id for id, findings in found.items() if not is_blob(findings)])
    for id, findings in found.items():
        places = messages.get(id) or standing.get(id) or (unreachable(id),)
        for finding in findings:
            inner = finding.path.removeprefix(id) if is_blob(findings) else ""
            for at in places:
                yield replace(finding, place=place, path=at.path + inner, commit=at.commit, date=at.date)


def unreachable(id: str) -> Standing:
    """Where a blob stands that no commit has."""
    return Standing(f"unreachable object {id}", None, None)


def index_entries(git: Git) -> Iterator[tuple[str, str, str]]:
    """Mode, id and path of what is staged; of HEAD's files in a bare repository."""
    items = git.lines("ls-files", "--stage", "-z", "--full-name", ":/")
    if isinstance(items, Unseen) or not items:
        items = git.lines("--no-replace-objects", "ls-tree", "-r", "-z", "--full-tree", "HEAD")
    for item in [] if isinstance(items, Unseen) else items:
        head, _, path = item.decode("utf-8", "surrogateescape").partition("\t")
        mode, *middle = head.split(" ")
        # `ls-files` says id and stage, `ls-tree` kind and id.
        yield mode, middle[1] if len(middle[1]) > 3 else middle[0], path


def _messages(git: Git, ids: Iterable[str]) -> dict[str, tuple[Standing, ...]]:
    asked = "".join(f"{id}\n" for id in ids).encode("ascii")
    if not asked:
        return {}
    answer = git("--no-replace-objects", "cat-file", "--batch", stdin=asked, max_output=_MAX_MESSAGES)
    if isinstance(answer, Unseen):
        return {}
    told: dict[str, tuple[Standing, ...]] = {}
    at = 0
    while (newline := answer.stdout.find(b"\n", at)) > 0:
        head = answer.stdout[at:newline].split(b" ")
        if len(head) != 3:
            at = newline + 1
            continue
        size = int(head[2])
        message = answer.stdout[newline + 1 : newline + 1 + size]
        at = newline + 2 + size
        id = head[0].decode("ascii")
        told[id] = (_message(id, message.partition(b"\n\n")[0]),)
    return told


def _message(id: str, head: bytes) -> Standing:
    tag = _TAG.search(head)
    if tag is None:
        return Standing(COMMIT_MESSAGE, id, _date(head))
    name = tag[3].decode("utf-8", "surrogateescape")
    return Standing(f"message of tag {name}", tag[1].decode("ascii") if tag[2] == b"commit" else None, _date(head))


def _date(head: bytes) -> str | None:
    who = _WHO.search(head)
    if who is None:
        return None
    minutes = int(who[3]) * 60 + int(who[4])
    try:
        zone = timezone(timedelta(minutes=-minutes if who[2] == b"-" else minutes))
        return datetime.fromtimestamp(int(who[1]), zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
