"""What a login of Vault may do, and for how long; one act that must fail.

Source: Vault's HTTP API documentation, "/sys/capabilities-self", "/auth/token/lookup-self".
"""

from collections.abc import Sequence
from secrets import token_hex

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Power
from prodproof.facts.secret_scope import Holding, SecretScope, Trial
from prodproof.facts.secrets import ListedSecret
from prodproof.reach.scopes.purpose import is_declared, undeclared
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._vault_client import VaultClient, moment
from prodproof.reach.secrets.store import Limits
from prodproof.reach.secrets.vault_places import Place, places_of

CHUNK = 200
"""Paths asked for at once."""

_NOTHING = frozenset({"deny"})


def scope_of(
    value: Secret, url: str, ca: str | None, stored: Sequence[ListedSecret], may: Sequence[Power]
) -> SecretScope | Unseen:
    """Log in, ask what may be done at every stored path and with Vault itself, and try to read beside the purpose.

    Args:
        value: a token, or `ROLE_ID:SECRET_ID` of an AppRole login, which is ended afterwards.
        stored: what lies there, as prodproof's own login lists it.
        may: the declared purpose, by the names that references have: `vault: read on secret/shop/reports/*`.
    """
    client = VaultClient(url, value, ca, Limits())
    try:
        return _scope(client, stored, may)
    finally:
        client.close()


def _scope(client: VaultClient, stored: Sequence[ListedSecret], may: Sequence[Power]) -> SecretScope | Unseen:
    own = client.get("auth/token/lookup-self", "the login")
    if isinstance(own, Unseen):
        return own
    places = list(places_of(stored))
    beside = [place for place in places if not is_declared("read", place.name, may) and not place.future]
    # No such secret exists, so that nothing is handed out if it is not refused.
    tries = [f"{place.path.rpartition('/')[0]}/prodproof-{token_hex(4)}" for place in beside[:1]]
    given = _capabilities(client, [place.path for place in places] + tries)
    if isinstance(given, Unseen):
        return given
    found: dict[tuple[str, bool], set[str]] = {}
    for place in places:
        if held := _held(given[place.path], place):
            found.setdefault((place.name, place.future), set()).update(held)
    holdings = [
        Holding(
            kind="whatever comes to lie in" if future else "path",
            # Only a declared `secret/*` means what is not there yet.
            name=f"{name}{'*' if future else ''}",
            actions=tuple(sorted(actions)),
        )
        for (name, future), actions in found.items()
    ]
    beyond, more, within = undeclared(holdings, may)
    policies = {str(item) for item in (*(own.data.get("policies") or ()), *(own.data.get("identity_policies") or ()))}
    return SecretScope(
        service="vault",
        # Every login by role has the same name; its policies tell it from others.
        identity=f"{own.data.get('display_name') or 'token'} ({', '.join(sorted(policies - {'default'}))})",
        holdings=beyond,
        within=within,
        more=more,
        powers=("root",) if "root" in policies else (),
        expires=moment(own.data.get("expire_time")),
        trial=_tried(client, tries, given),
    )


def _capabilities(client: VaultClient, paths: Sequence[str]) -> dict[str, frozenset[str]] | Unseen:
    found: dict[str, frozenset[str]] = {}
    for start in range(0, len(paths), CHUNK):
        asked = list(paths[start : start + CHUNK])
        answer = client.post("sys/capabilities-self", "what it may do", {"paths": asked})
        if isinstance(answer, Unseen):
            return answer
        for path in asked:
            told = answer.data.get(path)
            if not isinstance(told, list):
                return Unseen(Reason.INCOMPLETE, "Vault does not say what it may do at each path")
            found[path] = frozenset(map(str, told))
    return found


def _held(told: frozenset[str], place: Place) -> frozenset[str]:
    return place.counted if "root" in told else told & place.counted


def _tried(client: VaultClient, tries: Sequence[str], given: dict[str, frozenset[str]]) -> Trial | Unseen:
    if not tries:
        return Unseen(Reason.NOT_DECLARED, "every stored path is declared: nothing is left to be refused")
    if given[tries[0]] - _NOTHING:
        # That it may is found as a holding of the path beside it.
        return Unseen(Reason.NOT_CONFIGURED, "what could be tried is allowed, by what Vault says")
    folder = tries[0].rpartition("/")[0]
    answer = client.get(tries[0], "the act that must be refused")
    act = f"reading a secret that does not exist in {folder}"
    if isinstance(answer, Unseen) and answer.why is Reason.DENIED:
        return Trial(act=act, refused=True)
    if isinstance(answer, Unseen) and answer.why is not Reason.NOT_CONFIGURED:
        return answer
    return Trial(act=act, refused=False)
