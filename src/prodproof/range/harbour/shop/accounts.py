"""Where the shop differs from allauth's defaults."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from shop import fields


class AccountAdapter(DefaultAccountAdapter):
    """Links in mails lead to the configured origin, whatever host the request named."""

    def get_reset_password_from_key_url(self, key: str) -> str:
        return settings.ORIGIN + reverse("account_reset_password_from_key", args=key.split("-", 1))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: object) -> str:
        return settings.ORIGIN + reverse("account_confirm_email", args=[emailconfirmation.key])


class MFAAdapter(DefaultMFAAdapter):
    """Second factors are encrypted in the database, and staff cannot do without one."""

    def encrypt(self, text: str) -> str:
        return fields.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return fields.decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not authenticator.user.is_staff
