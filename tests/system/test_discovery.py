"""What is seen in repositories of several shapes, and that the file written from it loads."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree, TreeFile
from prodproof.system.checks import check
from prodproof.system.discover.found import Kind
from prodproof.system.discovery import discover, infer, of_kind, summary
from prodproof.system.draft import draft
from prodproof.system.load import load
from prodproof.system.merged import read


def made(files: dict[str, str], name: str = "shop") -> RepositoryTree:
    listed = tuple(TreeFile(path, text) for path, text in sorted(files.items()))
    return RepositoryTree(name, tuple(sorted(files)), listed)


MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.dev")\nimport django\n'
DJANGO = {
    "manage.py": MANAGE,
    "requirements.txt": "# pinned\nDjango==5.2.1 --hash=sha256:aa\nsentry-sdk[django]>=2\n",
    "shop/settings/base.py": (
        "import os\nINSTALLED_APPS = []\n"
        'SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]\n'
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'PASSWORD': 'hunter2-Tr0ub4dor'}}\n"
        "MEDIA_ROOT = BASE / 'media'\n"
    ),
    "shop/settings/dev.py": (
        "from .base import *\nALLOWED_HOSTS = ['dev.shop.example']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n"
    ),
    "shop/settings/production.py": (
        "from .base import *\n"
        "ALLOWED_HOSTS = os.environ.get('HOSTS', 'shop.example,www.shop.example').split(',')\n"
        "CSRF_TRUSTED_ORIGINS = [\n    'https://pay.shop.example',\n    'http://localhost:8000',\n]\n"
        "# ALLOWED_HOSTS = ['old.shop.example']\n"
        "CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n"
    ),
    "shop/settings/staging.py": "from .production import *\n",
    "shop/models.py": (
        "class Order(models.Model):\n    total = models.DecimalField()\n\n"
        "class Customer(models.Model):\n    email = models.EmailField()\n    birth_date = models.DateField()\n\n"
        "class User(AbstractUser):\n    pass\n"
    ),
    "tests/settings.py": "INSTALLED_APPS = []\nALLOWED_HOSTS = ['tests.shop.example']\n",
    "Dockerfile": "FROM python\nENV DJANGO_SETTINGS_MODULE=shop.settings.production\n",
    "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n  cache:\n    image: redis:7\n",
    "deploy/nginx.conf": "server {\n  server_name shop.example *.shop.example _;\n}\n",
    ".github/workflows/deploy.yml": "jobs:\n  deploy:\n    environment: staging\n",
    "monitoring/alerts.yml": "groups:\n- rules:\n  - alert: Down\n    expr: up == 0\n  - alert: Slow\n    expr: x\n",
    "monitoring/alertmanager.yml": "route:\n  receiver: x\nreceivers:\n- name: x\n",
}
KUBERNETES = {
    "package.json": '{"dependencies": {"express": "4", "pg": "8"}}',
    "k8s/web.yaml": (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  tls:\n  - hosts:\n    - shop.example\n"
        "  rules:\n  - host: api.shop.example\n    http: {}\n"
    ),
    "k8s/db.yaml": (
        "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  containers:\n  - name: db\n"
        "    image: docker.io/bitnami/postgresql:16\n"
    ),
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\n",
}
TERRAFORM = {
    "infra/main.tf": (
        'resource "aws_route53_zone" "main" {\n  name = "shop.example"\n}\n'
        'resource "aws_route53_record" "www" {\n  name = "www.shop.example"\n}\n'
        'resource "aws_db_instance" "orders" {\n  password = "hunter2-Tr0ub4dor"\n}\n'
        'resource "aws_s3_bucket" "uploads" {\n}\n'
    ),
}
FLUTTER = {"pubspec.yaml": "name: app\ndependencies:\n  flutter:\n    sdk: flutter\n"}
FASTAPI = {
    "pyproject.toml": '[project]\ndependencies = [\n  "fastapi>=0.110",\n]\n',
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
    "app/models.py": "class Person(SQLModel, table=True):\n    email: str = Field()\n    phone = Column(String)\n",
}
FLASK = {"requirements.txt": "flask\n", "app.py": "app = Flask(__name__)\n"}
PRISMA = {"schema.prisma": "model Customer {\n  id Int @id\n  email String @unique\n  firstName String\n}\n"}
SITE = {"CNAME": "www.shop.example\n", "index.html": ""}
SHAPES = {
    "django": DJANGO,
    "kubernetes": KUBERNETES,
    "terraform": TERRAFORM,
    "flutter": FLUTTER,
    "fastapi": FASTAPI,
    "flask": FLASK,
    "prisma": PRISMA,
    "site": SITE,
    "empty": {},
}


def names(files: dict[str, str], kind: Kind) -> list[str]:
    return [item.name for item in of_kind(discover(made(files)), kind)]


@pytest.mark.parametrize(
    ("files", "kind", "expected"),
    [
        (DJANGO, Kind.FRAMEWORK, ["Django"]),
        (KUBERNETES, Kind.FRAMEWORK, ["Node"]),
        (FLUTTER, Kind.FRAMEWORK, ["Flutter"]),
        (FASTAPI, Kind.FRAMEWORK, ["FastAPI"]),
        (FLASK, Kind.FRAMEWORK, ["Flask"]),
        (DJANGO, Kind.ENVIRONMENT, ["staging"]),
        (DJANGO, Kind.HOST, ["pay.shop.example", "shop.example", "www.shop.example"]),
        (KUBERNETES, Kind.HOST, ["api.shop.example", "shop.example"]),
        (TERRAFORM, Kind.HOST, ["www.shop.example"]),
        (TERRAFORM, Kind.ZONE, ["shop.example"]),
        (SITE, Kind.HOST, ["www.shop.example"]),
        (DJANGO, Kind.MEDIA, ["MEDIA_ROOT"]),
        (DJANGO, Kind.DATA_STORE, ["cache", "database"]),
        (TERRAFORM, Kind.DATA_STORE, ["orders", "uploads"]),
        (KUBERNETES, Kind.KUBERNETES, ["chart", "k8s"]),
        (DJANGO, Kind.WORKFLOW, [".github/workflows/deploy.yml"]),
        (DJANGO, Kind.ALERT_RULES, ["monitoring/alerts.yml"]),
        (DJANGO, Kind.ALERTMANAGER, ["monitoring/alertmanager.yml"]),
        (DJANGO, Kind.PERSONAL_DATA, ["Customer", "User"]),
        (FASTAPI, Kind.PERSONAL_DATA, ["Person"]),
        (PRISMA, Kind.PERSONAL_DATA, ["Customer"]),
        (DJANGO, Kind.SECRET, ["DJANGO_SECRET_KEY"]),
        (DJANGO, Kind.VENDOR, ["Sentry"]),
        (DJANGO, Kind.NGINX, ["deploy/nginx.conf"]),
        (DJANGO, Kind.DOCKERFILE, ["Dockerfile"]),
        (DJANGO, Kind.COMPOSE, ["docker-compose.yml"]),
        (TERRAFORM, Kind.TERRAFORM, ["infra"]),
    ],
)
def test_what_is_there_is_found(files: dict[str, str], kind: Kind, expected: list[str]) -> None:
    assert names(files, kind) == expected


def test_settings_modules_have_their_roles_and_places() -> None:
    found = [item for item in discover(made(DJANGO)) if item.kind is Kind.SETTINGS]
    roles = {(item.name, item.detail) for item in found}
    assert roles == {
        ("shop.settings.base", "shared"),
        ("shop.settings.dev", "development"),
        ("shop.settings.dev", "default"),
        ("shop.settings.production", "production"),
        ("shop.settings.production", "default"),
        ("shop.settings.staging", "staging"),
    }
    database = next(item for item in discover(made(DJANGO)) if item.kind is Kind.DATA_STORE and item.name == "database")
    assert (database.detail, database.at) == ("postgres", Location("docker-compose.yml", 3))


def test_nothing_found_holds_a_value() -> None:
    for files in SHAPES.values():
        shown = repr(discover(made(files))) + draft(made(files), discover(made(files)))
        assert "hunter2" not in shown


@pytest.mark.parametrize("shape", SHAPES)
def test_the_draft_loads_and_says_what_is_for_the_team_to_say(tmp_path: Path, shape: str) -> None:
    there = made(SHAPES[shape])
    (tmp_path / "prodproof.toml").write_text(draft(there, discover(there)), encoding="utf-8")
    declared = load(tmp_path)
    assert declared.system == "shop"
    assert declared.entry_points == ()
    assert declared.hosts == ()
    assert declared.zones == ()
    assert declared.django == ()
    assert "# TODO" in (tmp_path / "prodproof.toml").read_text()


@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - {"empty", "flutter", "fastapi", "flask", "prisma"}))
def test_what_is_proposed_loads_when_its_comment_signs_are_taken_away(tmp_path: Path, shape: str) -> None:
    there = made(SHAPES[shape])
    text = re.sub(r"^# (\[\[?\w+\]\]?$|(?!include)\w+ = )", r"\1", draft(there, discover(there)), flags=re.MULTILINE)
    (tmp_path / "prodproof.toml").write_text(text.replace('"…"', '"x"'))
    file = read(tmp_path)
    check(file)
    assert file.tables.person
    assert {entry.url.removeprefix("https://") for entry in file.tables.entry_point} <= set(
        names(SHAPES[shape], Kind.HOST)
    ) or not names(SHAPES[shape], Kind.HOST)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_inferred_is_what_init_writes(tmp_path: Path, shape: str) -> None:
    there = made(SHAPES[shape])
    (tmp_path / "prodproof.toml").write_text(draft(there, discover(there)), encoding="utf-8")
    written, inferred = load(tmp_path), infer(there, str(tmp_path))
    assert [(item.name, item.kind) for item in inferred.data_stores] == [
        (item.name, item.kind) for item in written.data_stores
    ]
    assert [(item.name, item.kind) for item in inferred.environments] == [
        (item.name, item.kind) for item in written.environments
    ]
    assert (inferred.system, inferred.repositories) == (written.system, written.repositories)


def test_the_summary_names_what_was_left_alone() -> None:
    assert summary(made(DJANGO)) == (
        "seen in the repository: Django, cache (redis), database (postgres), uploads (files), workflow, alert rules; "
        "not contacted, because not declared: pay.shop.example, shop.example, www.shop.example"
    )
    assert summary(made({})) == "seen in the repository: nothing that says what it runs on"


def test_inference_contacts_and_runs_nothing() -> None:
    declared = infer(made(DJANGO, "my shop!"), "/srv/shop")
    assert declared.inferred
    assert not declared.trusted
    assert declared.system == "my-shop"
    assert declared.root == "/srv/shop"
    assert [item.path for item in declared.repositories] == ["."]
    assert (declared.entry_points, declared.hosts, declared.zones, declared.django) == ((), (), (), ())


_PATHS = st.sampled_from([*(path for files in SHAPES.values() for path in files), "a\\x0ab/settings.py", "x.yaml"])
_TEXTS = st.one_of(
    st.text(max_size=200),
    st.sampled_from([text for files in SHAPES.values() for text in files.values()]),
    st.lists(st.sampled_from([*"([{'\"\n#", "ALLOWED_HOSTS = ", "a.b", "class A(", "server {", "kind: ", "DATABASES"]))
    .map("".join),
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(_PATHS, st.lists(_TEXTS, max_size=3).map("".join), max_size=6), st.text(max_size=20))
def test_whatever_lies_in_a_repository_the_draft_loads(tmp_path: Path, files: dict[str, str], name: str) -> None:
    there = made(files, name)
    (tmp_path / "prodproof.toml").write_text(draft(there, discover(there)), encoding="utf-8")
    assert load(tmp_path).entry_points == ()


@pytest.mark.parametrize(
    "unit", ["\n", " ", "a.", "\t\n", "class A(", "ALLOWED_HOSTS = [\n", "hosts:\n", "- ", "'a.shop.example',"]
)
def test_monotonous_files_are_read_in_linear_time(unit: str) -> None:
    text = "INSTALLED_APPS\nALLOWED_HOSTS = [\nkind: Ingress\napiVersion:\n environment:" + unit * (
        400_000 // len(unit)
    )
    paths = [*DJANGO, *TERRAFORM, *FASTAPI, *PRISMA, "k8s/x.yaml", ".gitlab-ci.yml", "pubspec.yaml"]
    found = discover(made({**dict.fromkeys(paths, text), "manage.py": MANAGE}))
    assert "Django" in {item.name for item in found}
