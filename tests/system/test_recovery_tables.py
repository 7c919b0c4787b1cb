"""The tables about recovery: what they declare, and how mistakes in them are told."""

from datetime import date
from pathlib import Path

import pytest

from prodproof.facts import Subject
from prodproof.facts.declared import Backup, Permission
from prodproof.system.errors import SystemFileError
from prodproof.system.load import load
from prodproof.system.merged import read
from prodproof.system.trust import asks

HEAD = 'version = 1\nname = "shop"\n[[data_store]]\nname = "database"\nkind = "postgres"\n'


def write(directory: Path, text: str) -> Path:
    file = directory / "prodproof.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    return file


def backup(directory: Path, text: str) -> Backup:
    (found,) = load(write(directory, f'[[backup]]\nname = "nightly"\n{text}')).backups
    return found


def problem(directory: Path, text: str) -> str:
    with pytest.raises(SystemFileError) as caught:
        load(write(directory, f'[[backup]]\nname = "nightly"\n{text}'), today=date(2026, 11, 21))
    (found,) = caught.value.problems
    return f"{found.key}: {found.message}"


def test_files_as_before(tmp_path: Path) -> None:
    found = backup(tmp_path, 'path = "/srv/*.dump"\nkind = "dump"\nstore = "database"\n')
    assert (found.path, found.kind, found.store, found.keep) == ("/srv/*.dump", "dump", "database", None)
    assert found.subject == Subject("backup", "nightly")


def test_a_repository_with_its_key_retention_and_place(tmp_path: Path) -> None:
    found = backup(
        tmp_path,
        'kind = "restic"\nrepository = "s3:https://s3.eu-central-1.amazonaws.com/shop-backups"\n'
        'password = "vault:secret/restic#password"\ncredentials = "env:RESTIC_KEYS"\nregion = "eu-central-1"\n'
        'keep = "30d"\noffsite = "AWS account 2222"\n',
    )
    assert found.repository == "s3:https://s3.eu-central-1.amazonaws.com/shop-backups"
    assert (found.password, found.credentials) == ("vault:secret/restic#password", "env:RESTIC_KEYS")
    assert (found.keep, found.offsite, found.path) == (30 * 86400, "AWS account 2222", "")


@pytest.mark.parametrize(
    "text",
    [
        'kind = "pgbackrest"\nstanza = "main"\n',
        'kind = "pgbackrest"\nstanza = "main"\nrepository = "/var/lib/pgbackrest"\npassword = "env:KEY"\n',
        'kind = "barman"\nserver = "pg"\nconfig = "/etc/barman.conf"\n',
        'kind = "borg"\nrepository = "ssh://borg@backup.example/./shop"\npassword = "env:BORG"\n',
        'kind = "borg"\nrepository = "/srv/borg"\n',
        'kind = "s3"\nrepository = "s3://shop-backups/nightly"\n',
        'kind = "rds"\nserver = "shop"\nregion = "eu-central-1"\n',
        'kind = "sqlite"\npath = "copies/*.db"\n',
        'kind = "mysql-dump"\npath = "copies/*.sql.gz"\n',
    ],
)
def test_each_kind(tmp_path: Path, text: str) -> None:
    assert backup(tmp_path, text).name == "nightly"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('kind = "dump"\n', "of the kind dump needs path"),
        ('kind = "pgbackrest"\n', "of the kind pgbackrest needs stanza"),
        ('kind = "barman"\n', "of the kind barman needs server"),
        ('kind = "borg"\n', "of the kind borg needs repository"),
        ('kind = "restic"\nrepository = "/srv"\n', "needs password"),
        ('kind = "s3"\nrepository = "shop-backups"\n', 'is "s3://BUCKET/PREFIX"'),
        ('kind = "dump"\npath = "x"\nstanza = "main"\n', "stanza: counts only for the kind pgbackrest"),
        ('kind = "borg"\nrepository = "/srv"\nregion = "x"\n', "region: counts only for the kind restic or s3 or rds"),
        ('kind = "dump"\npath = "x"\npassword = "env:KEY"\n', "password: counts only for the kind"),
        ('kind = "pgbackrest"\nstanza = "m"\nconfig = "c"\nrepository = "/r"\n', "is said by config already"),
        ('kind = "dump"\npath = "x"\nstore = "databse"\n', 'did you mean "database"'),
        ('kind = "dump"\npath = "x"\nkeep = 30\n', "a number without a unit"),
        ('kind = "tape"\npath = "x"\n', "kind"),
        ('kind = "borg"\nrepository = "--repair"\n', "expected a path, or an address"),
        ('kind = "pgbackrest"\nstanza = "--delta"\n', "expected a name of letters"),
    ],
)
def test_what_does_not_fit_together(tmp_path: Path, text: str, says: str) -> None:
    assert says in problem(tmp_path, text)


@pytest.mark.parametrize(
    "repository",
    [
        "ssh://borg:p4ssw0rd@backup.example/./shop",
        "rest:https://shop:p4ssw0rd@backup.example/",
        "s3:http://a:p4ssw0rd@x",
    ],
)
def test_a_password_in_a_repository_is_refused_and_not_shown(tmp_path: Path, repository: str) -> None:
    text = problem(tmp_path, f'kind = "restic"\nrepository = "{repository}"\npassword = "env:KEY"\n')
    assert "holds a password" in text and "p4ssw0rd" not in text


def test_a_real_password_is_no_reference(tmp_path: Path) -> None:
    text = problem(tmp_path, 'kind = "borg"\nrepository = "/srv"\npassword = "p4ssw0rd"\n')
    assert "not the value itself" in text and "p4ssw0rd" not in text


def test_programs_and_keys_need_trust(tmp_path: Path) -> None:
    text = (
        '[[backup]]\nname = "files"\nkind = "folder"\npath = "x"\n'
        '[[backup]]\nname = "a"\nkind = "restic"\nrepository = "/srv/r"\npassword = "env:A"\ncredentials = "env:K"\n'
        '[[backup]]\nname = "b"\nkind = "pgbackrest"\nstanza = "main"\nconfig = "etc/pgbackrest.conf"\n'
        '[[backup]]\nname = "c"\nkind = "s3"\nrepository = "s3://shop-backups/"\n'
    )
    asked = [(ask.what, ask.where, ask.exactly) for ask in asks(read(write(tmp_path, text))) if "backup" in ask.where]
    assert asked == [
        ("contacts", "backup c of production", "s3 s3://shop-backups/ at AWS"),
        ("reads secret", "backup a of production", "env:A, given to restic for /srv/r"),
        ("reads secret", "backup a of production", "env:K, given to restic for /srv/r"),
        ("runs", "backup a of production", "restic /srv/r"),
        ("runs", "backup b of production", "pgbackrest main etc/pgbackrest.conf"),
    ]


def test_what_makes_roles_and_where_a_manager_of_secrets_stands(tmp_path: Path) -> None:
    declared = load(
        write(
            tmp_path,
            '[data_store.restore]\nroles = "deploy/roles.sql"\n'
            '[[secret_manager]]\nname = "vault"\nkind = "vault"\nurl = "https://vault.example"\n'
            'offsite = "another provider"\n',
        )
    )
    assert declared.data_stores[0].restore.roles == "deploy/roles.sql"
    assert declared.secret_managers[0].offsite == "another provider"


def test_what_production_has_where_its_backups_lie(tmp_path: Path) -> None:
    text = (
        'kind = "s3"\nrepository = "s3://shop-backups/db"\nproduction_credentials = "env:SHOP_BACKUP_KEYS"\n'
        'allow = ["canary"]\n'
    )
    found = backup(tmp_path, text)
    assert (found.production_credentials, found.allow) == ("env:SHOP_BACKUP_KEYS", frozenset({Permission.CANARY}))
    asked = {(ask.what, ask.exactly) for ask in asks(read(write(tmp_path, f'[[backup]]\nname = "n"\n{text}')))}
    assert ("reads secret", "env:SHOP_BACKUP_KEYS, given to s3 for s3://shop-backups/db") in asked
    assert any(what == "sends traffic" and "tries to delete it" in exactly for what, exactly in asked)


def test_what_production_has_counts_in_buckets_alone(tmp_path: Path) -> None:
    text = 'kind = "dump"\npath = "/srv/*.dump"\nproduction_credentials = "env:SHOP_BACKUP_KEYS"\n'
    assert "counts only for the kind" in problem(tmp_path, text)
