"""A personal key lets in its owner, and nobody else; behind the filter, from the office alone."""

import os
import subprocess
from collections.abc import Sequence

import pytest

from prodproof.range import Range
from prodproof.range.components.repo import Repo
from prodproof.range.components.sshd import Sshd
from prodproof.range.places import Form
from tests.range.parts import needs, range_of
from tests.range.test_namespaces import WHY_NOT

pytestmark = needs("sshd", "ssh", "ssh-keygen")
ISOLATED = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


def log_in(harbour: Range, user: str, *options: str, source: str | None = None) -> subprocess.CompletedProcess[str]:
    sshd = harbour.part(Sshd)
    command: Sequence[str] = (
        *("ssh", "-F", "none", "-p", str(harbour.places.ssh), "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"),
        *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes"),
        *(("-b", source) if source else ()),
        *(*options, f"{user}@{sshd.address}", "id -un"),
    )
    return harbour.outside(
        lambda: subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=False, env={"PATH": os.environ["PATH"]}
        )
    )


def let_in_by_personal_keys_only(harbour: Range, source: str | None) -> None:
    sshd = harbour.part(Sshd)
    assert sshd.people() == ["ana", "ben"], "who left has no key"
    if os.geteuid() == 0 and not sshd.accounts:
        pytest.skip("root may not mount here, so nobody can log in")
    for person in sshd.people():
        done = log_in(harbour, sshd.account(person), "-i", str(sshd.key(person)), source=source)
        assert done.stdout.strip() == sshd.account(person), done.stderr
    if sshd.accounts:
        refused = log_in(harbour, "ana", "-i", str(sshd.key("ben")), source=source)
        assert "Permission denied (publickey)." in refused.stderr
    for user, options in (
        ("root", ("-i", str(sshd.key("ana"))) if sshd.accounts else ()),
        ("cleo", ("-i", str(sshd.key("ana")))),
        (sshd.account("ana"), ("-o", "PreferredAuthentications=password,keyboard-interactive")),
    ):
        refused = log_in(harbour, user, *options, source=source)
        assert refused.returncode == 255
        assert "Permission denied (publickey)." in refused.stderr, "no other way in is offered"


def test_inside_where_nothing_filters() -> None:
    with range_of(Form.FULL, Repo, Sshd) as harbour:
        let_in_by_personal_keys_only(harbour, None)
        assert not harbour.listens(harbour.places.outside_of, harbour.places.ssh)
        harbour.part(Sshd).stop()
        assert dict(harbour.status())["sshd"] == "stopped"
        harbour.mend()
        assert dict(harbour.status())["sshd"] is None


@ISOLATED
def test_from_the_office_alone() -> None:
    with range_of(Form.ISOLATED, Repo, Sshd) as harbour:
        let_in_by_personal_keys_only(harbour, harbour.places.office)
        sshd = harbour.part(Sshd)
        stranger = log_in(harbour, "ana", "-i", str(sshd.key("ana")), source=harbour.places.vantage)
        assert "Connection refused" in stranger.stderr
