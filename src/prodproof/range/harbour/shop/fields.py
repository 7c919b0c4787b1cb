"""Columns that are encrypted in the database."""

from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@cache
def cipher() -> MultiFernet:
    """The keys of HARBOUR_FIELD_KEYS: the first encrypts, all decrypt. Raises ValueError for a malformed key."""
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(text: str) -> str:
    return cipher().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Raises cryptography.fernet.InvalidToken for what none of our keys encrypted."""
    return cipher().decrypt(text.encode()).decode()


class EncryptedTextField(models.TextField):
    """A text that the database, its backups and its logs never see in clear; it can be neither searched nor sorted."""

    def get_prep_value(self, value: str | None) -> str | None:
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value) if value else value
