"""Sessions with AWS: whose credentials they use, where, and what they keep to themselves."""

import logging

import pytest

from prodproof.reach.aws_session import aws_session
from prodproof.reach.secret import Secret


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "its-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")


@pytest.mark.parametrize(
    ("given", "key", "secret", "token"),
    [
        ("AKIAEXAMPLE:half/of+it", "AKIAEXAMPLE", "half/of+it", None),
        ("AKIAEXAMPLE:half:a:token", "AKIAEXAMPLE", "half", "a:token"),
        (None, "of-the-environment", "its-secret", None),
    ],
)
def test_credentials(given: str | None, key: str, secret: str, token: str | None) -> None:
    used = aws_session(Secret(given) if given else None).get_credentials()
    assert (used.access_key, used.secret_key, used.token) == (key, secret, token)


@pytest.mark.parametrize(("region", "used"), [("ap-south-1", "ap-south-1"), (None, "eu-north-1")])
def test_region(region: str | None, used: str) -> None:
    assert aws_session(None, region).create_client("s3").meta.region_name == used


def test_answers_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "botocore")
    aws_session(None).create_client("s3")
    logging.getLogger("botocore.parsers").debug("an answer with a value in it")
    assert "an answer" not in caplog.text
