"""What is set aside in an artifact, what is named of many findings, and what a search without values proves."""

from dataclasses import replace

import pytest

from prodproof.facts import Reason
from prodproof.facts.artifacts import ArtifactSearch
from prodproof.facts.traced import SecretSeen, Traced, Unsearched
from prodproof.guarantees._traced import SHOWN, found, unproven
from prodproof.guarantees.secrets.not_in_artifacts import artifact
from prodproof.verdicts import Kind

SEARCHED = Traced(bytes_read=20_000, rules=700, values=5)
KEY = SecretSeen(
    what="Private key", rule="private-key", path="a", finding="0a1b2c3d4e5f", fingerprint="00" * 16, line=1
)


def kind_at(path: str) -> Kind:
    """The verdict of an image in which a rule finds a key at one path."""
    search = ArtifactSearch(kind="image", files=("i.tar",), traced=replace(SEARCHED, seen=(replace(KEY, path=path),)))
    return artifact(search).kind


@pytest.mark.parametrize(
    "path",
    [
        "i.tar!layer!usr/lib/python3/dist-packages/twisted/test/server.pem",
        "srv/app/lib/python3.12/site-packages/tornado/tests/key.pem",
        "site-packages/testing/key.pem",
        "app/node_modules/tls/test/key.pem",
        "app/node_modules/tls/deep/er/testdata/key.pem",
        "app/node_modules/tls/test_data/key.pem",
        "app/node_modules/tls/fixture/key.pem",
        "app/node_modules/tls/fixtures/key.pem",
        "app/node_modules/tls/example/key.js",
        "app/node_modules/tls/examples/key.js",
        "app/node_modules/tls/doc/key.md",
        "app/node_modules/tls/docs/key.md",
        "usr/local/bundle/gems/tls-1.0/spec/key.rb",
        "app/vendor/bundle/tls/spec/key.rb",
        "usr/lib/python3.12/test/keycert.pem",
        "usr/lib/python3.9/idlelib/key.py",
        "usr/lib/python3.9/lib2to3/tests/key.py",
        "usr/lib/python3.9/unit_test/test/key.py",
        "usr/lib/python3.9/ctypes/tests/key.py",
        "usr/share/doc/tls/key.pem",
        "usr/share/perl/5.36/key.pl",
        "usr/share/perl5/key.pm",
    ],
)
def test_a_key_in_the_tests_of_an_installed_package_is_set_aside(path: str) -> None:
    assert kind_at(path) is Kind.HOLDS


@pytest.mark.parametrize(
    "path",
    [
        "app/tests/key.pem",
        "app/node_modules/tls/key.pem",
        "app/node_modules/tls/contest/key.pem",
        "app/my-site-packages/tests/key.pem",
        "usr/lib/python3.9/ssl/key.pem",
        "usr/lib/python3.9/2to3/tests/key.pem",
        "usr/lib/python3./test/key.pem",
        "usr/lib/python3.x/test/key.pem",
        "usr/lib/python3.9//tests/key.pem",
        "usr/share/key.pem",
    ],
)
def test_a_key_anywhere_else_counts(path: str) -> None:
    assert kind_at(path) is Kind.BROKEN


@pytest.mark.parametrize(
    ("seen", "more", "last"), [(SHOWN, 0, None), (SHOWN + 1, 0, "and 1 more"), (1, 2, "and 2 more")]
)
def test_many_findings_are_named_up_to_a_bound(seen: int, more: int, last: str | None) -> None:
    items = tuple(replace(KEY, line=number + 1, finding=f"{number:012x}") for number in range(seen))
    findings = found(replace(SEARCHED, seen=items, more=more), "", "replace it")
    named = [item for item in findings if item.rule == "secret"]
    assert len(named) == min(seen, 50) and {item.mend for item in named} == {"replace it"}
    assert [item.message for item in findings if item.rule != "secret"] == ([last] if last else [])


def test_a_search_that_needs_no_values_is_whole_without_them() -> None:
    nothing = replace(SEARCHED, values=0, unresolved=(Unsearched(path="key", why=Reason.DENIED, detail="refused"),))
    assert unproven(nothing, needs_values=False) is None
    assert unproven(replace(nothing, unresolved=()), needs_values=False) is None
    lacking, none = unproven(nothing), unproven(replace(nothing, unresolved=()))
    assert lacking is not None and lacking.reason is Reason.DENIED
    assert none is not None and none.reason is Reason.NOT_DECLARED
