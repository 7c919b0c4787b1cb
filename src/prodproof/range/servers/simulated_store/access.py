"""Who asks, by the signature of the request, and what he may do, by his policy.

Sources: "Authenticating Requests (AWS Signature Version 4)"; "Policy evaluation logic".
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from urllib.parse import quote

from prodproof.range.servers.simulated_store.request import Asked, RefusedError, User

_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*SignedHeaders=")
_SIGNATURE = re.compile(r"SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})")


def signer(asked: Asked, users: Mapping[str, User]) -> User:
    """Whose key signed a request. Raises RefusedError when it is nobody's.

    Args:
        asked: the request.
        users: by the ids of their keys.
    """
    given = asked.headers.get("Authorization", "")
    found, signed = _CREDENTIAL.match(given), _SIGNATURE.search(given)
    if found is None or signed is None:
        raise RefusedError(403, "AccessDenied")
    user = users.get(found[1])
    if user is None:
        raise RefusedError(403, "InvalidAccessKeyId")
    query = (f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(asked.parameters))
    canonical = "\n".join(
        (
            asked.method,
            quote(asked.path, safe="/~"),
            "&".join(query),
            *(f"{name}:{' '.join((asked.headers.get(name) or '').split())}" for name in signed[1].split(";")),
            "",
            signed[1],
            asked.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        )
    )
    scope = f"{found[2]}/{found[3]}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{asked.headers.get('x-amz-date', '')}\n{scope}\n{digest}"
    key = f"AWS4{user['secret']}".encode()
    for part in (found[2], found[3], "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(key.hex(), signed[2]):
        raise RefusedError(403, "SignatureDoesNotMatch")
    return user


def allows(user: User, action: str, resource: str) -> bool:
    """What the policy of a user says: a refusal counts more than a permission."""
    found = set()
    for statement in user["policy"]["Statement"]:
        actions, resources = (_listed(statement[name]) for name in ("Action", "Resource"))
        if any(fnmatchcase(action, item) for item in actions) and any(
            fnmatchcase(resource, item) for item in resources
        ):
            found.add(statement["Effect"])
    return found == {"Allow"}


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
