"""The range's object store, asked by AWS's own library: keys are held to their policies, and objects come back."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from prodproof.range.components.certificates import Authority
from prodproof.range.servers import program
from tests.servers.ports import free_port

BUCKET = "copies"
WRITER, READER = "AKIAWRITER", "AKIAREADER"


def _statement(actions: list[str], resource: str, effect: str = "Allow") -> dict[str, object]:
    return {"Effect": effect, "Action": actions, "Resource": f"arn:aws:s3:::{resource}"}


class Store:
    """One that runs."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        authority = Authority(folder / "ca")
        self.ca = authority.ca_file
        description = {
            "address": "127.0.0.1",
            "port": self.port,
            "certificate": str(authority.issue("127.0.0.1", texts=("127.0.0.1",))),
            "region": "eu-north-1",
            "folder": str(folder / "objects"),
            "buckets": {BUCKET: {"days": 30}},
            "users": [
                {
                    "name": "writer",
                    "key": WRITER,
                    "secret": "w" * 40,
                    "policy": {
                        "Statement": [
                            _statement(["s3:PutObject", "s3:GetObject"], f"{BUCKET}/*"),
                            _statement(["s3:DeleteObject"], f"{BUCKET}/locks/*"),
                            _statement(["s3:*"], f"{BUCKET}/closed/*", "Deny"),
                        ]
                    },
                },
                {
                    "name": "reader",
                    "key": READER,
                    "secret": "r" * 40,
                    "policy": {
                        "Statement": [
                            _statement(["s3:ListBucket", "s3:GetLifecycleConfiguration"], BUCKET),
                            _statement(["s3:GetObject"], f"{BUCKET}/*"),
                        ]
                    },
                },
            ],
        }
        file = folder / "store.json"
        file.write_text(json.dumps(description))
        self.process = subprocess.Popen(
            program("object_store", str(file)), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def client(self, key: str, secret: str) -> Any:
        """AWS's library with somebody's key."""
        settings = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, read_timeout=20)
        return boto3.session.Session(key, secret, region_name="eu-north-1").client(
            "s3", endpoint_url=f"https://127.0.0.1:{self.port}", verify=str(self.ca), config=settings
        )

    def ready(self) -> "Store":
        """The same, once it answers."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.client(READER, "r" * 40).list_objects_v2(Bucket=BUCKET)
            except EndpointConnectionError:
                time.sleep(0.05)
            else:
                return self
        raise RuntimeError("the object store does not answer")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(tmp_path_factory.mktemp("store"))
    try:
        yield made.ready()
    finally:
        made.process.kill()
        made.process.wait()


@pytest.fixture
def writer(store: Store) -> Any:
    return store.client(WRITER, "w" * 40)


@pytest.fixture
def reader(store: Store) -> Any:
    return store.client(READER, "r" * 40)


def _refused(call: Any, **words: object) -> str:
    with pytest.raises(ClientError) as failure:
        call(**words)
    return str(failure.value.response["Error"]["Code"])


def test_an_object_comes_back_and_is_listed(writer: Any, reader: Any) -> None:
    writer.put_object(Bucket=BUCKET, Key="a/b c+d.bin", Body=bytes(range(256)) * 100)
    assert reader.get_object(Bucket=BUCKET, Key="a/b c+d.bin")["Body"].read() == bytes(range(256)) * 100
    part = reader.get_object(Bucket=BUCKET, Key="a/b c+d.bin", Range="bytes=10-19")
    assert part["Body"].read() == bytes(range(10, 20))
    found = reader.list_objects_v2(Bucket=BUCKET, Prefix="a/")["Contents"]
    assert [(item["Key"], item["Size"]) for item in found] == [("a/b c+d.bin", 25600)]
    assert reader.head_object(Bucket=BUCKET, Key="a/b c+d.bin")["ContentLength"] == 25600
    folders = reader.list_objects_v2(Bucket=BUCKET, Delimiter="/").get("CommonPrefixes", [])
    assert {"Prefix": "a/"} in folders


def test_an_object_that_is_sent_in_parts(store: Store, writer: Any, reader: Any) -> None:
    begun = writer.create_multipart_upload(Bucket=BUCKET, Key="large")["UploadId"]
    parts = []
    for number, body in ((1, b"one"), (2, b"two")):
        sent = writer.upload_part(Bucket=BUCKET, Key="large", UploadId=begun, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    writer.complete_multipart_upload(Bucket=BUCKET, Key="large", UploadId=begun, MultipartUpload={"Parts": parts})
    assert reader.get_object(Bucket=BUCKET, Key="large")["Body"].read() == b"onetwo"


def test_a_part_of_nothing_and_a_part_without_a_number_are_refused(writer: Any) -> None:
    begun = writer.create_multipart_upload(Bucket=BUCKET, Key="large")["UploadId"]
    asked = {"Bucket": BUCKET, "Key": "large", "Body": b"x"}
    assert _refused(writer.upload_part, **asked, UploadId="0" * 32, PartNumber=1) == "NoSuchUpload"
    assert _refused(writer.upload_part, **asked, UploadId=begun, PartNumber=-1) == "InvalidArgument"


def test_who_may_add_may_not_take_away(writer: Any, reader: Any) -> None:
    writer.put_object(Bucket=BUCKET, Key="kept", Body=b"x")
    assert _refused(writer.delete_object, Bucket=BUCKET, Key="kept") == "AccessDenied"
    answer = writer.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "kept"}]})
    assert [item["Code"] for item in answer["Errors"]] == ["AccessDenied"]
    assert reader.get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"x"
    writer.put_object(Bucket=BUCKET, Key="locks/1", Body=b"x")
    writer.delete_object(Bucket=BUCKET, Key="locks/1")
    assert _refused(reader.get_object, Bucket=BUCKET, Key="locks/1") == "NoSuchKey"


def test_a_refusal_counts_more_than_a_permission(writer: Any) -> None:
    assert _refused(writer.put_object, Bucket=BUCKET, Key="closed/a", Body=b"x") == "AccessDenied"


def test_who_reads_adds_nothing(reader: Any) -> None:
    assert _refused(reader.put_object, Bucket=BUCKET, Key="new", Body=b"x") == "AccessDenied"
    days = reader.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]["Expiration"]["Days"]
    assert days == 30


def test_a_wrong_secret_and_an_unknown_key(store: Store) -> None:
    assert _refused(store.client(READER, "x" * 40).list_objects_v2, Bucket=BUCKET) == "SignatureDoesNotMatch"
    assert _refused(store.client("AKIANOBODY", "r" * 40).list_objects_v2, Bucket=BUCKET) == "InvalidAccessKeyId"


def test_another_bucket_is_not_there(reader: Any) -> None:
    assert _refused(reader.list_objects_v2, Bucket="other") == "NoSuchBucket"


def test_what_is_kept_outlives_the_server(tmp_path: Path) -> None:
    first = Store(tmp_path)
    try:
        first.ready().client(WRITER, "w" * 40).put_object(Bucket=BUCKET, Key="kept", Body=b"x")
    finally:
        first.process.kill()
        first.process.wait()
    again = Store(tmp_path)
    try:
        body = again.ready().client(READER, "r" * 40).get_object(Bucket=BUCKET, Key="kept")["Body"].read()
    finally:
        again.process.kill()
        again.process.wait()
    assert body == b"x"
