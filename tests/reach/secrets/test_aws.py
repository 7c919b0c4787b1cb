"""AWS: what only it has, against moto."""

import json
import secrets
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import ManagerPosture, SecretDescription
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._aws_posture import parsed
from prodproof.reach.secrets.aws import AwsStore
from tests.servers.aws import REGION, AwsServer


def store(server: AwsServer, roles: tuple[str, ...] = (), trail: str | None = None) -> AwsStore:
    return AwsStore(REGION, server.url, Secret("AKIAREADER:reading"), None, None, roles, trail)


def test_versions_stages_key_and_tags(aws_server: AwsServer) -> None:
    name, client = secrets.token_hex(4), aws_server.client("secretsmanager")
    client.create_secret(Name=name, SecretString="first", KmsKeyId="alias/shop", Tags=[{"Key": "a", "Value": "b"}])
    client.put_secret_value(SecretId=name, SecretString="second")
    with closing(store(aws_server)) as opened:
        found = opened.describe(f"aws-sm:{name}")
        value = opened.read(f"aws-sm:{name}")
    assert isinstance(value, Secret) and value.reveal() == "second"
    assert isinstance(found, SecretDescription) and found.found
    assert (found.key, found.tags) == ("alias/shop", (("a", "b"),))
    stages = {version.id: version.stages for version in found.versions}
    assert stages[found.version] == ("AWSCURRENT",) and ("AWSPREVIOUS",) in stages.values()
    assert found.created is not None and datetime.now(UTC) - found.created < timedelta(minutes=10)
    assert found.rotation is not None and not found.rotation.enabled


def test_one_field_of_a_document(aws_server: AwsServer) -> None:
    name = secrets.token_hex(4)
    document = json.dumps({"username": "shop", "password": "from-a-field", "port": 5432, "deep": {}})
    aws_server.client("secretsmanager").create_secret(Name=name, SecretString=document)
    with closing(store(aws_server)) as opened:
        value = opened.read(f"aws-sm:{name}#password")
        assert isinstance(value, Secret) and value.reveal() == "from-a-field"
        for field, reason in (("none", Reason.NOT_CONFIGURED), ("deep", Reason.INCOMPLETE)):
            answer = opened.read(f"aws-sm:{name}#{field}")
            assert isinstance(answer, Unseen) and answer.why is reason


def test_a_secret_that_is_about_to_be_deleted_is_not_there(aws_server: AwsServer) -> None:
    name, client = secrets.token_hex(4), aws_server.client("secretsmanager")
    client.create_secret(Name=name, SecretString="x" * 20)
    client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    with closing(store(aws_server)) as opened:
        found, value = opened.describe(f"aws-sm:{name}"), opened.read(f"aws-sm:{name}")
    assert isinstance(found, SecretDescription) and not found.found
    assert isinstance(value, Unseen) and value.why is Reason.NOT_CONFIGURED


def test_a_parameter_that_is_not_encrypted_is_said_so(aws_server: AwsServer) -> None:
    name = f"/{secrets.token_hex(4)}"
    aws_server.client("ssm").put_parameter(Name=name, Value="plain", Type="String")
    with closing(store(aws_server)) as opened:
        found = opened.describe(f"aws-ssm:{name}")
    assert isinstance(found, SecretDescription) and found.found
    assert found.key == "" and "not encrypted" in found.detail


def test_trail_and_policies(aws_server: AwsServer) -> None:
    name, role = secrets.token_hex(4), f"shop-{secrets.token_hex(4)}"
    aws_server.client("s3").create_bucket(
        Bucket=f"trail-{name}",
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=True,
    )
    trail = aws_server.client("cloudtrail")
    trail.create_trail(
        Name=f"t{name}", S3BucketName=f"trail-{name}", IsMultiRegionTrail=True, EnableLogFileValidation=True
    )
    trail.put_event_selectors(TrailName=f"t{name}", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    iam = aws_server.client("iam")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}", MaxSessionDuration=7200)
    statement = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
    iam.put_role_policy(
        RoleName=role, PolicyName="wide", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    with closing(store(aws_server, (role,), f"cloudtrail:t{name}")) as opened:
        found = opened.posture()
        assert isinstance(found, ManagerPosture)
        assert not isinstance(found.audit, Unseen)
        (device,) = found.audit
        assert (device.active, device.reads, device.validated, device.all_regions) == (False, False, True, True)
        assert device.locked is False
        assert not isinstance(found.policies, Unseen) and not isinstance(found.holders, Unseen)
        assert found.policies[0].rules[0].actions == ("secretsmanager:*",)
        assert (found.holders[0].policies, found.holders[0].lifetime) == ((f"{role}/wide",), 7200)
        trail.start_logging(Name=f"t{name}")
        trail.put_event_selectors(TrailName=f"t{name}", EventSelectors=[{"ReadWriteType": "All"}])
        retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
        lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
        aws_server.client("s3").put_object_lock_configuration(Bucket=f"trail-{name}", ObjectLockConfiguration=lock)
        later = opened.posture()
        assert isinstance(later, ManagerPosture) and not isinstance(later.audit, Unseen)
        assert (later.audit[0].active, later.audit[0].reads, later.audit[0].locked) == (True, True, True)


def test_a_role_that_does_not_exist(aws_server: AwsServer) -> None:
    with closing(store(aws_server, ("no-such-role",))) as opened:
        found = opened.posture()
    assert isinstance(found, ManagerPosture)
    assert isinstance(found.policies, Unseen) and found.policies.why is Reason.NOT_CONFIGURED


def test_no_credentials_are_not_configured(monkeypatch: pytest.MonkeyPatch, aws_server: AwsServer) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with closing(AwsStore(REGION, aws_server.url)) as opened:
        answer = opened.read("aws-sm:x")
    assert isinstance(answer, Unseen) and answer.why is Reason.NOT_CONFIGURED and "credentials" in answer.detail


def test_policy_documents() -> None:
    statements = [
        {"Effect": "Deny", "NotAction": ["s3:*"], "NotResource": "arn:x", "Condition": {"Bool": {"a": "true"}}},
        {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": ["*"], "Principal": "*"},
    ]
    found = parsed("p", json.dumps({"Statement": statements}))
    assert [(rule.allow, rule.actions, rule.not_actions, rule.not_resources) for rule in found.rules] == [
        (False, (), ("s3:*",), ("arn:x",)),
        (True, ("a:B", "a:C"), (), ()),
    ]
    assert json.loads(found.rules[1].conditions) == {"Principal": "*"}
    for text in ("", "{", "[]", '{"Statement": 5}', '{"Statement": [{"Effect": "Maybe"}]}', "%7B"):
        assert parsed("p", text).unread
