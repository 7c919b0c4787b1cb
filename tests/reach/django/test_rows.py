"""Rows of real models, made up and read, in a real project: every kind of field, and what cannot be made up."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Rehearsal
from prodproof.reach.cut_off import CutOff
from prodproof.reach.django.version import Filling, RunningVersion
from tests.drills.rollback_shop import MANAGE, MORE, PYTHON

SETTINGS = """
import os
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["FILE"]}}
if "OTHER" in os.environ:
    DATABASES["other"] = {"ENGINE": os.environ["OTHER"], "NAME": "shop", "HOST": os.environ.get("HOST", ""),
                          "OPTIONS": {"service": "x"} if "SERVICE" in os.environ else {}}
USE_TZ = True
"""

MODELS = """
import uuid
from django.db import models
from django.db.models.signals import post_save
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType

class Plain(models.Model):
    a = models.CharField(max_length=3, unique=True)
    b = models.TextField()
    c = models.DecimalField(max_digits=3, decimal_places=3)
    d = models.DecimalField(max_digits=12, decimal_places=2)
    e = models.PositiveSmallIntegerField()
    f = models.FloatField()
    g = models.BooleanField()
    h = models.DateTimeField()
    i = models.DateField()
    j = models.TimeField()
    k = models.DurationField()
    l = models.UUIDField()
    m = models.JSONField()
    n = models.BinaryField()
    o = models.GenericIPAddressField()
    p = models.URLField(max_length=30)
    q = models.EmailField(max_length=20)
    r = models.SlugField()
    s = models.FileField()
    t = models.BigIntegerField(choices=[("Group", [(7, "seven")]), (8, "eight")])
    u = models.CharField(max_length=5, default="x")
    v = models.IntegerField(null=True)

    def save(self, *args, **kwargs):
        raise RuntimeError("save() of the model is not called")

class WordKey(models.Model):
    code = models.CharField(max_length=10, primary_key=True)

class MadeKey(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    other = models.ForeignKey(WordKey, models.CASCADE)

class Parent(models.Model):
    name = models.CharField(max_length=10)

class Child(Parent):
    toy = models.CharField(max_length=10)

class Alone(models.Model):
    only = models.OneToOneField(Parent, models.CASCADE, primary_key=True)

class Pair(models.Model):
    left = models.ForeignKey(Parent, models.CASCADE, related_name="+")
    right = models.ForeignKey(WordKey, models.CASCADE)
    many = models.ManyToManyField(WordKey, related_name="+")

    class Meta:
        unique_together = [("left", "right")]

class Loop(models.Model):
    next = models.ForeignKey("self", models.CASCADE)

class Anything(models.Model):
    kind = models.ForeignKey(ContentType, models.CASCADE)
    number = models.PositiveIntegerField()
    thing = GenericForeignKey("kind", "number")

class Strict(models.Model):
    size = models.IntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(size=123456), name="strict")]

class Proxy(Parent):
    class Meta:
        proxy = True

class Elsewhere(models.Model):
    class Meta:
        managed = False

def loud(sender, **more):
    open("heard", "a").write("x")

post_save.connect(loud)
"""

WRITABLE = {"shop.Plain", "shop.WordKey", "shop.MadeKey", "shop.Parent", "shop.Child", "shop.Alone", "shop.Pair",
            "shop.Pair_many", "shop.Anything", "auth.User", "auth.Permission", "auth.Group", "auth.User_groups",
            "auth.User_user_permissions", "auth.Group_permissions", "contenttypes.ContentType"}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "shop").mkdir()
    for path, text in {"manage.py": MANAGE, "settings.py": SETTINGS, "shop/__init__.py": "", "shop/models.py": MODELS}.items():  # fmt: skip # noqa: E501
        (root / path).write_text(text)
    (root / "scratch").mkdir()
    environment = {**os.environ, **dict(MORE), "FILE": str(root / "scratch" / "db.sqlite3")}
    for words in (("makemigrations", "shop"), ("migrate",)):
        subprocess.run(
            [PYTHON, "manage.py", *words], cwd=root, env=environment, check=True, capture_output=True, timeout=120
        )
    (root / "heard").unlink()  # migrating is heard of
    return root


def rows(project: Path, *acts: str, variables: Mapping[str, str] | None = None, **more: Any) -> Any:
    given = {"FILE": str(project / "scratch" / "db.sqlite3"), **(variables or {})}
    rehearsal = Rehearsal(manage=(PYTHON, "manage.py"), variables=(*MORE, *sorted(given.items())))
    alone = CutOff((), False, (os.geteuid(), os.getegid()))
    version = RunningVersion(rehearsal, project, project / "scratch", Filling({}, "x"), alone, "rows.test")
    return version.rows(acts, 120, **more)


def test_every_kind_of_row_is_made_up_and_read_and_nobody_is_told(project: Path) -> None:
    answer = rows(project, "try", "count", "write", "read", not_these=["shop.WordKey"])
    assert answer["failed"] == {}
    assert {label for label, found in answer["write"].items() if "key" in found} == WRITABLE
    assert set(answer["write"]) - WRITABLE == {"shop.Loop", "shop.Strict"}, "neither proxies nor what has no table"
    assert answer["write"]["shop.Loop"]["error"].startswith("RecursionError")
    assert answer["write"]["shop.Strict"]["error"] == "IntegrityError: CHECK constraint failed: strict"
    assert answer["count"]["shop.Plain"] == 0, "what is tried is taken back"
    assert all("error" not in found for found in answer["read"].values())
    assert answer["read"]["shop.Plain"] == {"count": 1, "loaded": 1, "gone": []}
    assert answer["write"]["shop.Plain"]["kept"] and not answer["write"]["shop.WordKey"]["kept"]
    assert not (project / "heard").exists(), "no signal was sent"


def test_what_is_expected_and_gone_is_said(project: Path) -> None:
    answer = rows(project, "read", expected={"shop.Parent": ["987654"], "shop.WordKey": ["nobody's"]})
    assert answer["read"]["shop.Parent"]["gone"] == ["987654"] and answer["read"]["shop.WordKey"]["gone"] == [
        "nobody's"
    ]


def test_migrations_that_are_to_be_done_are_named(project: Path) -> None:
    answer = rows(project, "migrations")["migrations"]
    assert answer["steps"] == [] and ["shop", "0001_initial"] in answer["leaves"]
    (project / "scratch" / "empty.sqlite3").touch()
    fresh = rows(project, "migrations", variables={"FILE": str(project / "scratch" / "empty.sqlite3")})["migrations"]
    assert {"name": "shop.0001_initial", "one_way": []} in fresh["steps"] and fresh["applied"] == []


@pytest.mark.parametrize(
    "variables",
    [
        {"FILE": "/tmp/another.sqlite3"},
        {"FILE": ":memory:"},
        {"OTHER": "django.db.backends.postgresql"},
        {"OTHER": "django.db.backends.postgresql", "HOST": "db.example"},
        {"OTHER": "django.db.backends.postgresql", "HOST": "/var/run/postgresql"},
        {"OTHER": "django.db.backends.postgresql", "HOST": "SCRATCH", "SERVICE": "1"},
        {"OTHER": "django.db.backends.dummy"},
        {"OTHER": "django.db.backends.sqlite3"},
    ],
)
def test_on_a_database_that_is_not_scratch_nothing_is_done(project: Path, variables: dict[str, str]) -> None:
    given = {name: value.replace("SCRATCH", str(project / "scratch")) for name, value in variables.items()}
    found = rows(project, "write", variables=given)
    assert isinstance(found, Unseen) and found.why is Reason.NOT_PERMITTED, found
    assert "is not the scratch one" in found.detail
