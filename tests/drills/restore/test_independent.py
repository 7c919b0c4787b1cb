"""What a restore needed, where that came from, and whether it could have come from production."""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodproof.drills._restore_here import production_here
from prodproof.drills._restore_told import _need, how_apart
from prodproof.drills.drill import Scene
from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Backup, DataStore, Declared, Host, Secret, SecretManager
from prodproof.facts.drills import DrillOutcome
from prodproof.facts.restores import Origin, RestoreTested
from prodproof.reach.world import Settings, World
from prodproof.verdicts import Kind
from tests.drills.agreeing import verdict
from tests.drills.restore.restoring import Drilling, declared_shop, drilled, shop_store
from tests.servers.aws import REGION, AwsServer, running
from tests.servers.postgres import program

CLAIM = "recovery.restore-independent"
ACCESS = "setup:setup"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsServer]:
    with running(tmp_path_factory.mktemp("aws")) as server:
        yield server


def from_a_bucket(aws: AwsServer, folder: Path, scratch: Path, reference: str) -> RestoreTested:
    """Files of this machine, restored from an archive in a bucket."""
    (folder / "uploads").mkdir()
    (folder / "uploads" / "a.jpg").write_bytes(os.urandom(500))
    with tarfile.open(folder / "uploads.tar.gz", "w:gz") as made:
        made.add(folder / "uploads", "uploads")
    bucket = f"b-{os.urandom(6).hex()}"
    client = aws.client("s3")
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.upload_file(str(folder / "uploads.tar.gz"), bucket, "uploads.tar.gz")
    (folder / "key").write_text(ACCESS)
    (folder / "key").chmod(0o600)
    restoring = {"source": "uploads", "root": "uploads", "takes_at_most": 0}
    store = shop_store(None, scratch, kind="files", restore=restoring)
    made_of: dict[str, Any] = {"repository": f"s3://{bucket}", "url": aws.url, "region": REGION}
    kept = Backup(name="nightly", kind="s3", store="shop", environment="staging", credentials=reference, **made_of)
    done = drilled(declared_shop(folder, store, kept))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    return done.restored


def test_a_restore_reaches_the_store_of_its_backups_and_nothing_else(
    aws: AwsServer, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCKET_KEY", ACCESS)
    fact = from_a_bucket(aws, tmp_path, scratch, "env:BUCKET_KEY")
    said = verdict(CLAIM, fact)
    assert not fact.no_network
    if fact.only_reached:
        assert fact.only_reached == (aws.url.removeprefix("http://"),)
        assert said.kind is Kind.HOLDS, said.message
    else:  # not as root, or this machine allows no network of a thread's own
        assert (said.kind, said.reason) == (Kind.UNKNOWN, Reason.INSUFFICIENT_PROOF)
    (key,) = [need for need in fact.needs if need.what == "credential"]
    assert (key.name, key.origin) == ("env:BUCKET_KEY", Origin.ENVIRONMENT)


def test_a_key_that_lies_on_the_machine_of_the_data_is_lost_with_it(
    aws: AwsServer, tmp_path: Path, scratch: Path
) -> None:
    fact = from_a_bucket(aws, tmp_path, scratch, "file:key")
    assert fact.production_here == "what holds shop itself"
    said = verdict(CLAIM, fact)
    assert said.kind is Kind.BROKEN and "file:key came from the file key" in said.message


@pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed (restic)")
def test_a_program_of_its_own_reaches_the_store_alone(
    aws: AwsServer, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "a.jpg").write_bytes(os.urandom(500))
    bucket = f"b-{os.urandom(6).hex()}"
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    repository = f"s3:{aws.url}/{bucket}/uploads"
    given = {"AWS_ACCESS_KEY_ID": "setup", "AWS_SECRET_ACCESS_KEY": "setup", "RESTIC_PASSWORD": "of restic"}
    given |= {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_DEFAULT_REGION": REGION}
    for words in (["init"], ["backup", "uploads"]):
        command = ["restic", "--no-cache", "-r", repository, *words]
        subprocess.run(command, check=True, env=given, cwd=tmp_path, timeout=120, capture_output=True)
    monkeypatch.setenv("RESTIC_KEY", "of restic")
    monkeypatch.setenv("BUCKET_KEY", ACCESS)
    restoring = {"source": "uploads", "root": "uploads", "takes_at_most": 0}
    store = shop_store(None, scratch, kind="files", restore=restoring)
    kept = Backup(name="nightly", kind="restic", store="shop", environment="staging", repository=repository,
                  password="env:RESTIC_KEY", credentials="env:BUCKET_KEY", region=REGION)  # fmt: skip
    done = drilled(declared_shop(tmp_path, store, kept))
    assert done.run.outcome is DrillOutcome.PROVEN, done.run.detail
    if done.restored.only_reached:
        assert done.restored.only_reached == (aws.url.removeprefix("http://"),)
        assert verdict(CLAIM, done.restored).kind is Kind.HOLDS


@pytest.mark.skipif(program("pg_amcheck") is None, reason="PostgreSQL is not installed (postgresql)")
def test_roles_that_no_dump_holds_are_found(drilling: Drilling, good: Path) -> None:
    fact = drilling(good).restored
    assert fact.production_here == "the server of shop"
    said = verdict(CLAIM, fact)
    assert said.kind is Kind.BROKEN and "owner_shop" in said.message
    # Unless the repository has what makes them.
    (drilling.root / "roles.sql").write_text('create role if not exists Owner_Shop;\nCREATE USER "Ana ""B""";\n')
    fact = drilling(good, restore={"roles": "roles.sql"}).restored
    (role,) = [need for need in fact.needs if need.what == "role"]
    assert (role.name, role.origin) == ("owner_shop", Origin.REPOSITORY) and "roles.sql" in role.came_from
    assert verdict(CLAIM, fact).kind in (Kind.HOLDS, Kind.UNKNOWN)


def test_all_that_was_restored_must_have_been_cut_off() -> None:
    alone: dict[str, Any] = {"no_network": True, "only_reached": []}
    bucket: dict[str, Any] = {"no_network": False, "only_reached": ["192.0.2.1:443"]}
    open_to_all: dict[str, Any] = {"no_network": False, "only_reached": []}
    assert how_apart({"restore": alone}) == how_apart({"restore": alone, "restore-media": alone}) == (True, ())
    assert how_apart({"restore": alone, "restore-media": bucket}) == (False, ("192.0.2.1:443",))
    assert how_apart({"restore": alone, "restore-media": open_to_all}) == (False, ())
    assert how_apart({"restore": alone, "start-server": {"no_network": False}}) == (False, ())
    assert how_apart({}) == (False, ())


# ---- where production is


def seen(system: Declared, settings: Settings | None = None) -> str | None:
    store = system.data_stores[0]
    world = World(declared=system, now=datetime.now(UTC), settings=settings or Settings())
    return production_here(store, Scene("restore-1", system, store, world))


def declared(folder: Path, dsn: str | None = None, source: str | None = None, *hosts: Host) -> Declared:
    (folder / "dsn").write_text(dsn or "")
    store = shop_store("file:dsn" if dsn else None, None, restore={"source": source})
    return declared_shop(folder, store, hosts=hosts)


@pytest.mark.parametrize(
    ("dsn", "here"),
    [
        ("postgresql://ana@127.0.0.1/shop", "the server of shop"),
        ("postgresql://ana@[::1]/shop", "the server of shop"),
        ("postgresql:///shop", "the server of shop"),
        ("host=/run/postgresql dbname=shop", "the server of shop"),
        ("host=db.shop.example hostaddr=127.0.0.1", "the server of shop"),
        ("host=192.0.2.1,127.0.0.1", "the server of shop"),
        ("host=192.0.2.1 dbname=shop", ""),
        ("no connection string", None),
        ("mysql://ana@127.0.0.1/shop", "the server of shop"),
        ("mysql://ana@192.0.2.1/shop", ""),
        ("mariadb://ana@192.0.2.1/shop?unix_socket=/run/mysqld/mysqld.sock", "the server of shop"),
    ],
)
def test_the_server_of_the_data_may_be_this_machine(tmp_path: Path, dsn: str, here: str | None) -> None:
    assert seen(declared(tmp_path, dsn)) == here


def test_a_name_is_resolved(tmp_path: Path) -> None:
    system = declared(tmp_path, "host=db.shop.example dbname=shop")
    assert seen(system, Settings(resolve={"db.shop.example": "127.0.0.1"})) == "the server of shop"
    assert seen(system, Settings(resolve={"db.shop.example": "192.0.2.1"})) == ""


def test_what_could_not_be_looked_up_may_be_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That all the rest lies elsewhere does not say where it lies."""

    async def resolved(name: str, settings: Settings) -> tuple[str, ...] | Unseen:
        return Unseen(Reason.TIMED_OUT, "no resolver") if name.endswith(".invalid") else (name,)

    monkeypatch.setattr("prodproof.drills._restore_here.addresses_of", resolved)
    elsewhere, nowhere = Host(name="192.0.2.1"), Host(name="web.invalid")
    assert seen(declared(tmp_path, "host=db.invalid dbname=shop", None, elsewhere)) is None
    assert seen(declared(tmp_path, "no connection string", None, elsewhere)) is None
    assert seen(declared(tmp_path, "host=192.0.2.1 dbname=shop", None, elsewhere, nowhere)) is None
    assert seen(declared(tmp_path, "host=127.0.0.1 dbname=shop", None, nowhere)) == "the server of shop"
    system = declared(tmp_path, "host=192.0.2.1 dbname=shop", None, elsewhere)
    (tmp_path / "dsn").unlink()
    assert seen(system) is None


def test_the_source_may_lie_on_this_machine(tmp_path: Path) -> None:
    assert seen(declared(tmp_path, source="uploads")) == ""
    (tmp_path / "uploads").mkdir()
    assert seen(declared(tmp_path, source="uploads")) == "what holds shop itself"


def test_a_declared_host_may_be_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by an address with which every machine calls itself."""
    assert seen(declared(tmp_path)) is None
    elsewhere, itself = Host(name="192.0.2.1"), Host(name="web", addresses=("127.0.0.1",))
    assert seen(declared(tmp_path, None, None, elsewhere, itself)) == ""
    monkeypatch.setattr("prodproof.drills._restore_here._is_ours", lambda address: address == "192.0.2.1")
    assert seen(declared(tmp_path, None, None, itself, elsewhere)) == "the host 192.0.2.1"


def test_a_manager_of_secrets_is_named_and_may_stand_apart(tmp_path: Path) -> None:
    store = DataStore(name="shop", kind="postgres", environment="staging")
    vault = SecretManager(name="vault", kind="vault", environment="staging")
    other = SecretManager(name="other", kind="vault", environment="production", offsite="another provider")
    system = declared_shop(tmp_path, store, all_secret_managers=(other, vault))

    def need(system: Declared) -> tuple[str, str]:
        found = _need(store, system, "credential", "vault:secret/key#value", "vault", Origin.MANAGER)
        return found.manager, found.apart

    assert need(system) == ("vault", "")
    assert need(declared_shop(tmp_path, store)) == ("", "")
    secret = Secret(name="key", ref="vault:secret/key#value", environment="production", manager="other")
    assert need(replace(system, all_secrets=(secret,))) == ("other", "another provider")
    assert need(replace(system, all_secrets=(replace(secret, manager="vault"),))) == ("", "")
