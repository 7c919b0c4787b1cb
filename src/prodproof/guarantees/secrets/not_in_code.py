"""No token, key, password or private key is in the source code or anywhere in its git history.

Risk: Every clone has the whole history: a key that was committed once is public to everyone who will ever have
the repository.
Verified: Two ways: every object that the clone has, reachable or not (all refs, pull requests, stashes, what was
amended away), and every new or changed file of the work tree is searched by detection rules, and the exact values of
all declared secrets, of every environment, are traced through it, in every encoding. A clone that lacks a part of the
history (shallow, single branch, pull requests not fetched, a submodule) is unknown. A historic value counts until a
[[secret_allowed]] or a waiver stands for it: that it is refused is shown by the drills `leak` and `rotate`.
Mend: Revoke and reissue the key first, then remove it from the code; rewriting history does not un-leak it.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Reason
from prodproof.facts.code_secrets import CodeSearch
from prodproof.facts.traced import SecretSeen, Traced, Unsearched
from prodproof.guarantees._traced import found, unproven
from prodproof.verdicts import Example, Verdict, broken, guarantee, holds, unknown

_MEND = "revoke and reissue it first, then remove it; its place in the history stays readable"


@guarantee("secrets.not-in-code", seeds="M-S1 H-5 L-1 L-2 S-4", proof="inside", severity="critical")
def judge(search: CodeSearch) -> Verdict:
    """One repository."""
    if findings := found(search.traced, "", _MEND):
        return broken(*findings)
    if not search.history:
        return unknown(Reason.INCOMPLETE, "not a git repository: its files were searched, a history is not here")
    if missing := unproven(search.traced):
        return missing
    if search.absent:
        return unknown(Reason.INCOMPLETE, f"not in this clone: {'; '.join(search.absent)}")
    allowed = f"; {search.traced.allowed} allowed" if search.traced.allowed else ""
    return holds(f"none in the history by {search.traced.rules} rules and {search.traced.values} known values{allowed}")


_CLEAN = CodeSearch(traced=Traced(bytes_read=4_000_000, rules=700, values=5))
_KEY = SecretSeen(
    what="AWS access key",
    rule="aws-access-key-id",
    path="deploy/upload.py",
    finding="0a1b2c3d4e5f",
    fingerprint="00112233445566778899aabbccddeeff",
    line=12,
    commit="5f2c7e1b9d0a4c3e8f6a7b1c2d3e4f5061728394",
    date="2026-03-01T10:00:00+01:00",
)
_KNOWN = replace(_KEY, what="django-secret-key", rule="value", path="shop/settings.py", encoding="base64")


def _with(**changes: Any) -> CodeSearch:
    return replace(_CLEAN, traced=replace(_CLEAN.traced, **changes))


EXAMPLES = (
    Example("searched whole, and nothing there", _CLEAN, holds, says="700 rules and 5 known values"),
    Example(
        "a key in an old commit",
        _with(seen=(_KEY,)),
        broken,
        says="AWS access key in deploy/upload.py:12, since 5f2c7e1b9d0a",
    ),
    Example(
        "the very value of a declared secret, encoded",
        _with(seen=(_KNOWN,)),
        broken,
        says="django-secret-key in shop/settings.py:12, since 5f2c7e1b9d0a, as base64",
    ),
    Example("more than are listed", _with(seen=(_KEY,), more=3), broken, says="(and 1 more)"),
    Example("a finding that somebody stands for", _with(allowed=1), holds, says="1 allowed"),
    Example(
        "found without trust",
        _with(
            seen=(_KEY,),
            values=0,
            unresolved=(Unsearched(path="django-secret-key", why=Reason.NOT_PERMITTED, detail="no trust"),),
        ),
        broken,
    ),
    Example(
        "nothing found without trust",
        _with(
            values=0, unresolved=(Unsearched(path="django-secret-key", why=Reason.NOT_PERMITTED, detail="no trust"),)
        ),
        unknown,
        says="django-secret-key",
        reason=Reason.NOT_PERMITTED,
    ),
    Example("no secret is declared", _with(values=0), unknown, reason=Reason.NOT_DECLARED),
    Example(
        "a shallow clone",
        _with(unsearched=(Unsearched(path="history", why=Reason.INCOMPLETE, detail="a shallow clone"),)),
        unknown,
        says="shallow",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "pull requests were not fetched",
        replace(_CLEAN, absent=("pull requests of origin",)),
        unknown,
        says="pull requests of origin",
        reason=Reason.INCOMPLETE,
    ),
    Example("a plain folder", replace(_CLEAN, history=False), unknown, reason=Reason.INCOMPLETE),
    Example("a plain folder with a key", replace(_with(seen=(_KEY,)), history=False), broken),
)
