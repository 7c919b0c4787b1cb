"""Host names to addresses, as this vantage resolves them."""

import asyncio
import ipaddress
import socket

from prodproof.facts import Reason, Unseen
from prodproof.reach.world import Settings

MAX_ADDRESSES = 16


async def addresses_of(name: str, settings: Settings) -> tuple[str, ...] | Unseen:
    """Every IPv4 and IPv6 address of a name, or the address that it already is.

    Returns:
        Addresses without duplicates, or why there are none: unreachable for a name that does not exist or has no
        address, timed-out where the resolver gave no answer, incomplete for more than 16.
    """
    bare = name.strip("[]").rstrip(".").lower()
    if forced := settings.resolve.get(bare):
        return (forced.strip("[]"),)
    try:
        return (str(ipaddress.ip_address(bare)),)
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(settings.total_timeout):
            found = await loop.getaddrinfo(bare, None, type=socket.SOCK_STREAM)
    except TimeoutError:
        return Unseen(Reason.TIMED_OUT, f"{bare}: the resolver did not answer")
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            return Unseen(Reason.TIMED_OUT, f"{bare}: the resolver has no answer now")
        return Unseen(Reason.UNREACHABLE, f"{bare} does not resolve")
    except (OSError, UnicodeError):
        return Unseen(Reason.UNREACHABLE, f"{bare} does not resolve")
    addresses = tuple(dict.fromkeys(str(item[4][0]).partition("%")[0] for item in found))
    if len(addresses) > MAX_ADDRESSES:
        return Unseen(Reason.INCOMPLETE, f"{bare} has more than {MAX_ADDRESSES} addresses")
    return addresses
