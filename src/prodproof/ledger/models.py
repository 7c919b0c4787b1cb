"""The ledger's tables. `docs/ledger.md` is the specification of what they hold.

Append and verification go through the connection's cursor; these models own the schema.
"""

from __future__ import annotations

from django.db import models


class System(models.Model):
    """One chain. Several systems may share a database; each has its own."""

    name: models.CharField[str, str] = models.CharField(max_length=200, unique=True)
    sequence: models.BigIntegerField[int, int] = models.BigIntegerField(default=0)
    """Number of the last entry; 0 when there is none."""

    head: models.BinaryField[bytes, bytes] = models.BinaryField(max_length=32)
    """Hash of the last entry. Writers lock this row (PostgreSQL) or the database (SQLite) before they read it."""


class Topic(models.Model):
    """What entries are about, so that the newest of each can be found at once.

    It repeats the beginning of each entry's body; verification compares the two.
    """

    system: models.ForeignKey[System, System] = models.ForeignKey(System, models.PROTECT, db_index=False)
    kind: models.CharField[str, str] = models.CharField(max_length=20)
    environment: models.CharField[str, str] = models.CharField(max_length=200)
    name: models.CharField[str, str] = models.CharField(max_length=500)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("system", "kind", "environment", "name"), name="ledger_topic_once"),
        )


class Entry(models.Model):
    """One link of the chain."""

    system: models.ForeignKey[System, System] = models.ForeignKey(System, models.PROTECT, db_index=False)
    sequence: models.BigIntegerField[int, int] = models.BigIntegerField()
    """Counted from 1, without gaps."""

    topic: models.ForeignKey[Topic, Topic] = models.ForeignKey(Topic, models.PROTECT, db_index=False)
    body: models.BinaryField[bytes, bytes] = models.BinaryField()
    """Canonical JSON (RFC 8785)."""

    hash: models.BinaryField[bytes, bytes] = models.BinaryField(max_length=32)
    """SHA-256 of the previous entry's hash followed by the body."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("system", "sequence"), name="ledger_entry_once"),)
        indexes = (models.Index(fields=("topic", "sequence"), name="ledger_entry_by_topic"),)


class Payload(models.Model):
    """What entries refer to by digest: stored once however often it is seen, and erasable."""

    system: models.ForeignKey[System, System] = models.ForeignKey(System, models.PROTECT, db_index=False)
    digest: models.BinaryField[bytes, bytes] = models.BinaryField(max_length=32)
    body: models.BinaryField[bytes, bytes] = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("system", "digest"), name="ledger_payload_once"),)
