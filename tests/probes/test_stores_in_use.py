"""Where an application keeps data, as its settings, its source and its infrastructure show."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Survey
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import DjangoApp
from prodproof.facts.django import Backend, Certainty, Database, DjangoSettings, Setting, Source
from prodproof.facts.stores_in_use import StoresInUse
from prodproof.probes import stores_in_use
from prodproof.probes.stores_in_use import observe
from tests.probes.work import Work, world_of

_SETTINGS = """\
INSTALLED_APPS = ["shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
MEDIA_ROOT = "/srv/media"
"""
_COMPOSE = """\
services:
  db:
    image: postgres:16
    volumes: ["data:/var/lib/postgresql/data"]
  web:
    build: .
    volumes:
      - media:/srv/media
      - ./code:/app
      - static:/srv/static
      - papers:/srv/papers:ro
      - type: volume
        source: invoices
        target: /srv/invoices
      - type: bind
        source: /etc/shop
        target: /etc/shop
  worker:
    build: .
    volumes: ["media:/srv/media"]
volumes: {data: {}, media: {}, static: {}, invoices: {}}
"""


def survey(directory: Path, **declared: Any) -> Survey[StoresInUse]:
    world = world_of(directory, **declared)
    found = observe.observe(world.declared, world)
    assert isinstance(found, Survey)
    return found


def seen(directory: Path, **declared: Any) -> tuple[StoresInUse, set[tuple[str, str]]]:
    (observation,) = survey(directory, **declared).observations
    fact = observation.seen
    assert isinstance(fact, StoresInUse) and decode(StoresInUse, encode(fact)) == fact
    return fact, {(item.kind, item.name) for item in fact.found}


def test_by_the_source(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.put("shop/settings/production.py", _SETTINGS)
    work.put("shop/settings/test_settings.py", 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql"}}\n')
    work.write("requirements.txt", "django==5.2\n")
    fact, stores = seen(tmp_path)
    assert {("postgres", "database"), ("files", "MEDIA_ROOT")} <= stores
    assert not fact.asked


def test_volumes_and_services_of_a_compose_file(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.put("compose.yml", _COMPOSE)
    work.write("compose.dev.yml", "services:\n  mail:\n    image: mongo:7\n    volumes: ['mail:/data']\n")
    fact, stores = seen(tmp_path)
    assert stores == {("postgres", "database"), ("files", "media"), ("files", "invoices")}
    (media,) = (item for item in fact.found if item.name == "media")
    assert (media.place, media.seen_in) == ("/srv/media", "compose.yml") and media.location and media.location.line


@pytest.mark.parametrize(
    ("volume", "kept"),
    [
        ("acme_uploads:/srv/uploads", True),
        ("statistics:/srv/statistics", True),
        ("templates:/srv/mail", True),
        ("blogs:/srv/blogs", True),
        ("static_files:/srv/www", False),
        ("assets:/app/staticfiles", False),
        ("pipcache:/root/.x", False),
        ("nginx_logs:/var/x", False),
        ("traefik:/acme", False),
        ("app-tmp:/x", False),
        ("gunicorn:/run/app", False),
    ],
)
def test_which_volumes_are_made_anew(tmp_path: Path, volume: str, kept: bool) -> None:
    Work(tmp_path).write("compose.yml", f"services:\n  web:\n    build: .\n    volumes: ['{volume}']\n")
    assert bool(seen(tmp_path)[1]) is kept


def test_terraform(tmp_path: Path) -> None:
    Work(tmp_path).write(
        "infra/main.tf", 'resource "aws_s3_bucket" "media" {\n}\nresource "aws_db_instance" "db" {\n}\n'
    )
    assert seen(tmp_path)[1] == {("bucket", "media"), ("database", "db")}


_ASKED = DjangoSettings(
    source=Source.EFFECTIVE,
    module="shop.settings",
    databases=(Database(alias="default", engine="shop.postgresql"), Database(alias="old", engine="vendor.thing")),
    caches=(Backend(alias="default", backend="django.core.cache.backends.redis.RedisCache"),
            Backend(alias="local", backend="django.core.cache.backends.locmem.LocMemCache")),
    storages=(Backend(alias="default", backend="storages.backends.s3.S3Storage"),
              Backend(alias="staticfiles", backend="storages.backends.s3.S3StaticStorage")),
    settings=(Setting(name="MEDIA_ROOT", value="/srv/media", certainty=Certainty.KNOWN),),
)  # fmt: skip
_APP = DjangoApp(environment="production", manage=("manage.py",))


def test_by_the_running_application(tmp_path: Path, monkeypatch: Any) -> None:
    work = Work(tmp_path)
    work.put("shop/settings.py", _SETTINGS.replace("postgresql", "sqlite3"))
    work.write("infra/main.tf", 'resource "aws_s3_bucket" "papers" {\n}\n')
    monkeypatch.setattr(stores_in_use, "asked_settings", lambda world, app: _ASKED)
    fact, stores = seen(tmp_path, django=(_APP,))
    assert stores == {
        ("postgres", "default"),
        ("database", "old"),
        ("redis", "default"),
        ("bucket", "default"),
        ("files", "MEDIA_ROOT"),
        ("bucket", "papers"),
    }
    assert fact.asked and {item.place for item in fact.found if item.kind == "files"} == {"/srv/media"}
    without = replace(_ASKED, settings=(Setting(name="MEDIA_ROOT", value=""),))
    monkeypatch.setattr(stores_in_use, "asked_settings", lambda world, app: without)
    assert ("files", "MEDIA_ROOT") not in seen(tmp_path, django=(_APP,))[1]


def test_an_application_that_may_not_be_asked(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.put("requirements.txt", "django==5.2\n")
    work.write("shop/settings.py", _SETTINGS)
    found = survey(tmp_path, django=(_APP,))
    assert [gap.why for gap in found.gaps] == [Reason.NOT_PERMITTED]
    assert seen(tmp_path, django=(_APP,))[1] == {("postgres", "database"), ("files", "MEDIA_ROOT")}


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    Work(tmp_path).write("compose.yml", "services: [\n")
    assert survey(tmp_path).gaps
