"""Asks a target whether it is the team's own, before it gets more than a visitor's requests."""

from typing import Any

from prodproof.facts import Unseen
from prodproof.reach.ownership import unproven
from prodproof.reach.world import World


async def owned(about: Any, world: World) -> Unseen | None:
    """None when the target (a host or an entry point) is proven to be the team's own; else why not."""
    raise NotImplementedError
