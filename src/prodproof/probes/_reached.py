"""What policies of managers reach, evaluated over everything that is stored there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from secrets import token_hex

from prodproof.facts.declared import ManagedService
from prodproof.facts.secret_managers import PolicyReach, Reach
from prodproof.facts.secrets import Holder, ListedSecret, Policy
from prodproof.reach.secrets import iam, vault_access
from prodproof.reach.secrets.vault_places import Place, places_of

MAX_REACHED = 200
"""Places that are named of one policy."""

AWS_ACTIONS = (
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:PutResourcePolicy",
    "ssm:GetParameter",
    "ssm:PutParameter",
    "ssm:DeleteParameter",
)
VERBS = {"get", "list", "watch", "create", "update", "patch", "delete", "*"}


def of_vault(
    policies: Sequence[Policy], holders: Sequence[Holder], stored: Sequence[ListedSecret]
) -> Iterator[PolicyReach]:
    """Each policy by itself (without `root`, whose tokens are counted), and each login with all of its policies."""
    by_name = {policy.name: policy for policy in policies}
    places = list(places_of(stored))
    templated = {policy.name for policy in policies if vault_access.unresolved([policy], {})}
    for policy in policies:
        # What templates resolve to, only a login says.
        if policy.name not in (vault_access.ROOT, *templated):
            yield _vault(f"the policy {policy.name}", (policy.name,), [policy], {}, places)
    held: set[str] = set()
    for holder in holders:
        held |= set(holder.policies)
        names = [name for name in holder.policies if name != "default"]
        if len(names) > 1 or templated & set(names) or vault_access.ROOT in names:
            own = [by_name[name] for name in holder.policies if name in by_name]
            filling = {"identity.entity.name": holder.entity} if holder.entity else {}
            reach = _vault(f"the login {holder.name}", tuple(holder.policies), own, filling, places)
            yield replace(reach, names=tuple(filter(None, (holder.name.rpartition("/")[2], holder.entity))))
    for name in sorted(templated - held - {"default"}):
        yield PolicyReach(
            holder=f"the policy {name}",
            policies=(name,),
            unresolved=vault_access.unresolved([by_name[name]], {}),
        )


def _vault(
    holder: str,
    names: tuple[str, ...],
    policies: Sequence[Policy],
    filling: dict[str, str],
    places: Iterable[Place],
) -> PolicyReach:
    found: dict[tuple[str, bool], set[str]] = {}
    for place in places:
        given = vault_access.capabilities(policies, place.path, filling) & place.counted
        if given:
            found.setdefault((place.name, place.future), set()).update(given)
    reaches = [Reach(name=name, actions=tuple(sorted(given)), future=future) for (name, future), given in found.items()]
    unread = [f"the policy {item.name}: {item.unread}" for item in policies if item.unread]
    # Everybody has `default`, whose templates are about the asking login's own entity.
    templates = vault_access.unresolved([item for item in policies if item.name != "default"], filling)
    return PolicyReach(
        holder=holder,
        policies=names,
        reaches=tuple(reaches[:MAX_REACHED]),
        more=max(0, len(reaches) - MAX_REACHED),
        unresolved=(*unread, *templates),
    )


def of_aws(
    policies: Sequence[Policy],
    holders: Sequence[Holder],
    stored: Sequence[ListedSecret],
    identity: str,
) -> Iterator[PolicyReach]:
    """Each declared role, by what it may do with each stored secret and parameter.

    Args:
        identity: the ARN of who asks, which has the account's number.
    """
    by_name = {policy.name: policy for policy in policies}
    account = identity.split(":")[4] if identity.count(":") > 4 else ""
    on_resource = {name.partition(":")[2]: policy for name, policy in by_name.items() if name.startswith("resource:")}
    made_up = f"prodproof-{token_hex(4)}"
    for holder in holders:
        arn = holder.name if holder.name.startswith("arn:") else f"arn:aws:iam::{account}:role/{holder.name}"
        own = tuple(by_name[name] for name in holder.policies if name in by_name)
        bounds = tuple(policy for policy in own if policy.name.startswith("boundary:"))
        identity_policies = tuple(policy for policy in own if policy not in bounds)
        reaches: list[Reach] = []
        services = {item.path.split(":")[2]: item for item in stored if item.path.count(":") > 4}
        futures = [(f"{item.path.rsplit(':', 1)[0]}:{made_up}", kind) for kind, item in sorted(services.items())]
        places = [(item.path, item.name, False) for item in stored]
        places += [(path, f"{kind}:*", True) for path, kind in futures]
        for path, name, future in places:
            applied = iam.Policies(
                identity=identity_policies,
                boundary=bounds or None,
                resource=tuple(filter(None, (on_resource.get(name),))),
            )
            answers = {
                action: iam.decide(iam.Request(principal=arn, action=action, resource=path), applied)
                for action in AWS_ACTIONS
                if path.split(":")[2:3] == [action.partition(":")[0]]
            }
            allowed = tuple(action for action, answer in answers.items() if answer is not iam.Access.DENIED)
            if allowed:
                certain = any(answers[action] is iam.Access.ALLOWED for action in allowed)
                reaches.append(Reach(name=name, actions=allowed, future=future, conditional=not certain))
        yield PolicyReach(
            holder=f"the role {holder.name}",
            policies=(holder.name,),
            reaches=tuple(reaches[:MAX_REACHED]),
            more=max(0, len(reaches) - MAX_REACHED),
            unresolved=tuple(f"the policy {item.name}: {item.unread}" for item in own if item.unread),
        )


def of_kubernetes(
    policies: Sequence[Policy],
    holders: Sequence[Holder],
    stored: Sequence[ListedSecret],
    services: Sequence[ManagedService],
) -> Iterator[PolicyReach]:
    """Each declared service account; the cluster's own parts read secrets, too, and are not the team's to narrow."""
    by_name = {policy.name: policy for policy in policies}
    wanted = {service.policy for service in services}
    for holder in holders:
        if holder.name not in wanted:
            continue
        found: dict[tuple[str, bool], set[str]] = {}
        for held in holder.policies:
            name, _, only = held.partition("@")
            for rule in by_name[name].rules if name in by_name else ():
                verbs = VERBS & set(rule.actions)
                for pattern in rule.resources:
                    namespace, _, secret = pattern.partition("/")
                    namespace = only or namespace
                    fitting = (
                        item.path
                        for item in stored
                        if namespace in ("*", item.path.partition("/")[0])
                        and secret in ("*", item.path.partition("/")[2])
                    )
                    for path in fitting if verbs else ():
                        found.setdefault((path, False), set()).update(verbs)
                    if secret == "*" and verbs:
                        found.setdefault((f"{namespace}/", True), set()).update(verbs)
        reaches = [
            Reach(name=name, actions=tuple(sorted(verbs)), future=future) for (name, future), verbs in found.items()
        ]
        yield PolicyReach(
            holder=f"the service account {holder.name}",
            policies=(holder.name,),
            reaches=tuple(reaches[:MAX_REACHED]),
            more=max(0, len(reaches) - MAX_REACHED),
        )
