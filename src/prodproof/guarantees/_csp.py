"""Content Security Policy as browsers read it (CSP Level 3): parsing, fallbacks, and what several policies still allow.

A page with several policies is held to all of them, so it allows only what each one allows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

IGNORED_IN_META = frozenset({"frame-ancestors", "report-uri", "sandbox"})
"""Directives without effect in `<meta http-equiv>` (HTML, 4.2.5.3)."""

MAX_POLICIES = 50
_EVERYWHERE = frozenset({"http:", "https:", "ws:", "wss:", "ftp:", "blob:", "filesystem:"})
_BLANKS = "\t\n\f\r "


class Weakness(StrEnum):
    """What a policy lets an attacker do who can put text into a page."""

    INLINE = "inline"
    ANYWHERE = "anywhere"
    DATA = "data"
    EVAL = "eval"
    OBJECTS = "objects"
    BASE = "base"


@dataclass(frozen=True)
class Policy:
    """One serialized policy."""

    directives: Mapping[str, tuple[str, ...]]
    """Names in lower case; source expressions as sent."""

    def sources(self, *names: str) -> tuple[str, ...] | None:
        """The sources of the first of these directives that is there, in lower case; None when none is."""
        for name in names:
            if name in self.directives:
                return tuple(source.lower() for source in self.directives[name])
        return None


def parse(headers: Iterable[str], meta: Iterable[str] = ()) -> tuple[Policy, ...]:
    """Every enforced policy of a page.

    Args:
        headers: values of Content-Security-Policy headers; a comma separates policies within one.
        meta: contents of `<meta http-equiv=content-security-policy>`, in which some directives have no effect.
    """
    found = [Policy(_directives(text)) for value in headers for text in value.split(",")]
    for content in meta:
        directives = _directives(content)
        found.append(Policy({name: value for name, value in directives.items() if name not in IGNORED_IN_META}))
    return tuple(policy for policy in found if policy.directives)[:MAX_POLICIES]


def _directives(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in text.split(";"):
        words = [word for word in part.strip(_BLANKS).split() if word.isascii()]
        if words:
            # A directive that is there already is ignored: the first one wins (CSP3, 2.2.1).
            found.setdefault(words[0].lower(), tuple(words[1:]))
    return found


def weaknesses(policies: Iterable[Policy]) -> frozenset[Weakness]:
    """What all of the policies together still allow; everything where there is none."""
    left = frozenset(Weakness)
    for policy in policies:
        left &= _allowed(policy)
    return left


def _allowed(policy: Policy) -> frozenset[Weakness]:
    sandbox = policy.sources("sandbox")
    if sandbox is not None and "allow-scripts" not in sandbox:
        return frozenset()
    elements = policy.sources("script-src-elem", "script-src", "default-src")
    attributes = policy.sources("script-src-attr", "script-src", "default-src")
    general = policy.sources("script-src", "default-src")
    objects = policy.sources("object-src", "default-src")
    allowed = set()
    if _inline(elements) or _inline(attributes):
        allowed.add(Weakness.INLINE)
    if _loads_anywhere(elements):
        allowed.add(Weakness.ANYWHERE)
    if elements is None or ("data:" in elements and not _strict(elements)):
        allowed.add(Weakness.DATA)
    if general is None or "'unsafe-eval'" in general:
        allowed.add(Weakness.EVAL)
    if objects is None or any(_everywhere(source) or source == "data:" for source in objects):
        allowed.add(Weakness.OBJECTS)
    base = policy.sources("base-uri")
    if base is None or any(_everywhere(source) for source in base):
        allowed.add(Weakness.BASE)
    return frozenset(allowed)


def relies_on_nonces(policies: Iterable[Policy]) -> bool:
    """Whether scripts are let in by nonce, so that a foreign `<base>` could redirect those with relative URLs."""
    for policy in policies:
        sources = policy.sources("script-src-elem", "script-src", "default-src") or ()
        if any(source.startswith("'nonce-") for source in sources):
            return True
    return False


def framers(policies: Iterable[Policy]) -> tuple[tuple[str, ...], ...]:
    """The `frame-ancestors` of each policy that has one; all of them must let an ancestor in."""
    found = (policy.sources("frame-ancestors") for policy in policies)
    return tuple(sources for sources in found if sources is not None)


def _inline(sources: tuple[str, ...] | None) -> bool:
    if sources is None:
        return True
    # A nonce, a hash or 'strict-dynamic' makes browsers ignore 'unsafe-inline' (CSP3, 6.7.3.2).
    return "'unsafe-inline'" in sources and not _keyed(sources) and "'strict-dynamic'" not in sources


def _loads_anywhere(sources: tuple[str, ...] | None) -> bool:
    if sources is None:
        return True
    return not _strict(sources) and any(_everywhere(source) for source in sources)


def _strict(sources: tuple[str, ...]) -> bool:
    # Beside 'strict-dynamic', hosts and schemes are ignored (CSP3, 6.7.1.1).
    return "'strict-dynamic'" in sources


def _keyed(sources: tuple[str, ...]) -> bool:
    return any(source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in sources)


def _everywhere(source: str) -> bool:
    if source in _EVERYWHERE:
        return True
    _, _, host = source.rpartition("://")
    name = host.partition("/")[0].partition(":")[0]
    # `*.com` is no narrower than the internet for an attacker, who can buy a name there.
    return name == "*" or (name.startswith("*.") and "." not in name[2:])
