"""Sessions with AWS, or with what speaks its language, for stores of backups."""

import os
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from prodproof.facts import Reason, Unseen
from prodproof.reach.aws_session import aws_session
from prodproof.reach.secret import Secret

Failure = (BotoCoreError, ClientError)
CANARY = "prodproof-canary"
"""Last part of the key of an object that is put beside backups to see who may delete there; it is no backup."""

_DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "403",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "AuthFailure",
)
_GONE = ("NoSuchBucket", "404", "DBInstanceNotFound", "DBInstanceNotFoundFault", "NoSuchKey")


def client(
    service: str, credentials: Secret | None, region: str | None, url: str | None, ca: Path | None = None
) -> Any:
    """A client of one service; raises BotoCoreError where it cannot be made.

    Args:
        credentials: `KEY_ID:SECRET` or `KEY_ID:SECRET:SESSION`; the usual sources if None.
        url: only where it is not AWS's own.
        ca: file of the authority that signed for it, where it is a private one.
    """
    from botocore.config import Config

    settings = Config(
        connect_timeout=5, read_timeout=30, retries={"max_attempts": 2}, s3={"addressing_style": "path"} if url else {}
    )
    return aws_session(credentials, region or "us-east-1").create_client(
        service, endpoint_url=url, verify=os.fspath(ca) if ca else None, config=settings
    )


def unseen(error: Exception, what: str) -> Unseen:
    """What a failure means; nothing of what AWS wrote is repeated but its code."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _DENIED:
            return Unseen(Reason.DENIED, f"{what}: the credentials are refused ({code})")
        if code in _GONE:
            return Unseen(Reason.UNREACHABLE, f"{what} is not there ({code})")
        return Unseen(Reason.INCOMPLETE, f"{what}: {code[:80]}")
    name = type(error).__name__
    if name in ("NoCredentialsError", "PartialCredentialsError"):
        return Unseen(Reason.NOT_CONFIGURED, f"{what}: no credentials were found")
    if "Timeout" in name:
        return Unseen(Reason.TIMED_OUT, f"{what} did not answer in time")
    return Unseen(Reason.UNREACHABLE, f"{what} cannot be reached ({name})")
