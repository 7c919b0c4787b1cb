"""Asks a target whether it is the team's own, before it gets more than a visitor's requests."""

from collections.abc import Awaitable, Callable, Sequence

from prodproof.facts import Unseen
from prodproof.facts.declared import EntryPoint, Host
from prodproof.reach.address import addresses_of
from prodproof.reach.dns.resolver import Resolver
from prodproof.reach.ownership import unproven
from prodproof.reach.world import World


async def owned(about: object, world: World) -> Unseen | None:
    """None when the target (a host or an entry point) is proven to be the team's own; else why not.

    Addresses that are declared beside what the name resolves to must show the token themselves: owning a name does
    not prove that an address is one's own.
    """
    if isinstance(about, Host):
        name, authority, declared = about.name, about.name, about.addresses
    elif isinstance(about, EntryPoint):
        name = about.authority.rpartition(":")[0] if about.authority.count(":") == 1 else about.authority
        authority, declared = about.authority, ()
    else:
        return None
    found = await addresses_of(name.strip("[]"), world.settings)
    resolved: Sequence[str] = () if isinstance(found, Unseen) else found
    if isinstance(found, Unseen) and not declared:
        return found
    resolver = Resolver(world.settings, next((zone.nameserver for zone in world.declared.zones), None))
    token = world.declared.ownership
    own = [address for address in declared if address not in resolved]
    if set(declared) != set(own) or not declared:
        refused = await unproven(name, resolved, token, resolver.texts, _fetch(authority, None, world))
        if refused is not None:
            return refused
    for address in own:
        refused = await unproven(name, (address,), token, _no_texts, _fetch(authority, address, world))
        if refused is not None:
            return refused
    return None


async def _no_texts(name: str) -> Sequence[str] | Unseen:
    return ()


def _fetch(authority: str, address: str | None, world: World) -> Callable[[str], Awaitable[bytes | Unseen]]:
    async def fetch(path: str) -> bytes | Unseen:
        answer = await world.http.ask(f"https://{authority}{path}", address=address)
        if isinstance(answer, Unseen):
            return answer
        return answer.body if answer.status == 200 else b""

    return fetch
