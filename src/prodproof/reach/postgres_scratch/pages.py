"""pg_amcheck over a whole scratch cluster: pages of tables and B-tree indexes that are not what they should be.

Source: PostgreSQL documentation, pg_amcheck, amcheck.
"""

import re
from dataclasses import dataclass

from prodproof.facts import Reason, Unseen
from prodproof.reach.postgres_scratch.cluster import ScratchCluster, told

MAX_DAMAGED = 200
_PLACE = re.compile(r'^(?P<kind>heap table|btree index) "(?P<name>[^"]+)"', re.MULTILINE)
CORRUPTION = 2
"""Exit code of pg_amcheck that found something."""


@dataclass(frozen=True, kw_only=True)
class PageCheck:
    """What pg_amcheck said."""

    damaged: tuple[str, ...]
    """`table public.orders`, `index public.orders_pkey`."""


def check_pages(cluster: ScratchCluster, databases: list[str], *, full: bool, seconds: float) -> PageCheck | Unseen:
    """Check every table and index.

    Args:
        cluster: a running one.
        databases: which ones.
        full: see that each row is in each index, too.
        seconds: for all of it.
    """
    words = ["--install-missing=pg_catalog", "--jobs=2", "--no-strict-names"]
    if full:
        words += ["--heapallindexed"]
    words += [f"--host={cluster.socket}", "--port=5432", "--username=postgres"]
    words += [f"--database={name}" for name in databases]
    done = cluster.tool("pg_amcheck", *words, seconds=seconds)
    if isinstance(done, Unseen):
        return done
    said = done.stdout.decode("utf-8", "replace")
    found: dict[str, None] = {}
    for match in _PLACE.finditer(said):
        kind = "table" if match["kind"] == "heap table" else "index"
        found[f"{kind} {match['name'].partition('.')[2]}"] = None
    if done.code == CORRUPTION and found:
        return PageCheck(damaged=tuple(found)[:MAX_DAMAGED])
    if done.code != 0:
        return Unseen(Reason.INCOMPLETE, f"pg_amcheck failed: {told(done.stderr or done.stdout)}")
    return PageCheck(damaged=())
