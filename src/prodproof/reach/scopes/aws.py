"""What an access key of AWS may do: its policies, evaluated by IAM's rules, and one act that must fail.

Source: IAM user guide, "Policy evaluation logic". Permissions boundaries and groups count; service control policies and
policies of resources are not read here: the first can only take away, what the second add is not seen.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Power
from prodproof.facts.secret_scope import Holding, SecretScope, Trial
from prodproof.facts.secrets import Policy, PolicyRule
from prodproof.reach.scopes.purpose import MAX_HOLDINGS
from prodproof.reach.secret import Secret
from prodproof.reach.secrets import iam
from prodproof.reach.secrets._aws_posture import parsed
from prodproof.reach.secrets._aws_session import Aws, why

SAMPLES = {
    "s3": ("GetObject", "PutObject", "DeleteObject", "ListBucket", "PutBucketPolicy", "DeleteBucket"),
    "secretsmanager": ("GetSecretValue", "PutSecretValue", "DeleteSecret", "ListSecrets"),
    "ssm": ("GetParameter", "PutParameter", "DeleteParameter", "SendCommand"),
    "kms": ("Decrypt", "Encrypt", "ScheduleKeyDeletion", "PutKeyPolicy"),
    "iam": ("CreateUser", "CreateAccessKey", "AttachUserPolicy", "PassRole", "ListUsers", "GetUser"),
    "sts": ("AssumeRole",),
    "dynamodb": ("GetItem", "PutItem", "DeleteItem", "DeleteTable", "Scan"),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteQueue"),
    "sns": ("Publish", "DeleteTopic"),
    "rds": ("DescribeDBInstances", "DeleteDBInstance", "ModifyDBInstance"),
    "ec2": ("DescribeInstances", "RunInstances", "TerminateInstances", "AuthorizeSecurityGroupIngress"),
    "lambda": ("InvokeFunction", "UpdateFunctionCode"),
    "ses": ("SendEmail",),
    "logs": ("PutLogEvents", "DeleteLogGroup"),
    "cloudtrail": ("StopLogging", "DeleteTrail"),
}
"""For actions with wildcards: some that they may stand for."""

_TRIES: tuple[tuple[str, str, str, dict[str, int]], ...] = (
    ("iam:ListUsers", "iam", "list_users", {"MaxItems": 1}),
    ("secretsmanager:ListSecrets", "secretsmanager", "list_secrets", {"MaxResults": 1}),
    ("s3:ListAllMyBuckets", "s3", "list_buckets", {}),
    ("ec2:DescribeInstances", "ec2", "describe_instances", {"MaxResults": 5}),
)
"""Acts that only look."""


def scope_of(value: Secret, reader: Aws, may: Sequence[Power], url: str | None = None) -> SecretScope | Unseen:
    """Ask AWS whose key it is, read that user's or role's policies, and try one look outside the purpose.

    Args:
        value: `KEY_ID:SECRET` or `KEY_ID:SECRET:SESSION_TOKEN`.
        reader: clients with prodproof's own login, which may read IAM.
        may: the declared purpose: `s3:GetObject arn:aws:s3:::shop/*`.
        url: of the endpoint, only where it is not the public one.
    """
    if not 1 <= value.reveal().count(":") <= 2:
        return Unseen(Reason.INCOMPLETE, "its value has not the form KEY_ID:SECRET")
    own = Aws(reader.region, url, value)
    try:
        try:
            arn = str(own.client("sts").get_caller_identity()["Arn"])
            principal, policies = _policies(reader, arn)
        except Exception as error:
            return why(error, "whose key it is, and its policies")
        holdings, within = _beyond(principal, policies, may)
        return SecretScope(
            service="aws",
            identity=arn,
            holdings=tuple(holdings[:MAX_HOLDINGS]),
            within=within,
            more=max(0, len(holdings) - MAX_HOLDINGS),
            powers=("root",) if arn.endswith(":root") else (),
            trial=_tried(own, principal, policies, may),
            gaps=tuple(
                Unseen(Reason.INCOMPLETE, f"the policy {item.name}: {item.unread}")
                for item in (*policies.identity, *(policies.boundary or ()))
                if item.unread
            ),
        )
    finally:
        own.close()


def _policies(reader: Aws, arn: str) -> tuple[str, iam.Policies]:
    """The user or role behind an identity, and what applies to it. Raises what AWS raises."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    if kind == "assumed-role":
        kind, name = "role", name.partition("/")[0]
        about = reader.client("iam").get_role(RoleName=name)["Role"]
    elif kind == "user":
        name = name.rpartition("/")[2]
        about = reader.client("iam").get_user(UserName=name)["User"]
    else:
        return arn, iam.Policies()
    found = _own(reader, kind, name)
    if kind == "user":
        for group in _pages(reader, "list_groups_for_user", "Groups", UserName=name):
            found += _own(reader, "group", str(group["GroupName"]))
    boundary = about.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    limits = (_managed(reader, str(boundary)),) if boundary else None
    return str(about["Arn"]), iam.Policies(identity=tuple(found), boundary=limits)


def _own(reader: Aws, kind: str, name: str) -> list[Policy]:
    client, key = reader.client("iam"), f"{kind.capitalize()}Name"
    found = []
    for inline in _pages(reader, f"list_{kind}_policies", "PolicyNames", **{key: name}):
        document = getattr(client, f"get_{kind}_policy")(**{key: name, "PolicyName": inline})["PolicyDocument"]
        found.append(parsed(f"{name}/{inline}", document))
    attached = _pages(reader, f"list_attached_{kind}_policies", "AttachedPolicies", **{key: name})
    return [*found, *(_managed(reader, str(item["PolicyArn"])) for item in attached)]


def _managed(reader: Aws, arn: str) -> Policy:
    client = reader.client("iam")
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return parsed(arn, client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _pages(reader: Aws, action: str, key: str, **given: object) -> list[Any]:
    found: list[Any] = []
    for page in reader.client("iam").get_paginator(action).paginate(**given, PaginationConfig={"MaxItems": 1000}):
        found += page[key]
    return found


def _beyond(principal: str, policies: iam.Policies, may: Sequence[Power]) -> tuple[list[Holding], int]:
    """What some statement allows, some request shows to be allowed, and nobody declared."""
    found: dict[str, dict[str, iam.Access]] = {}
    within = 0
    for policy in policies.identity:
        for rule in policy.rules:
            for action, resource in _granted(rule) if rule.allow else ():
                if _declared(action, resource, may):
                    within += 1
                    continue
                answers = [
                    iam.decide(iam.Request(principal=principal, action=one, resource=other), policies)
                    for one, other in _samples(action, resource)
                    if not _declared(one, other, may)
                ]
                best = max(answers, default=iam.Access.DENIED)
                if best is not iam.Access.DENIED:
                    held = found.setdefault(resource, {})
                    held[action] = max(held.get(action, best), best)
    holdings = [
        Holding(
            kind="resource",
            name=resource,
            actions=tuple(sorted(held)),
            conditional=iam.Access.ALLOWED not in held.values(),
        )
        for resource, held in found.items()
    ]
    return holdings, within


def _granted(rule: PolicyRule) -> Iterator[tuple[str, str]]:
    """Patterns of actions and resources; what NotAction and NotResource leave over is taken for everything."""
    for action in rule.actions or ("*",):
        for resource in rule.resources or ("*",):
            yield action, resource


def _declared(action: str, resource: str, may: Sequence[Power]) -> bool:
    return any(
        any(iam.covers(item, action, action=True) for item in power.actions)
        and any(iam.covers(item, resource) for item in power.resources)
        for power in may
    )


def _samples(action: str, resource: str) -> Iterator[tuple[str, str]]:
    """Requests that a pattern means."""
    whole = resource.replace("*", "prodproof").replace("?", "p") if resource != "*" else "arn:aws:prodproof:::prodproof"
    if "*" not in action and "?" not in action:
        yield action, whole
        return
    known = [f"{service}:{name}" for service, names in SAMPLES.items() for name in names]
    meant = [name for name in known if iam.covers(action, name, action=True)]
    for name in meant or [action.replace("*", "Prodproof").replace("?", "P")]:
        yield name, whole


def _tried(own: Aws, principal: str, policies: iam.Policies, may: Sequence[Power]) -> Trial | Unseen:
    for action, service, call, given in _TRIES:
        request = iam.Request(principal=principal, action=action, resource="*")
        if _declared(action, "*", may) or iam.decide(request, policies) is not iam.Access.DENIED:
            continue
        try:
            getattr(own.client(service), call)(**given)
        except Exception as error:
            unseen = why(error, action)
            return Trial(act=action, refused=True) if unseen.why is Reason.DENIED else unseen
        return Trial(act=action, refused=False)
    return Unseen(Reason.NOT_DECLARED, "everything that could be tried is allowed or declared")
