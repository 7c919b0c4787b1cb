"""The ledger's first schema."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    initial = True

    dependencies: ClassVar[list[tuple[str, str]]] = []

    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="System",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True)),
                ("sequence", models.BigIntegerField(default=0)),
                ("head", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("environment", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=500)),
                (
                    "system",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.system"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                ("body", models.BinaryField()),
                ("hash", models.BinaryField(max_length=32)),
                (
                    "system",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.system"),
                ),
                (
                    "topic",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.topic"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32)),
                ("body", models.BinaryField()),
                (
                    "system",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.system"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("system", "digest"), name="ledger_payload_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="topic",
            constraint=models.UniqueConstraint(
                fields=("system", "kind", "environment", "name"), name="ledger_topic_once"
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["topic", "sequence"], name="ledger_entry_by_topic"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(fields=("system", "sequence"), name="ledger_entry_once"),
        ),
    ]
