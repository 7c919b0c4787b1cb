"""Buckets of moto's S3, which runs in this process on a loopback port."""

import gzip
import io
import secrets
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.trace.sources import s3
from prodproof.trace.sources.s3 import S3Source
from tests.trace.sources.reading import read


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A small S3."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the SDK finds in its environment; the secret key."""
    secret = secrets.token_urlsafe(30)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{secrets.token_hex(8).upper()}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    return secret


@pytest.fixture
def store(endpoint: str, credentials: str) -> Any:
    """A client of its administrator."""
    import boto3

    client = boto3.session.Session().client("s3", endpoint_url=endpoint)
    yield client
    client.close()


@pytest.fixture
def bucket(store: Any) -> str:
    """An empty bucket."""
    name = f"b-{secrets.token_hex(6)}"
    store.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return name


@pytest.fixture
def value() -> bytes:
    """A secret."""
    return secrets.token_urlsafe(24).encode()


def source_of(bucket: str, endpoint: str, prefix: str = "") -> S3Source:
    return S3Source(f"s3://{bucket}/{prefix}", bucket, prefix, endpoint=endpoint)


def test_objects_under_a_prefix_are_read(store: Any, bucket: str, endpoint: str, value: bytes) -> None:
    store.put_object(Bucket=bucket, Key="logs/a.log", Body=b"x" * 3_000_000 + value)
    store.put_object(Bucket=bucket, Key="logs/deep/b.log", Body=value)
    store.put_object(Bucket=bucket, Key="other/c.log", Body=value)
    found = read(source_of(bucket, endpoint, "logs/"))
    assert found.where(value) == {"logs/a.log", "logs/deep/b.log"}
    assert len(found.items["logs/a.log"]) == 3_000_000 + len(value)
    assert not found.gaps


def test_archives_are_opened_and_metadata_is_read(store: Any, bucket: str, endpoint: str, value: bytes) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("etc/.env")
        member.size = len(value)
        archive.addfile(member, io.BytesIO(value))
    store.put_object(Bucket=bucket, Key="a.tgz", Body=packed.getvalue(), Metadata={"note": f"{value.decode()}-meta"})
    store.put_object(Bucket=bucket, Key="b.log.gz", Body=gzip.compress(value + b"-log"))
    found = read(source_of(bucket, endpoint))
    assert {"a.tgz!etc/.env"} <= found.where(value)
    assert found.where(value + b"-log") == {"b.log.gz"}
    assert found.where(value + b"-meta") == {"a.tgz!metadata"}


def test_earlier_and_deleted_versions_are_read(store: Any, bucket: str, endpoint: str, value: bytes) -> None:
    store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = store.put_object(Bucket=bucket, Key="k", Body=value + b"-first")["VersionId"]
    store.put_object(Bucket=bucket, Key="k", Body=b"clean")
    deleted = store.put_object(Bucket=bucket, Key="gone", Body=value + b"-deleted")["VersionId"]
    store.delete_object(Bucket=bucket, Key="gone")
    found = read(source_of(bucket, endpoint))
    assert found.where(value + b"-first") == {f"k@{first}"}
    assert found.where(value + b"-deleted") == {f"gone@{deleted}"}
    assert found.items["k"] == b"clean"
    assert not found.gaps


def test_many_objects_come_in_several_parts(
    store: Any, bucket: str, endpoint: str, value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "SHARE_OBJECTS", 7)
    for number in range(30):
        store.put_object(Bucket=bucket, Key=f"{number}", Body=value + b"-%d." % number)
    source = source_of(bucket, endpoint)
    assert len(list(source.parts(2))) == 5
    found = read(source, 2)
    assert all(found.where(value + b"-%d." % number) == {str(number)} for number in range(30))


def test_an_archived_object_is_a_gap(store: Any, bucket: str, endpoint: str) -> None:
    store.put_object(Bucket=bucket, Key="cold", Body=b"x", StorageClass="GLACIER")
    store.put_object(Bucket=bucket, Key="warm", Body=b"y")
    found = read(source_of(bucket, endpoint))
    assert found.reasons("cold") == {Reason.INCOMPLETE}
    assert found.items["warm"] == b"y"


def test_an_object_that_is_larger_than_the_bound_is_read_so_far_and_is_a_gap(
    store: Any, bucket: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "MAX_OBJECT", 1000)
    store.put_object(Bucket=bucket, Key="large", Body=b"x" * 1001)
    store.put_object(Bucket=bucket, Key="whole", Body=b"x" * 999)
    found = read(source_of(bucket, endpoint))
    assert len(found.items["large"]) == 1000
    assert found.reasons("large") == {Reason.INCOMPLETE}
    assert not found.reasons("whole")


def refuse(source: S3Source, *operations: str, code: str = "AccessDenied") -> None:
    """Have the client's operations refused, as a policy would."""
    from botocore.exceptions import ClientError

    client = source.client()
    assert not isinstance(client, Unseen)

    def handler(model: Any, **_: object) -> None:
        if model.name in operations:
            raise ClientError({"Error": {"Code": code, "Message": "secret words"}}, model.name)

    client.meta.events.register("before-call", handler)  # type: ignore[attr-defined]  # of boto3's real client


def test_versions_that_may_not_be_listed_are_a_gap_and_the_rest_is_read(
    store: Any, bucket: str, endpoint: str, value: bytes
) -> None:
    store.put_object(Bucket=bucket, Key="k", Body=value)
    source = source_of(bucket, endpoint)
    refuse(source, "ListObjectVersions")
    found = read(source)
    assert found.where(value) == {"k"}
    assert found.reasons("") == {Reason.DENIED}
    assert "secret words" not in str(found.gaps)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDenied", Reason.DENIED),
        ("InvalidRequest", Reason.DENIED),
        ("KMS.DisabledException", Reason.DENIED),
        ("InvalidObjectState", Reason.INCOMPLETE),
        ("InternalError", Reason.INCOMPLETE),
    ],
)
def test_an_object_that_may_not_be_read_is_a_gap(
    store: Any, bucket: str, endpoint: str, code: str, reason: Reason
) -> None:
    store.put_object(Bucket=bucket, Key="k", Body=b"x")
    source = source_of(bucket, endpoint)
    refuse(source, "GetObject", code=code)
    assert read(source).reasons("k") == {reason}
    control = source.control()
    assert control is not None
    assert control.why is reason


def test_an_object_that_is_deleted_meanwhile_is_no_gap(store: Any, bucket: str, endpoint: str) -> None:
    store.put_object(Bucket=bucket, Key="k", Body=b"x")
    source = source_of(bucket, endpoint)
    parts = list(source.parts(1))
    store.delete_object(Bucket=bucket, Key="k")
    source.parts = lambda count: iter(parts)  # type: ignore[method-assign]  # the parts that were made before
    found = read(source)
    assert not found.gaps
    assert not found.items


def test_what_cannot_be_reached_or_listed_is_a_gap_without_the_key(
    store: Any, bucket: str, endpoint: str, credentials: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(source_of("none-" + bucket, endpoint)).reasons("") == {Reason.NOT_CONFIGURED}
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    away = source_of(bucket, "http://127.0.0.1:1")
    found = read(away)
    assert found.reasons("") == {Reason.UNREACHABLE}
    control = away.control()
    assert control is not None
    assert control.why is Reason.UNREACHABLE
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert read(source_of(bucket, endpoint)).reasons("") == {Reason.NOT_CONFIGURED}
    assert credentials not in f"{found.gaps} {away!r}"


def test_the_positive_control_is_an_object_that_can_be_read(store: Any, bucket: str, endpoint: str) -> None:
    empty = source_of(bucket, endpoint).control()
    assert empty is not None
    assert empty.why is Reason.INCOMPLETE
    store.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert source_of(bucket, endpoint).control() is None


def test_the_place_is_taken_apart() -> None:
    source = S3Source.of("s3://bucket/a/b?c#d")
    assert (source.place, source.bucket, source._prefix) == ("s3://bucket/a/b?c#d", "bucket", "a/b?c#d")
