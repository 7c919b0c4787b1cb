"""The part of MDN HTTP Observatory's scoring that reads policies; its reading, which is not the browsers'.

Follows the published algorithm, version 6 (https://github.com/mdn/mdn-http-observatory, `cspParser`, `tests/csp`).
"""

import re
from itertools import pairwise
from urllib.parse import unquote_to_bytes

from prodproof.guarantees._observatory_scores import Result

SHORTEST = len("img-src") - 1
DUPLICATES = "(duplicates)"
_HEADER_ONLY = ("frame-ancestors", "report-uri", "sandbox")
_REPEATABLE = ("report-uri", "report-to")
_BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
_BROAD_OR_INLINE = _BROAD | {"'unsafe-inline'", "data:"}
_PASSIVE = ("img-src", "media-src")
_KEYS = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_ORDER = {character: rank for rank, character in enumerate("_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789")}
"""How the root collation orders what is no letter."""

_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")

Sources = dict[str, set[str]]


class InvalidPolicyError(ValueError):
    """The Observatory does not accept this policy."""


def parse(policies: list[str]) -> Sources:
    """Its combination of several policies. Raises InvalidPolicyError."""
    texts = [re.sub(r"[\r\n]", "", text).strip() for text in policies]
    if any(len(text) < SHORTEST for text in texts):
        raise InvalidPolicyError
    combined: dict[str, list[list[object]]] = {}
    duplicates: set[str] = set()
    for number, text in enumerate(texts):
        seen: set[str] = set()
        for entry in text.split(";"):
            name, *words = entry.strip().split() or [""]
            name = name.lower()
            if not name:
                continue
            if name in seen:
                if name not in _REPEATABLE:
                    raise InvalidPolicyError
                duplicates.add(name)
            seen.add(name)
            items: list[list[object]] = [[word.lower(), number, number == 0] for word in words]
            combined[name] = _merged([*combined.get(name, []), *items])
            if number == 0:
                for item in combined[name]:
                    item[2] = False
    found = {name: {str(item[0]) for item in items} or {"'none'"} for name, items in combined.items()}
    if duplicates:
        found[DUPLICATES] = duplicates
    return found


def _merged(items: list[list[object]]) -> list[list[object]]:
    items.sort(key=lambda item: [_rank(character) for character in str(item[0])])
    for previous, item in pairwise(items):
        before, source = str(previous[0]), str(item[0])
        if item[1] == previous[1] and source.startswith(before):
            item[2] = False
        if item[1] != previous[1] and _matches(before, source):
            item[2] = True
    return [item for item in items if item[2]]


def _rank(character: str) -> int:
    return _ORDER.get(character, 1000 + ord(character))


def _matches(first: str, second: str) -> bool:
    exact = not first.endswith("/")
    ours, theirs = first.split("/"), second.split("/")
    if len(ours) > len(theirs) or (exact and len(ours) != len(theirs)):
        return False
    if not exact:
        ours.pop()
    return all(_decoded(one) == _decoded(other) for one, other in zip(ours, theirs))


def _decoded(text: str) -> str:
    if _PERCENT.search(text):
        raise InvalidPolicyError
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise InvalidPolicyError from error


def judge(headers: list[str], meta: list[str], report_only: bool) -> tuple[Result, bool]:
    """Its result for a page over HTTPS, and whether it saw `frame-ancestors`."""
    from_header = [text.strip() for value in headers for text in value.split(",")]
    from_meta = [text.strip() for value in meta for text in value.split(",")]
    try:
        policy = parse(from_header + from_meta)
    except InvalidPolicyError:
        return Result.CSP_INVALID, False
    if not _enforced(from_header, from_meta):
        return (Result.CSP_REPORT_ONLY if report_only else Result.CSP_MISSING), False
    result = _result(policy)
    fine = (Result.CSP_STRONG, Result.CSP_NONE_DEFAULT, Result.CSP_STYLE_ONLY, Result.CSP_INSECURE_PASSIVE)
    if result in fine and DUPLICATES in policy:
        result = Result.CSP_DUPLICATES
    return result, "frame-ancestors" in policy


def _enforced(from_header: list[str], from_meta: list[str]) -> bool:
    return bool(parse(from_header) or parse(from_meta).keys() - set(_HEADER_ONLY))


def _result(policy: Sources) -> Result:
    every = {"*"}
    objects = policy.get("object-src") or policy.get("default-src") or every
    scripts = policy.get("script-src") or policy.get("default-src") or {"*"}
    styles = policy.get("style-src") or policy.get("default-src") or {"*"}
    for sources in (scripts, styles):
        if _keyed(sources):
            sources.discard("'unsafe-inline'")
    if "'strict-dynamic'" in scripts:
        if not _keyed(scripts):
            return Result.CSP_INVALID
        for source in tuple(scripts):
            if source.startswith(tuple(_BROAD)):
                scripts.discard(source)
    active = {source for name, sources in policy.items() if name not in _PASSIVE for source in sources} | scripts
    passive = {source for name in _PASSIVE for source in policy.get(name, ())}
    if scripts & _BROAD_OR_INLINE or objects & _BROAD:
        return Result.CSP_UNSAFE_INLINE
    if _insecure(active):
        return Result.CSP_INSECURE_ACTIVE
    if "'unsafe-eval'" in scripts | styles:
        return Result.CSP_UNSAFE_EVAL
    if _insecure(passive):
        return Result.CSP_INSECURE_PASSIVE
    if styles & _BROAD_OR_INLINE:
        return Result.CSP_STYLE_ONLY
    return Result.CSP_NONE_DEFAULT if policy.get("default-src") == {"'none'"} else Result.CSP_STRONG


def _keyed(sources: set[str]) -> bool:
    return any(source.startswith(_KEYS) for source in sources)


def _insecure(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)
