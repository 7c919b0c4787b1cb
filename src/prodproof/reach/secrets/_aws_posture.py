"""How AWS is set up around secrets: trail, keys, and the policies of the roles that read them."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import AtRest, AuditDevice, Holder, ManagerPosture, Policy, PolicyRule, Transport
from prodproof.reach.secrets._aws_session import Aws, code_of, why
from prodproof.reach.secrets.store import Limits
from prodproof.reach.secrets.transport import transport_of

MAX_PAGES = 100
MAX_POLICIES = 500


def posture_of(
    aws: Aws, roles: tuple[str, ...], trail: str | None, ca: str | None, limits: Limits
) -> ManagerPosture | Unseen:
    """What the account says; `Unseen` only when not even the caller's identity can be had."""
    try:
        identity = str(aws.client("sts").get_caller_identity()["Arn"])
        url = str(aws.client("secretsmanager").meta.endpoint_url)
    except Exception as error:
        return why(error, "the account")
    policies, holders = _of_roles(aws, roles)
    return ManagerPosture(
        kind="aws",
        transport=_transport(url, ca, limits),
        # The Secrets Manager keeps nothing in clear; which key, each secret's description says.
        at_rest=AtRest(kind="kms"),
        audit=_trails(aws, trail),
        policies=policies,
        holders=holders,
        identity=identity,
    )


def _transport(url: str, ca: str | None, limits: Limits) -> Transport | Unseen:
    return transport_of(url, Path(ca) if ca else None, limits.connect)


def _trails(aws: Aws, declared: str | None) -> tuple[AuditDevice, ...] | Unseen:
    try:
        client = aws.client("cloudtrail")
        found = []
        for item in client.describe_trails(includeShadowTrails=True)["trailList"]:
            name, bucket = str(item["Name"]), str(item.get("S3BucketName", ""))
            if declared in (None, f"cloudtrail:{name}") or (declared or "").startswith(f"s3://{bucket}"):
                arn = item.get("TrailARN", name)
                found.append(
                    AuditDevice(
                        name=name,
                        kind="cloudtrail",
                        target=bucket,
                        active=bool(client.get_trail_status(Name=arn)["IsLogging"]),
                        reads=_reads(client.get_event_selectors(TrailName=arn)),
                        validated=bool(item.get("LogFileValidationEnabled")),
                        all_regions=bool(item.get("IsMultiRegionTrail")),
                        locked=_locked(aws, bucket),
                    )
                )
    except Exception as error:
        return why(error, "the audit trail")
    return tuple(found)


def _reads(answer: dict[str, Any]) -> bool:
    """Whether management events that only read, GetSecretValue among them, are recorded.

    Source: CloudTrail user guide, "Logging management events".
    """
    for selector in answer.get("EventSelectors") or ():
        if selector.get("IncludeManagementEvents", True) and selector.get("ReadWriteType", "All") in (
            "All",
            "ReadOnly",
        ):
            return True
    for selector in answer.get("AdvancedEventSelectors") or ():
        fields = {item["Field"]: item for item in selector.get("FieldSelectors", ())}
        excluded = fields.get("eventSource", {}).get("NotEquals", ())
        read_only = fields.get("readOnly", {}).get("Equals", ["true"])
        management = "Management" in fields.get("eventCategory", {}).get("Equals", ())
        if management and "true" in read_only and "secretsmanager.amazonaws.com" not in excluded:
            return True
    return False


def _locked(aws: Aws, bucket: str) -> bool | None:
    """Whether objects of the bucket cannot be deleted by anybody; None where that may not be read."""
    try:
        answer = aws.client("s3").get_object_lock_configuration(Bucket=bucket)
    except Exception as error:
        return False if code_of(error) == "ObjectLockConfigurationNotFoundError" else None
    lock = answer.get("ObjectLockConfiguration", {})
    mode = lock.get("Rule", {}).get("DefaultRetention", {}).get("Mode")
    return bool(lock.get("ObjectLockEnabled") == "Enabled" and mode == "COMPLIANCE")


def _of_roles(aws: Aws, roles: tuple[str, ...]) -> tuple[tuple[Policy, ...] | Unseen, tuple[Holder, ...] | Unseen]:
    if not roles:
        none = Unseen(Reason.NOT_DECLARED, "no role is declared: see `policy` of [[secret_manager.service]]")
        return none, none
    policies: dict[str, Policy] = {}
    holders = []
    try:
        for role in roles:
            name = role.rpartition("/")[2]
            about = aws.client("iam").get_role(RoleName=name)["Role"]
            own = _inline(aws, name) + _attached(aws, name)
            if boundary := about.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"):
                own.append(_managed(aws, boundary, f"boundary:{boundary}"))
            policies |= {item.name: item for item in own}
            held = tuple(item.name for item in own)
            holders.append(Holder(name=role, policies=held, lifetime=about.get("MaxSessionDuration")))
        for item in _of_resources(aws):
            policies[item.name] = item
    except Exception as error:
        unseen = why(error, "the policies of the roles")
        return unseen, unseen
    return tuple(policies.values()), tuple(holders)


def _pages(aws: Aws, action: str, key: str, **given: object) -> list[Any]:
    found: list[Any] = []
    for number, page in enumerate(aws.client("iam").get_paginator(action).paginate(**given)):
        if number >= MAX_PAGES:
            raise ValueError("too many policies")
        found += page[key]
    return found


def _inline(aws: Aws, role: str) -> list[Policy]:
    names = _pages(aws, "list_role_policies", "PolicyNames", RoleName=role)
    client = aws.client("iam")
    return [
        parsed(f"{role}/{name}", client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        for name in names
    ]


def _attached(aws: Aws, role: str) -> list[Policy]:
    found = _pages(aws, "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    return [_managed(aws, item["PolicyArn"], item["PolicyArn"]) for item in found]


def _managed(aws: Aws, arn: str, name: str) -> Policy:
    client = aws.client("iam")
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return parsed(name, client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _of_resources(aws: Aws) -> list[Policy]:
    """The policies on secrets themselves, by which other accounts and roles may be let in."""
    client = aws.client("secretsmanager")
    found: list[Policy] = []
    looked_at = 0
    for page in client.get_paginator("list_secrets").paginate():
        for item in page["SecretList"]:
            looked_at += 1
            if looked_at > MAX_POLICIES:
                raise ValueError("too many secrets")
            text = client.get_resource_policy(SecretId=item["ARN"]).get("ResourcePolicy")
            if text:
                found.append(parsed(f"resource:{item['Name']}", text))
    return found


def parsed(name: str, document: object) -> Policy:
    """An IAM policy document, as JSON text (URL-encoded or not) or as botocore has decoded it."""
    try:
        if isinstance(document, str):
            document = json.loads(document if document.lstrip().startswith("{") else unquote(document))
        assert isinstance(document, dict)
        statements = document["Statement"]
        rules = tuple(_rule(item) for item in (statements if isinstance(statements, list) else [statements]))
    except (ValueError, KeyError, TypeError, AssertionError, AttributeError, RecursionError):
        return Policy(name=name, language="iam", unread="its document is not readable")
    return Policy(name=name, language="iam", rules=rules)


def _rule(statement: dict[str, Any]) -> PolicyRule:
    narrowed = {key: statement[key] for key in ("Condition", "Principal", "NotPrincipal") if key in statement}
    return PolicyRule(
        allow={"Allow": True, "Deny": False}[statement["Effect"]],
        actions=_texts(statement.get("Action", ())),
        resources=_texts(statement.get("Resource", ())),
        not_actions=_texts(statement.get("NotAction", ())),
        not_resources=_texts(statement.get("NotResource", ())),
        conditions=json.dumps(narrowed, sort_keys=True) if narrowed else "",
    )


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)
