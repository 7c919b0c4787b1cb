"""A small real Django project in a git repository with several versions, each of which is a way to go back or not."""

import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import django

from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.rollback import rollback
from prodproof.facts import Unseen
from prodproof.facts.declared import Declared, DjangoApp, Environment, EnvironmentKind, Permission, Rehearsal
from prodproof.facts.drills import DrillRun
from prodproof.facts.rollbacks import RollbackTried
from prodproof.reach.cut_off import reachable
from prodproof.runner.drill import Carried
from tests.drills.agreeing import agreed
from tests.runner.drill_records import Memory, carried

SETTINGS = """
import os
SECRET_KEY = os.environ["SHOP_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["shop.example"]
INSTALLED_APPS = ["django.contrib.contenttypes", "shop"]
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
if "SHOP_HOST" in os.environ:
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": os.environ["SHOP_HOST"],
                             "NAME": os.environ["SHOP_NAME"], "USER": os.environ["SHOP_USER"]}}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHOP_FILE"]}}
"""

URLS = """
import os
from django.http import HttpResponse
from django.urls import path
from shop.models import Order
urlpatterns = [
    path("healthz", lambda request: HttpResponse(f"well, {Order.objects.count()} orders")),
    path("version", lambda request: HttpResponse(os.environ["SHOP_VERSION"])),
]
"""

MODELS = """
from django.db import models

class Customer(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField(unique=True)

class Order(models.Model):
    class State(models.TextChoices):
        NEW = "new"
        PAID = "paid"

    customer = models.ForeignKey(Customer, models.CASCADE)
    total = models.DecimalField(max_digits=8, decimal_places=2)
    state = models.CharField(max_length=10, choices=State.choices)
    placed = models.DateTimeField(auto_now_add=True)

class Profile(models.Model):
    customer = models.OneToOneField(Customer, models.CASCADE)
    picture = models.UUIDField()

class Job(models.Model):
    payload = models.JSONField()
"""

JOBS = """
from django.core.management.base import BaseCommand
from shop.models import Job

def read(payload):
    return payload["order"]

class Command(BaseCommand):
    def handle(self, *args, **options):
        for job in Job.objects.all():
            read(job.payload)
            job.delete()
"""

ENQUEUE = """
from django.core.management.base import BaseCommand
from shop.models import Job

class Command(BaseCommand):
    def handle(self, *args, **options):
        Job.objects.create(payload={"order": 1})
"""

WSGI = """
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = get_wsgi_application()
"""

MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

INITIAL = """
from django.db import migrations, models
import django.db.models.deletion

class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Customer", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=80)),
            ("email", models.EmailField(max_length=254, unique=True)),
        ]),
        migrations.CreateModel("Order", [
            ("id", models.BigAutoField(primary_key=True)),
            ("customer", models.ForeignKey("shop.customer", django.db.models.deletion.CASCADE)),
            ("total", models.DecimalField(max_digits=8, decimal_places=2)),
            ("state", models.CharField(max_length=10)),
            ("placed", models.DateTimeField(auto_now_add=True)),
        ]),
        migrations.CreateModel("Profile", [
            ("id", models.BigAutoField(primary_key=True)),
            ("customer", models.OneToOneField("shop.customer", django.db.models.deletion.CASCADE)),
            ("picture", models.UUIDField()),
        ]),
        migrations.CreateModel("Job", [
            ("id", models.BigAutoField(primary_key=True)),
            ("payload", models.JSONField()),
        ]),
    ]
"""

FIRST: Mapping[str, str] = {
    "manage.py": MANAGE,
    "settings.py": SETTINGS,
    "urls.py": URLS,
    "wsgi.py": WSGI,
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": INITIAL,
    "shop/management/__init__.py": "",
    "shop/management/commands/__init__.py": "",
    "shop/management/commands/work.py": JOBS,
    "shop/management/commands/enqueue.py": ENQUEUE,
}
"""The files of the first version."""


def migration(*operations: str, number: str = "0002_next", after: str = "0001_initial", code: str = "") -> str:
    """A migration file."""
    body = "\n".join(f"        {item}," for item in operations)
    return (
        "from django.db import migrations, models\nimport django.db.models.deletion\n"
        f"{code}\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("shop", "{after}")]\n    operations = [\n{body}\n    ]\n'
    )


NOTE = 'migrations.AddField("Order", "note", models.CharField(max_length=100, null=True))'
INVOICE = (
    'migrations.CreateModel("Invoice", [("id", models.BigAutoField(primary_key=True)), '
    '("order", models.ForeignKey("shop.order", django.db.models.deletion.CASCADE))])'
)
WITH_NOTE = MODELS.replace("    placed =", "    note = models.CharField(max_length=100, null=True)\n    placed =") + (
    "\nclass Invoice(models.Model):\n    order = models.ForeignKey(Order, models.CASCADE)\n"
)

WELL: Mapping[str, str] = {
    "shop/models.py": WITH_NOTE,
    "shop/migrations/0002_next.py": migration(NOTE, INVOICE),
}
"""A version from which there is a way back: it adds what may be empty."""


def repository(root: Path, *versions: Mapping[str, str], tags: Iterable[str] = ("v1", "v2", "v3")) -> Path:
    """A repository with these versions in their order, each the changes to the one before it."""
    root.mkdir(parents=True, exist_ok=True)
    _git(root, "init", "-q", "-b", "main")
    for tag, files in zip(tags, versions, strict=False):
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        _git(root, "add", "-A")
        _git(root, "commit", "-q", "--allow-empty", "-m", tag)
        _git(root, "tag", tag)
    return root


def _git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, timeout=60)


PYTHON = sys.executable if reachable(Path(sys.executable)) else "/usr/bin/python3"
"""A Python that the versions may run: as root they run as somebody else, who does not come into root's folders."""

MORE = (("PYTHONPATH", str(Path(django.__file__).parents[1])),)
"""With it, any Python finds our Django."""

REHEARSAL = Rehearsal(
    manage=(PYTHON, "manage.py"),
    variables=(
        *MORE,
        ("SHOP_FILE", "{db_file}"),
        ("SHOP_KEY", "{random:key}"),
        ("SHOP_VERSION", "{commit}"),
    ),
    health="/healthz",
    host="shop.example",
    version_path="/version",
    enqueue=("enqueue",),
    run_job=("work",),
)

POSTGRES = replace(
    REHEARSAL,
    database="postgresql",
    variables=(
        *MORE,
        ("SHOP_HOST", "{db_host}"),
        ("SHOP_NAME", "{db_name}"),
        ("SHOP_USER", "{db_user}"),
        ("SHOP_KEY", "{random:key}"),
        ("SHOP_VERSION", "{commit}"),
    ),
)


def planned(root: Path, rehearsal: Rehearsal = REHEARSAL) -> DrillPlan:
    """The plan for a repository."""
    plan = maybe_planned(root, rehearsal)
    assert isinstance(plan, DrillPlan), plan
    return plan


def maybe_planned(root: Path, rehearsal: Rehearsal | None) -> DrillPlan | Unseen:
    """The same, where there may be none."""
    app = DjangoApp(
        environment="staging",
        manage=("true",),
        rollback=rehearsal,
        name="acme/shop",
        allow=frozenset({Permission.DRILLS}),
    )
    environment = Environment(name="staging", kind=EnvironmentKind.STAGING)
    declared = Declared(system="shop", environment=environment, trusted=True, root=str(root), django=(app,))
    return plan_drill(rollback, app, declared)


def conducted(plan: DrillPlan, memory: Memory, id: str = "") -> Carried:
    """A drill with an id of its own, since its folder is called by it."""
    return carried(plan, memory, id=id or f"{plan.drill.name}-{secrets.token_hex(4)}")


def drilled(
    root: Path, rehearsal: Rehearsal = REHEARSAL, memory: Memory | None = None
) -> tuple[DrillRun, RollbackTried | Unseen]:
    """Carry the drill out; what it did and what it answered."""
    plan = planned(root, rehearsal)
    drill = conducted(plan, memory or Memory())
    run = drill.forward()
    assert plan.exercise.tell is not None
    told: Any = plan.exercise.tell(run, drill.gave)
    agreed(run, told)
    return run, told
