"""Sent to `manage.py shell` of a version that runs on a scratch database: reads and writes rows through its models.

It runs in the application's interpreter, so it needs the standard library and Django alone (Python 3.8, Django 3.2).
Before anything else it looks where the databases are: on any that is not scratch, nothing is read or written.
Signals are not sent and `save()` of the models is not called: rows are written, and nobody is told.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import json
import os
import sys
import traceback
import uuid
from collections.abc import Callable
from typing import Any

READ_ROWS = 500
"""Of each model, the newest ones; the others are counted."""

MAX_MODELS = 1000
MAX_DEPTH = 6
"""How far rows are made up that others refer to."""


def elsewhere(scratch: str) -> list[str]:
    """Databases that are not scratch, one line each."""
    from django.db import connections

    found = []
    place = os.path.realpath(scratch) + os.sep
    for alias in connections:
        given = connections[alias].settings_dict
        engine = str(given.get("ENGINE", ""))
        options = given.get("OPTIONS") or {}
        if "sqlite3" in engine or "spatialite" in engine:
            inside = os.path.realpath(str(given.get("NAME") or "")).startswith(place)
        elif "postg" in engine:
            host = str(given.get("HOST") or "")
            inside = os.path.isabs(host) and (os.path.realpath(host) + os.sep).startswith(place)
            inside = inside and not {"service", "host", "hostaddr"} & set(options)
        else:
            inside = False
        if not inside:
            found.append(f"the database {alias} is not the scratch one")
    return found


def told(error: BaseException) -> str:
    """An error without values: the database's own words, or where in the code it was raised."""
    from django.db import Error

    name = type(error).__name__
    if isinstance(error, Error):
        lines = str(error).strip().splitlines()
        return f"{name}: {lines[0][:300] if lines else ''}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != "prodproof_rows"]
    if not frames:
        return name
    place = "/".join(frames[-1].filename.split("/")[-2:])
    return f"{name} in {place}, line {frames[-1].lineno}"


def models() -> list[Any]:
    """Models that have a table of the application's own."""
    from django.apps import apps

    found = apps.get_models(include_auto_created=True)
    return [item for item in found if item._meta.managed and not item._meta.proxy and not item._meta.swapped][
        :MAX_MODELS
    ]


def alias_of(model: Any) -> str:
    from django.db import router

    return str(router.db_for_write(model))


def read(expected: dict[str, Any]) -> dict[str, Any]:
    """For each model how many rows there are, how many were loaded, which expected ones are gone; or what failed.

    Args:
        expected: keys (as text) by the model's label.
    """
    found = {}
    for model in models():
        label = model._meta.label
        try:
            rows = model._base_manager.using(alias_of(model))
            count = rows.count()
            loaded = sum(1 for _ in rows.order_by("-pk")[:READ_ROWS].iterator(chunk_size=100))
            gone = [key for key in expected.get(label, ()) if not rows.filter(pk=key).exists()]
            found[label] = {"count": count, "loaded": loaded, "gone": gone}
        except Exception as error:
            found[label] = {"error": told(error)}
    return found


class Writer:
    """Makes rows up."""

    def write(self, keep: bool, not_these: list[str]) -> dict[str, Any]:
        """One row of each model: its key, or what failed. Those of `not_these` are taken back at once, or all are."""
        from django.db import connections, transaction

        silence()
        found = {}
        for model in models():
            label, alias = model._meta.label, alias_of(model)
            try:
                with transaction.atomic(using=alias):
                    row = self.row(model, 0)
                    again = model._base_manager.using(alias).get(pk=row.pk)
                    connections[alias].check_constraints()
                    if not keep or label in not_these:
                        transaction.set_rollback(True, using=alias)
                found[label] = {"key": str(again.pk), "kept": keep and label not in not_these}
            except Exception as error:
                found[label] = {"error": told(error)}
        return found

    def row(self, model: Any, depth: int) -> Any:
        from django.db import transaction
        from django.db.models import NOT_PROVIDED

        if depth > MAX_DEPTH:
            raise RecursionError
        row = model()
        for field in model._meta.concrete_fields:
            if getattr(field, "generated", False) or is_automatic(field):
                continue
            if field.remote_field is not None:
                if getattr(field.remote_field, "parent_link", False):
                    continue
                if not field.null or field.primary_key:
                    setattr(row, field.name, self.other(field, depth))
                continue
            plain = field.default is not NOT_PROVIDED or field.null
            if plain and not field.unique:
                continue
            if field.has_default() and field.unique and callable(field.default):
                continue
            setattr(row, field.attname, value_of(field))
        alias = alias_of(model)
        with transaction.atomic(using=alias):
            row.save_base(force_insert=True, using=alias)
        return row

    def other(self, field: Any, depth: int) -> Any:
        """A row that the field can refer to: any, or a new one where no two may refer to the same."""
        model = field.remote_field.model
        single = (
            field.unique or field.one_to_one or any(field.name in group for group in field.model._meta.unique_together)
        )
        found = None if single else model._base_manager.using(alias_of(model)).order_by("-pk").first()
        return found if found is not None else self.row(model, depth + 1)


def is_automatic(field: Any) -> bool:
    from django.db.models import AutoField

    return isinstance(field, AutoField) or type(field).__name__ in ("BigAutoField", "SmallAutoField")


def value_of(field: Any) -> Any:
    """A value that fits a field."""
    from django.db import models as kinds
    from django.utils import timezone

    token = uuid.uuid4().hex
    if field.choices:
        first = next(iter(field.flatchoices), None)
        if first is not None:
            return first[0]
    length = field.max_length or 32
    if isinstance(field, kinds.EmailField):
        return f"{token[:12]}@example.invalid"[-length:]
    if isinstance(field, kinds.URLField):
        return f"https://example.invalid/{token}"[:length]
    if isinstance(field, (kinds.CharField, kinds.TextField, kinds.FileField)):
        return token[:length]
    number = uuid.uuid4().int % 32000 + 1
    if isinstance(field, kinds.IntegerField):
        return number
    if isinstance(field, kinds.DecimalField):
        return decimal.Decimal(number % 10 ** min(4, field.max_digits - field.decimal_places))
    now = timezone.now()
    table: list[tuple[str, Callable[[], Any]]] = [
        ("FloatField", lambda: float(number)),
        ("BooleanField", lambda: False),
        ("DateTimeField", lambda: now),
        ("DateField", lambda: now.date()),
        ("TimeField", lambda: datetime.time(12)),
        ("DurationField", lambda: datetime.timedelta(seconds=1)),
        ("UUIDField", uuid.uuid4),
        ("JSONField", dict),
        ("BinaryField", lambda: b"x"),
        ("GenericIPAddressField", lambda: f"192.0.2.{number % 254 + 1}"),
    ]
    for name, made in table:
        if isinstance(field, getattr(kinds, name)):
            return made()
    kind = field.get_internal_type()
    if kind == "ArrayField":
        return []
    if kind == "HStoreField":
        return {}
    return field.get_default()


def silence() -> None:
    """Nobody is to hear of the rows: neither mail nor a search index nor a web hook."""
    from django.db.models import signals

    for name in ("pre_init", "post_init", "pre_save", "post_save", "m2m_changed"):
        signal = getattr(signals, name)
        # An image field fills its size in at post_init; that is its own, and tells nobody.
        kept = [item for item in signal.receivers if name == "post_init"]
        signal.receivers = kept
        signal.sender_receivers_cache.clear()


def migrations() -> dict[str, Any]:
    """What the version knows and what the database has: its last migrations, what is still to be done, and how.

    `steps` are those not applied yet, each with the operations that have no way back.
    """
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    leaves = graph.leaf_nodes()
    steps = [
        {
            "name": f"{item.app_label}.{item.name}",
            "one_way": [type(operation).__name__ for operation in item.operations if not operation.reversible],
        }
        for item, backwards in executor.migration_plan(leaves)
        if not backwards
    ]
    applied = [".".join(key) for key in executor.loader.applied_migrations]
    known = [".".join(key) for key in executor.loader.disk_migrations]
    return {
        "leaves": [list(item) for item in leaves], "steps": steps, "applied": sorted(applied), "known": sorted(known),
    }  # fmt: skip


def count() -> dict[str, Any]:
    """How many rows each model has; None where they cannot be counted."""
    from django.db import Error

    found: dict[str, Any] = {}
    for model in models():
        try:
            found[model._meta.label] = model._base_manager.using(alias_of(model)).count()
        except Error:
            found[model._meta.label] = None
    return found


def carry_out(scratch: str, acts: list[str], expected: dict[str, Any], not_these: list[str]) -> dict[str, Any]:
    """Every act by itself: one that fails costs only its own answer."""
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    answer: dict[str, Any] = {"format": 1, "failed": {}}
    wrong = elsewhere(scratch)
    answer["elsewhere"] = wrong
    if wrong:
        return answer
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "migrations": migrations,
        "read": lambda: read(expected),
        "count": count,
        "write": lambda: Writer().write(True, not_these),
        "try": lambda: Writer().write(False, not_these),
    }
    for name in acts:
        try:
            answer[name] = parts[name]()
        except Exception as error:
            answer["failed"][name] = told(error)
    return answer


def main(given: str, marker: str) -> None:
    """Do what `given` (JSON: scratch, acts, expected, not_these) asks for, and write the answer between markers."""
    try:
        wanted = json.loads(given)
        answer = carry_out(wanted["scratch"], wanted["acts"], wanted["expected"], wanted["not_these"])
    except BaseException as error:  # SystemExit of an application included: the asker needs a reason
        answer = {"format": 1, "failed": {"start": told(error)}}
    body = json.dumps(answer, ensure_ascii=True, sort_keys=True).encode("ascii")
    head = f"\n{marker}:begin:{len(body)}:{hashlib.sha256(body).hexdigest()}\n"
    data = memoryview(head.encode("ascii") + body + f"\n{marker}:end\n".encode("ascii"))
    sys.stdout.flush()
    while data:
        data = data[os.write(1, data) :]
    # What the application started (schedulers, threads) must not keep the shell from ending.
    os._exit(0)
