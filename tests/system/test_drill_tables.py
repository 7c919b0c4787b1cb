"""What a system file says about drills: who signs, when they may run, what may be exercised."""

from pathlib import Path

import pytest

from prodproof.facts.declared import MaintenanceWindow, Permission
from prodproof.system.errors import SystemFileError
from prodproof.system.load import load
from prodproof.system.merged import read
from prodproof.system.trust import asks

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPkeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKeKe"
HEAD = 'version = 1\nname = "shop"\n'


def written(folder: Path, text: str) -> Path:
    (folder / "prodproof.toml").write_text(HEAD + text)
    return folder


def test_keys_windows_and_opt_ins_are_read(tmp_path: Path) -> None:
    declared = load(
        written(
            tmp_path,
            f'[[environment]]\nname = "production"\nallow = ["drills"]\n'
            f'[[person]]\nid = "ana"\nkeys = ["{KEY} ana@laptop"]\n'
            '[[maintenance]]\nname = "night"\nstart = "22:00"\nend = "04:30"\ndays = ["sat", "sun"]\n'
            'timezone = "Europe/Berlin"\nowner = "ana"\n'
            '[[data_store]]\nname = "db"\nkind = "postgres"\nallow = ["drills"]\n',
        )
    )
    assert declared.people[0].keys == (KEY,), "without the comment"
    (window,) = declared.maintenance
    assert (window.name, window.start, window.end, window.days) == ("night", "22:00", "04:30", ("sat", "sun"))
    assert (window.timezone, window.environment, window.owner) == ("Europe/Berlin", "production", "ana")
    assert declared.environment.allow == declared.data_stores[0].allow == {Permission.DRILLS}


def test_windows_are_those_of_the_environment(tmp_path: Path) -> None:
    text = (
        '[[environment]]\nname = "production"\n[[environment]]\nname = "staging"\nkind = "staging"\n'
        '[[maintenance]]\nname = "night"\nstart = "22:00"\nend = "04:30"\nenvironment = "staging"\n'
    )
    assert load(written(tmp_path, text), "production").maintenance == ()
    (window,) = load(tmp_path, "staging").maintenance
    assert isinstance(window, MaintenanceWindow) and len(window.days) == 7 and window.timezone == "UTC"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[[maintenance]]\nname = "n"\nstart = "25:00"\nend = "04:00"', "is no time of the day"),
        ('[[maintenance]]\nname = "n"\nstart = "1:00"\nend = "04:00"', "is no time of the day"),
        ('[[maintenance]]\nname = "n"\nstart = "01:00"\nend = "04:00"\ndays = []', "days"),
        ('[[maintenance]]\nname = "n"\nstart = "01:00"\nend = "04:00"\ndays = ["someday"]', "days"),
        (
            '[[maintenance]]\nname = "n"\nstart = "01:00"\nend = "04:00"\ntimezone = "Mars/Base"',
            "there is no time zone",
        ),
        ('[[maintenance]]\nname = "n"\nstart = "01:00"\nend = "04:00"\ntimezone = "../../etc/passwd"', "no time zone"),
        ('[[maintenance]]\nname = "n"\nstart = "01:00"\nend = "04:00"\nenvironment = "x"', "there is no environment"),
        ('[[person]]\nid = "ana"\nkeys = ["ssh-ed25519"]', "expected the line of a .pub file"),
        ('[[data_store]]\nname = "db"\nkind = "x"\nallow = ["port-scan"]', "allow"),
        ('[[environment]]\nname = "production"\nallow = ["errors"]', "allow"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, table: str, says: str) -> None:
    with pytest.raises(SystemFileError) as caught:
        load(written(tmp_path, table + "\n"))
    assert says in str(caught.value)


def test_a_private_key_is_not_shown(tmp_path: Path) -> None:
    secret = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
    with pytest.raises(SystemFileError) as caught:
        load(written(tmp_path, f'[[person]]\nid = "ana"\nkeys = ["-----BEGIN OPENSSH PRIVATE KEY-----{secret}"]\n'))
    assert secret not in str(caught.value) and "private key" in str(caught.value)


def test_whoever_may_approve_and_what_may_be_exercised_needs_trust(tmp_path: Path) -> None:
    text = (
        '[[environment]]\nname = "production"\nallow = ["drills"]\n'
        '[[data_store]]\nname = "db"\nkind = "postgres"\nallow = ["drills"]\n'
        f'[[person]]\nid = "ana"\nkeys = ["{KEY}"]\n'
    )
    asked = {(ask.what, ask.where, ask.exactly) for ask in asks(read(written(tmp_path, text)))}
    assert {
        ("exercises", "environment production", "everything in it"),
        ("exercises", "data store db of production", "db"),
        ("lets approve", "person ana", KEY),
    } <= asked
