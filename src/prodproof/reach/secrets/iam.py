"""Whether AWS would allow a request, decided from policies as IAM decides.

Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements". Conditions are not evaluated: what
they decide is neither allowed nor denied here, but `PERHAPS`, and so is what a policy decides that could not be read.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from prodproof.facts.secrets import Policy, PolicyRule

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL = {"*": "*", "?": "?", "$": "$"}
"""What `${*}`, `${?}` and `${$}` stand for."""


class Access(IntEnum):
    """The answer; the greater, the more is allowed."""

    DENIED = 0
    PERHAPS = 1
    """A condition decides, or a policy that could not be read."""

    ALLOWED = 2


@dataclass(frozen=True, kw_only=True)
class Request:
    """What somebody would do."""

    principal: str
    """ARN of the user or role."""

    action: str
    """`s3:GetObject`."""

    resource: str
    """ARN; `*` for actions that are not about one."""

    account: str = ""
    """That the resource belongs to; the principal's own if empty."""

    session: str = ""
    """ARN of the role's session, where it is one."""

    variables: Mapping[str, str] | None = None
    """Values of policy variables: `aws:username`."""


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Everything that applies to a principal."""

    identity: tuple[Policy, ...] = ()
    """Its own, attached ones, and those of its groups."""

    boundary: tuple[Policy, ...] | None = None
    """Its permissions boundary; None: it has none."""

    resource: tuple[Policy, ...] = ()
    """Those on the resource itself."""

    organization: tuple[tuple[Policy, ...], ...] = ()
    """Service control policies, level by level from the root to the account; none where none are known."""

    session: tuple[Policy, ...] | None = None
    """Those that a session was begun with; None: it has none."""


def decide(request: Request, policies: Policies) -> Access:
    """The answer to one request.

    1. An explicit deny anywhere ends it.
    2. Every level of service control policies must allow it.
    3. In the resource's own account, a resource policy that names the user, or the role's session, allows it by itself;
       one that names the role allows it as far as boundary and session policies do.
    4. Else an identity policy must allow it, and boundary and session policies must, too.
    5. Across accounts the resource policy must allow it as well.
    """
    groups = [
        policies.identity,
        policies.boundary or (),
        policies.session or (),
        *policies.organization,
    ]
    denies = max((_says(group, request, False) for group in groups), default=Access.DENIED)
    denies = max(denies, _of_resource(policies.resource, request, False, _names(request)))
    if denies is Access.ALLOWED:
        return Access.DENIED
    organization = min((_says(level, request, True) for level in policies.organization), default=Access.ALLOWED)
    boundary = Access.ALLOWED if policies.boundary is None else _says(policies.boundary, request, True)
    session = Access.ALLOWED if policies.session is None else _says(policies.session, request, True)
    identity = min(_says(policies.identity, request, True), boundary, session)
    if _account(request.principal) == (request.account or _account(request.principal)):
        # Naming the account alone leaves it to identity policies.
        direct = {request.session} if request.session else {request.principal}
        itself = _of_resource(policies.resource, request, True, direct - {""})
        by_role = Access.DENIED
        if ":role/" in request.principal:
            itself = _of_resource(policies.resource, request, True, {request.session} - {""})
            by_role = min(_of_resource(policies.resource, request, True, {request.principal}), boundary, session)
        allows = max(identity, itself, by_role)
    else:
        allows = min(identity, _of_resource(policies.resource, request, True, _names(request)))
    allows = min(allows, organization)
    return min(allows, Access.PERHAPS) if denies is Access.PERHAPS else allows


def covers(pattern: str, other: str, *, action: bool = False) -> bool:
    """Whether everything that a pattern means is meant by another, too: `s3:*` covers `s3:Get*`.

    Args:
        pattern: the wider one.
        other: what must lie within it; its wildcards count as such.
        action: capitals do not matter in actions.
    """
    return _compiled(pattern, action, True).fullmatch(other) is not None


def _says(policies: Iterable[Policy], request: Request, allow: bool) -> Access:
    """Whether any of these has a statement of this effect for the request (`ALLOWED`: yes)."""
    found = Access.DENIED
    for policy in policies:
        if policy.unread:
            found = max(found, Access.PERHAPS)
        for rule in policy.rules:
            if rule.allow is allow:
                found = max(found, _fits(rule, request, _narrowing(rule)))
    return found


def _of_resource(policies: Iterable[Policy], request: Request, allow: bool, names: "set[str]") -> Access:
    """The same for policies of resources, counting only statements about one of some principals."""
    found = Access.DENIED
    for policy in policies:
        if policy.unread:
            found = max(found, Access.PERHAPS)
        for rule in policy.rules:
            narrowing = _narrowing(rule)
            if rule.allow is allow and names and _is_about(narrowing, names):
                found = max(found, _fits(rule, request, narrowing))
    return found


def _is_about(narrowing: Mapping[str, Any], names: "set[str]") -> bool:
    if "NotPrincipal" in narrowing:
        return not (set(_principals(narrowing["NotPrincipal"])) & names)
    meant = set(_principals(narrowing.get("Principal", {})))
    return "*" in meant or bool(meant & names)


def _principals(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, dict):
        return [name for kind, item in value.items() if kind in ("AWS", "Federated") for name in _principals(item)]
    return []


def _names(request: Request) -> "set[str]":
    """Everything by which a policy may mean the principal, its account included."""
    account = _account(request.principal)
    whole = {request.principal, request.session, account, f"arn:aws:iam::{account}:root"}
    return whole - {""}


def _fits(rule: PolicyRule, request: Request, narrowing: Mapping[str, Any]) -> Access:
    actions = _any(rule.actions, request.action, True, request)
    if rule.not_actions:
        actions = _not(_any(rule.not_actions, request.action, True, request))
    resources = _any(rule.resources, request.resource, False, request)
    if rule.not_resources:
        resources = _not(_any(rule.not_resources, request.resource, False, request))
    elif not rule.resources:
        # Policies of resources may leave it out: they are about the resource that they lie on.
        resources = Access.ALLOWED
    found = min(actions, resources)
    return min(found, Access.PERHAPS) if narrowing.get("Condition") else found


def _any(patterns: Iterable[str], text: str, action: bool, request: Request) -> Access:
    found = Access.DENIED
    for pattern in patterns:
        whole, known = _filled(pattern, request.variables or {})
        if _compiled(whole, action, False).fullmatch(text):
            found = max(found, Access.ALLOWED if known else Access.PERHAPS)
    return found


def _not(access: Access) -> Access:
    return Access(Access.ALLOWED - access)


def _filled(pattern: str, variables: Mapping[str, str]) -> tuple[str, bool]:
    """A pattern with its variables filled, and whether all of them were known; unknown ones may be anything."""
    known = True

    def value(found: "re.Match[str]") -> str:
        nonlocal known
        name, _, _default = found[1].partition(",")
        name = name.strip()
        if name in _LITERAL:
            return f"\0{_LITERAL[name]}"
        if name in variables:
            return variables[name]
        known = False
        return "*"

    return _VARIABLE.sub(value, pattern), known


@lru_cache(maxsize=4096)
def _compiled(pattern: str, action: bool, wild: bool) -> "re.Pattern[str]":
    """A pattern of IAM. With `wild`, it is matched against patterns: `?` of it does not cover their `*`."""
    parts, literal = [], False
    for letter in pattern:
        if letter == "\0":
            literal = True
            continue
        if letter == "*" and not literal:
            parts.append(".*")
        elif letter == "?" and not literal:
            parts.append("[^*]" if wild else ".")
        else:
            parts.append(re.escape(letter))
        literal = False
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if action else 0))


def _narrowing(rule: PolicyRule) -> Mapping[str, Any]:
    if not rule.conditions:
        return {}
    found = json.loads(rule.conditions)
    return found if isinstance(found, dict) else {}


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
