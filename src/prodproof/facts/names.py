"""Is a host name one that a registrar sells? Pure; without the public suffix list, by the usual second levels."""

import ipaddress

_SECOND_LEVELS = frozenset(
    {"ac", "asn", "co", "com", "ed", "edu", "eng", "gen", "go", "gob", "gouv", "gov", "gub", "gv", "id", "idv", "in"}
    | {"info", "ltd", "me", "med", "mil", "ne", "net", "nhs", "nom", "or", "org", "police", "pp", "plc", "pro", "rec"}
    | {"sch", "school", "sci", "tm", "web"}
)
_NEVER = frozenset({"localhost", "local", "internal", "test", "invalid", "lan", "home", "corp", "intranet", "arpa"})


def is_registrable(host: str) -> bool:
    """Whether a name is registered itself (`shop.example`, `shop.co.uk`), not below one that is.

    Addresses, single labels and names of private networks are not. Two labels are; three are where the middle one is
    a country's usual second level (`co.uk`, `com.br`).
    """
    bare = host.strip("[]").rstrip(".").lower()
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        pass
    else:
        return False
    labels = bare.split(".")
    if len(labels) < 2 or labels[-1] in _NEVER or not all(labels):
        return False
    shared = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return len(labels) == (3 if shared else 2)


def same_site(first: str, second: str) -> bool:
    """Whether two hosts lie under one registrable domain."""
    return _site(first) == _site(second)


def _site(host: str) -> str:
    labels = host.strip("[]").rstrip(".").lower().split(".")
    for size in (2, 3):
        candidate = ".".join(labels[-size:])
        if len(labels) >= size and is_registrable(candidate):
            return candidate
    return ".".join(labels)
