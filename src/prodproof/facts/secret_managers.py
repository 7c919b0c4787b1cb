"""How managers of secrets are set up, and what their policies reach."""

from dataclasses import dataclass

from prodproof.facts.secrets import AtRest, Listener, Transport
from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What one policy, or one login with all its policies, may do at one place."""

    name: str
    """A secret as the manager names it; a path of the manager's own (`sys/policies/acl`); the folder above a name
    that was made up, where `future` is true."""

    actions: tuple[str, ...]
    future: bool = False
    """Whatever comes to lie there is reached, too."""

    conditional: bool = False
    """A condition that is not evaluated decides."""


@dataclass(frozen=True, kw_only=True)
class PolicyReach:
    """What somebody reaches in a manager, evaluated over the stored paths."""

    holder: str
    """The policy `shop`; or a login, where it has more than one policy."""

    policies: tuple[str, ...]
    names: tuple[str, ...] = ()
    """Of a login: what it is called, and the identity that it has; a service of that name is meant."""

    reaches: tuple[Reach, ...] = ()
    more: int = 0
    """Places beyond the bound."""

    unresolved: tuple[str, ...] = ()
    """Paths with templates of which nobody could say what they resolve to, and policies that could not be read."""


@dataclass(frozen=True, kw_only=True)
class ManagerSetup:
    """One declared manager."""

    kind: str
    address: str
    """URL or region; two declared managers with the same one are the same store."""

    transport: Transport | Unseen
    at_rest: AtRest | Unseen
    listeners: tuple[Listener, ...] | Unseen | None
    root_tokens: int | Unseen | None
    policies: tuple[PolicyReach, ...] | Unseen
    stored: int = 0
    """How many secrets there were to reach."""

    keys: tuple[tuple[str, str], ...] = ()
    """AWS: secrets (and parameters) by their names, with the key that each is encrypted under; empty: none is."""

    gaps: tuple[Unseen, ...] = ()
    """What of the stored paths could not be listed."""
