"""Proof that a target belongs to the team, before it is sent more than a visitor's requests."""

import hmac
from collections.abc import Awaitable, Callable, Sequence

from prodproof.facts import Reason, Unseen
from prodproof.reach.stream import is_loopback

RECORD = "_prodproof"
WELL_KNOWN = "/.well-known/prodproof.txt"
MAX_FILE = 4096

Texts = Callable[[str], Awaitable[Sequence[str] | Unseen]]
"""Looks the TXT records of a name up."""

Fetch = Callable[[str], Awaitable[bytes | Unseen]]
"""Fetches a path of the target over HTTPS, following no redirect to another host; bounded."""


async def unproven(
    host: str, addresses: Sequence[str], token: str | None, texts: Texts, fetch: Fetch | None = None
) -> Unseen | None:
    """Whether a target's owner has shown the system's token.

    Args:
        host: name or address of the target.
        addresses: what it resolves to.
        token: the token of the system file.
        texts: DNS.
        fetch: HTTPS, where the target has it.

    Returns:
        None when it is proven: all its addresses are this machine's own, the TXT record `_prodproof.<host>` is the
        token, or `/.well-known/prodproof.txt` has it on a line. Else why not: not-permitted, with what to do.
    """
    if addresses and all(is_loopback(address) for address in addresses):
        return None
    if not token:
        return Unseen(Reason.NOT_PERMITTED, f"{host}: no ownership token is declared; see prodproof doctor")
    found = await texts(f"{RECORD}.{host}")
    if not isinstance(found, Unseen) and any(same(text, token) for text in found):
        return None
    if fetch is not None:
        body = await fetch(WELL_KNOWN)
        if isinstance(body, bytes):
            lines = body[:MAX_FILE].decode("utf-8", "replace").splitlines()
            if any(same(line, token) for line in lines):
                return None
    return Unseen(
        Reason.NOT_PERMITTED,
        f"{host}: not proven to be yours; add the TXT record {RECORD}.{host} or the file {WELL_KNOWN} with the token",
    )


def same(text: str, token: str) -> bool:
    """Whether a record or line is the token, spaces and quotes around it apart."""
    return hmac.compare_digest(text.strip().strip('"').encode(), token.strip().encode())
