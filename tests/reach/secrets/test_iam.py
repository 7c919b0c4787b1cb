"""IAM's published rules of evaluation, case by case.

Source: IAM user guide, "Policy evaluation logic", "Permissions boundaries", "Cross-account policy evaluation logic",
"IAM JSON policy elements".
"""

import json
from typing import Any

import pytest

from prodproof.facts.secrets import Policy
from prodproof.reach.secrets._aws_posture import parsed
from prodproof.reach.secrets.iam import Access, Policies, Request, covers, decide

USER = "arn:aws:iam::111122223333:user/report"
ROLE = "arn:aws:iam::111122223333:role/report"
SESSION = "arn:aws:sts::111122223333:assumed-role/report/nightly"
OBJECT = "arn:aws:s3:::shop/orders.csv"
GET = Request(principal=USER, action="s3:GetObject", resource=OBJECT)
ALLOWED, PERHAPS, DENIED = Access.ALLOWED, Access.PERHAPS, Access.DENIED


def policy(*statements: dict[str, Any]) -> tuple[Policy, ...]:
    whole = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | item for item in statements]
    found = parsed("p", json.dumps({"Version": "2012-10-17", "Statement": whole}))
    assert not found.unread
    return (found,)


READ, EVERYTHING = policy({}), policy({"Action": "*"})
NO_S3 = policy({"Effect": "Deny", "Action": "s3:*"})


def on_resource(principal: object, **more: object) -> tuple[Policy, ...]:
    return policy({"Principal": principal, **more})


def test_nothing_says_anything_is_an_implicit_deny() -> None:
    assert decide(GET, Policies()) is DENIED


def test_an_allow_overrides_the_default() -> None:
    assert decide(GET, Policies(identity=READ)) is ALLOWED


@pytest.mark.parametrize("where", ["identity", "boundary", "resource", "session", "organization"])
def test_an_explicit_deny_overrides_every_allow(where: str) -> None:
    denies: Any = on_resource("*", Effect="Deny") if where == "resource" else NO_S3
    applied = Policies(identity=(*EVERYTHING, *(denies if where == "identity" else ())))
    given: Any = (EVERYTHING + NO_S3,) if where == "organization" else EVERYTHING + denies
    applied = applied if where == "identity" else Policies(identity=EVERYTHING, **{where: given})
    assert decide(GET, applied) is DENIED


def test_a_boundary_grants_nothing_and_limits() -> None:
    assert decide(GET, Policies(boundary=EVERYTHING)) is DENIED
    assert decide(GET, Policies(identity=READ, boundary=policy({"Action": "ec2:*"}))) is DENIED
    assert decide(GET, Policies(identity=READ, boundary=policy({"Action": "s3:*"}))) is ALLOWED


def test_every_level_of_the_organization_must_allow() -> None:
    assert decide(GET, Policies(identity=READ, organization=(EVERYTHING, policy({"Action": "ec2:*"})))) is DENIED
    assert decide(GET, Policies(identity=READ, organization=(EVERYTHING, READ))) is ALLOWED
    assert decide(GET, Policies(organization=(EVERYTHING,))) is DENIED


def test_a_session_policy_limits() -> None:
    assert decide(GET, Policies(identity=READ, session=policy({"Action": "ec2:*"}))) is DENIED
    assert decide(GET, Policies(identity=READ, session=READ)) is ALLOWED


def test_a_resource_policy_in_the_same_account_suffices_for_a_user_in_spite_of_a_boundary() -> None:
    named = on_resource({"AWS": USER})
    assert decide(GET, Policies(resource=named)) is ALLOWED
    assert decide(GET, Policies(resource=named, boundary=policy({"Action": "ec2:*"}))) is ALLOWED
    assert decide(GET, Policies(resource=named, organization=(policy({"Action": "ec2:*"}),))) is DENIED


def test_one_that_names_a_role_is_limited_by_its_boundary_and_one_that_names_its_session_is_not() -> None:
    limits = policy({"Action": "ec2:*"})
    as_role = Request(principal=ROLE, session=SESSION, action=GET.action, resource=OBJECT)
    assert decide(as_role, Policies(resource=on_resource({"AWS": ROLE}))) is ALLOWED
    assert decide(as_role, Policies(resource=on_resource({"AWS": ROLE}), boundary=limits)) is DENIED
    assert decide(as_role, Policies(resource=on_resource({"AWS": SESSION}), boundary=limits)) is ALLOWED


def test_naming_the_account_leaves_it_to_identity_policies() -> None:
    account = on_resource({"AWS": "arn:aws:iam::111122223333:root"})
    assert decide(GET, Policies(resource=account)) is DENIED
    assert decide(GET, Policies(resource=account, identity=READ)) is ALLOWED


def test_a_policy_of_somebody_else_s_counts_for_nothing() -> None:
    assert decide(GET, Policies(resource=on_resource({"AWS": "arn:aws:iam::111122223333:user/other"}))) is DENIED
    assert decide(GET, Policies(resource=on_resource({"Service": "lambda.amazonaws.com"}))) is DENIED


def test_across_accounts_both_sides_must_allow() -> None:
    there = Request(principal=USER, action=GET.action, resource=OBJECT, account="444455556666")
    named = on_resource({"AWS": "111122223333"})
    assert decide(there, Policies(identity=READ)) is DENIED
    assert decide(there, Policies(resource=named)) is DENIED
    assert decide(there, Policies(identity=READ, resource=named)) is ALLOWED


def test_not_principal_denies_everybody_else() -> None:
    deny = on_resource({}, Effect="Deny")
    others = policy({"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/other"}})
    mine = policy({"Effect": "Deny", "NotPrincipal": {"AWS": USER}})
    assert decide(GET, Policies(identity=READ, resource=deny)) is ALLOWED
    assert decide(GET, Policies(identity=READ, resource=others)) is DENIED
    assert decide(GET, Policies(identity=READ, resource=mine)) is ALLOWED


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "s3:Get*"}, ALLOWED),
        ({"Action": "S3:getobject"}, ALLOWED),
        ({"Action": "s3:GetObjec?"}, ALLOWED),
        ({"Action": "s3:GetObjec"}, DENIED),
        ({"Action": ["ec2:*", "s3:GetObject"]}, ALLOWED),
        ({"Resource": "arn:aws:s3:::shop/*"}, ALLOWED),
        ({"Resource": "arn:aws:s3:::SHOP/*"}, DENIED),
        ({"Resource": "arn:aws:s3:::shop"}, DENIED),
        ({"Resource": "arn:aws:s3:::shop/orders.cs?"}, ALLOWED),
        ({"Resource": "arn:aws:s3:::${aws:username}/*"}, PERHAPS),
        ({"Resource": "arn:aws:s3:::shop/${*}"}, DENIED),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, PERHAPS),
    ],
)
def test_elements(statement: dict[str, Any], expected: Access) -> None:
    assert decide(GET, Policies(identity=policy(statement))) is expected


def test_not_action_and_not_resource() -> None:
    others = parsed("p", {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}})
    elsewhere = parsed("p", {"Statement": {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::shop/*"}})
    assert decide(GET, Policies(identity=(others,))) is ALLOWED
    assert decide(GET, Policies(identity=(elsewhere,))) is DENIED
    admin = Request(principal=USER, action="iam:CreateUser", resource="*")
    assert decide(admin, Policies(identity=(others,))) is DENIED
    assert decide(admin, Policies(identity=(elsewhere,))) is ALLOWED
    deny_rest = parsed("p", {"Statement": {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}})
    assert decide(GET, Policies(identity=(*EVERYTHING, deny_rest))) is ALLOWED
    assert decide(admin, Policies(identity=(*EVERYTHING, deny_rest))) is DENIED


def test_a_known_variable() -> None:
    own = policy({"Resource": "arn:aws:s3:::${aws:username}/*"})
    request = Request(principal=USER, action=GET.action, resource=OBJECT, variables={"aws:username": "shop"})
    assert decide(request, Policies(identity=own)) is ALLOWED
    other = Request(principal=USER, action=GET.action, resource=OBJECT, variables={"aws:username": "x"})
    assert decide(other, Policies(identity=own)) is DENIED


def test_a_condition_on_a_deny_leaves_a_doubt() -> None:
    condition = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    doubt = policy({"Effect": "Deny", "Action": "*", **condition})
    assert decide(GET, Policies(identity=READ + doubt)) is PERHAPS


def test_a_policy_that_cannot_be_read_leaves_a_doubt() -> None:
    unread = (parsed("p", "{"),)
    assert unread[0].unread
    assert decide(GET, Policies(identity=unread)) is PERHAPS
    assert decide(GET, Policies(identity=READ + unread)) is PERHAPS


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("s3:*", "s3:Get*", True),
        ("s3:Get*", "s3:*", False),
        ("s3:Get?", "s3:Get*", False),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::a/b?*", True),
        ("*", "*", True),
        ("a", "A", False),
    ],
)
def test_patterns_that_cover_others(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected
