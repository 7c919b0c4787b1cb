"""What a system file says about exercises of an application, of alerts about backups, and what that asks trust for."""

from pathlib import Path

import pytest

from prodproof.facts import Subject
from prodproof.facts.declared import BackupAlarm, DjangoApp, Permission, Rehearsal
from prodproof.system.errors import SystemFileError
from prodproof.system.load import load
from prodproof.system.merged import read
from prodproof.system.trust import asks

HEAD = 'version = 1\nname = "shop"\n'
DJANGO = '[[django]]\nmanage = ["./manage.py"]\nallow = ["drills"]\n'
ROLLBACK = (
    '[django.rollback]\nmanage = ["{root}/python", "manage.py"]\ndatabase = "postgresql"\ncopy_of = "/srv/shop.dump"\n'
    'serve = ["gunicorn", "-b", "127.0.0.1:{port}"]\nhealth = "/up"\nversion_path = "/version"\nwrite = ["seed"]\n'
    'enqueue = ["order"]\nrun_job = ["work", "--once"]\ncurrent = "main"\nprevious = "commit"\nreverse = true\n'
    'objective = "10m"\nnetwork = true\nvariables = { B = "{db_host}", A = "{random:a}" }\n'
)
ALARM = (
    '[[backup]]\nname = "nightly"\nkind = "dump"\npath = "/srv/*.dump"\nallow = ["drills"]\n[backup.alarm]\n'
    'metric = "backup_success_seconds"\ntextfiles = "/var/lib/node_exporter"\nalert = "TooOld"\nwithin = "2h"\n'
)
MONITORING = (
    '[monitoring]\nprometheus_url = "https://prometheus.shop.example"\n'
    'alertmanager_url = "http://10.0.0.5:9093/am"\ncredentials = "env:MONITORING"\n'
)


def written(folder: Path, text: str) -> Path:
    (folder / "prodproof.toml").write_text(HEAD + text)
    return folder


def test_how_a_rollback_is_exercised_is_read(tmp_path: Path) -> None:
    declared = load(written(tmp_path, DJANGO + ROLLBACK))
    (app,) = declared.django
    assert app.rollback == Rehearsal(
        manage=("{root}/python", "manage.py"), database="postgresql", copy_of="/srv/shop.dump",
        serve=("gunicorn", "-b", "127.0.0.1:{port}"), health="/up", version_path="/version", write=("seed",),
        enqueue=("order",), run_job=("work", "--once"), current="main", previous="commit", reverse=True,
        objective=600, network=True, variables=(("A", "{random:a}"), ("B", "{db_host}")),
    )  # fmt: skip
    assert app.allow == {Permission.DRILLS} and app.subject == Subject("app", "shop#production")
    assert declared.find(DjangoApp, app.subject) is app
    assert load(written(tmp_path, DJANGO)).django[0].rollback is None


def test_applications_of_one_repository_are_told_apart(tmp_path: Path) -> None:
    text = '[[repository]]\npath = "."\nname = "acme/shop"\n'
    text += '[[django]]\nmanage = ["a"]\n[[django]]\nmanage = ["a"]\ndirectory = "api"\n'
    names = {str(app.subject) for app in load(written(tmp_path, text)).django}
    assert names == {"app:acme/shop#production", "app:acme/shop/api#production"}


def test_how_a_backup_is_missed_is_read(tmp_path: Path) -> None:
    declared = load(written(tmp_path, ALARM + MONITORING))
    (backup,) = declared.backups
    assert backup.allow == {Permission.DRILLS}
    assert backup.alarm == BackupAlarm(
        metric="backup_success_seconds", textfiles="/var/lib/node_exporter", alert="TooOld", within=7200
    )
    assert declared.monitoring.alertmanager_url == "http://10.0.0.5:9093/am"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (DJANGO + "[django.rollback]\n", "manage"),
        (DJANGO + ROLLBACK.replace('"/up"', '"up"'), "expected a path of the application"),
        (DJANGO + ROLLBACK.replace('"main"', '"--output=x"'), "expected a tag, a branch or a commit"),
        (DJANGO + ROLLBACK.replace('"commit"', '"HEAD~3"'), "expected a tag, a branch or a commit"),
        (DJANGO + ROLLBACK.replace('"postgresql"', '"oracle"'), "database"),
        (ALARM.replace("backup_success_seconds", "a{b=1}"), "metric"),
        (ALARM.replace('"2h"', '"soon"'), "within"),
        (MONITORING.replace("env:MONITORING", "hunter2"), "credentials"),
        (MONITORING.replace("http://10", "10"), "alertmanager_url"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SystemFileError) as raised:
        load(written(tmp_path, text))
    assert says in str(raised.value)


def test_everything_that_runs_or_is_written_or_contacted_asks_for_trust(tmp_path: Path) -> None:
    found = [str(ask) for ask in asks(read(written(tmp_path, DJANGO + ROLLBACK + ALARM + MONITORING)))]
    text = "\n".join(found)
    for part in (
        "'{root}/python' manage.py", "gunicorn -b '127.0.0.1:{port}'", "seed", "order", "work --once", "A={random:a}",
        "with the network", "a copy of /srv/shop.dump", "writes into /var/lib/node_exporter",
        "env:MONITORING, sent to https://prometheus.shop.example", "http://10.0.0.5:9093/am",
    ):  # fmt: skip
        assert part in text, part
    changed = asks(read(written(tmp_path, DJANGO + ROLLBACK.replace("{random:a}", "x") + ALARM + MONITORING)))
    assert set(changed) != set(asks(read(written(tmp_path, DJANGO + ROLLBACK + ALARM + MONITORING))))
