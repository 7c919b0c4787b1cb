"""What Django and allauth tell about accounts, for the audit log."""

import time
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.apps import apps
from django.conf import settings
from django.contrib.auth import signals as auth
from django.db.models.signals import post_save
from django.dispatch import receiver

from shop.audit import audit

_ACTS = {1: "admin.added", 2: "admin.changed", 3: "admin.deleted"}


@receiver(auth.user_logged_in)
def logged_in(request: Any, user: Any, **rest: object) -> None:
    """The end of a staff session is fixed here, however busy it is; see shop.middleware.StaffSecondFactor."""
    if user.is_staff:
        request.session["staff_until"] = time.time() + settings.STAFF_SESSION_AGE
    audit(user, "account.login")


@receiver(auth.user_logged_out)
def logged_out(user: Any, **rest: object) -> None:
    audit(user, "account.logout")


@receiver(auth.user_login_failed)
def login_failed(**rest: object) -> None:
    audit("anonymous", "account.login", outcome="refused")


@receiver(mfa.authentication_failed)
def second_factor_failed(user: Any, **rest: object) -> None:
    audit(user, "account.second-factor", outcome="refused")


@receiver(mfa.authenticator_added)
def second_factor_added(user: Any, **rest: object) -> None:
    audit(user, "account.second-factor-added")


@receiver(mfa.authenticator_removed)
def second_factor_removed(user: Any, **rest: object) -> None:
    audit(user, "account.second-factor-removed")


@receiver(account.user_signed_up)
def signed_up(user: Any, **rest: object) -> None:
    audit(user, "account.created")


@receiver([account.password_changed, account.password_reset])
def password_changed(user: Any, **rest: object) -> None:
    audit(user, "account.password-changed")


def administered(instance: Any, **rest: object) -> None:
    """Every change that is made in the admin; what changed in detail stays in the admin's own log."""
    kind = instance.content_type.model if instance.content_type else "unknown"
    audit(instance.user, _ACTS[instance.action_flag], f"{kind}:{instance.object_id}")


if apps.is_installed("django.contrib.admin"):  # the internal service has none
    post_save.connect(administered, sender="admin.LogEntry")
