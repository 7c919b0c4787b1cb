"""Tokens of the API. A token has 256 random bits, so its plain hash tells nothing; it is shown once, and runs out."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from shop.models import ApiToken, User

LIFETIME = timedelta(days=90)
MAX_PER_OWNER = 10


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue(owner: User, name: str, scope: str) -> tuple[ApiToken, str]:
    """A new token, and its text, which nobody can read again."""
    text = f"harbour_{secrets.token_urlsafe(32)}"
    expires_at = timezone.now() + LIFETIME
    return ApiToken.objects.create(
        owner=owner, name=name, scope=scope, token_hash=_hash(text), expires_at=expires_at
    ), text


def find(text: str) -> ApiToken | None:
    """The token with this text, if it is valid now and its owner may still log in."""
    valid = ApiToken.objects.select_related("owner").filter(expires_at__gt=timezone.now(), owner__is_active=True)
    return valid.filter(token_hash=_hash(text)).first()
