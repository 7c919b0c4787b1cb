"""Readers of configuration take any text: they answer, or say that it is incomplete, and never raise or hang."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.reach.files import codeowners
from prodproof.reach.files.alert_rules import read_alarms, read_rules
from prodproof.reach.files.dockerfile import Dockerfile, parse_dockerfile
from prodproof.reach.files.kube_objects import read_objects
from prodproof.reach.files.placed import is_too_deep
from prodproof.reach.files.terraform import read_resources
from prodproof.reach.http.failure import why
from prodproof.reach.manifests import npm, others, python
from prodproof.reach.manifests.parsing import UnparsableError
from prodproof.reach.pipelines import update_bots

READERS = (
    pytest.param(read_resources, 'resource "a" "b" {{\n x = {}\n}}\n', id="terraform"),
    pytest.param(read_rules, "groups:\n- name: a\n  rules:\n  - alert: {}\n    expr: {}\n", id="alert rules"),
    pytest.param(read_alarms, 'resource "aws_cloudwatch_metric_alarm" "b" {{\n x = {}\n}}\n', id="alarms"),
    pytest.param(codeowners.parse, "/a @b\n{} @a/b\n[x] {}\n", id="CODEOWNERS"),
    pytest.param(lambda text: update_bots.dependabot(text, "a"), "updates:\n- directory: {}\n  {}\n", id="dependabot"),
    pytest.param(lambda text: update_bots.renovate(text, "a"), "{{extends: [{}], a: {}}}", id="renovate"),
    pytest.param(lambda text: read_objects(text, "a.yaml"), "kind: Pod\napiVersion: v1\nspec: {}\n", id="Kubernetes"),
)
TEXTS = st.text(alphabet=string.printable + "é\u2028²٣\x00\x1b", max_size=120)


@pytest.mark.parametrize(("reader", "frame"), READERS)
@settings(deadline=None)
@given(text=TEXTS, framed=st.booleans())
def test_any_text(reader: Callable[[str], object], frame: str, text: str, framed: bool) -> None:
    answer = reader(frame.replace("{}", "\0").format().replace("\0", text) if framed else text)
    if isinstance(answer, Unseen):
        assert answer.why is Reason.INCOMPLETE and answer.detail.isprintable()
    else:
        assert answer is None or isinstance(answer, list | tuple)


@pytest.mark.parametrize(("reader", "frame"), READERS)
@pytest.mark.parametrize("flood", ["\n", " \n", '\\"', "[", "{", "- ", "//", "/*", "a."])
def test_floods(reader: Callable[[str], object], frame: str, flood: str) -> None:
    size = 20_000 if "resource" in frame else 500_000  # terraform's parser is slow for any text
    reader(flood * (size // len(flood)))


@pytest.mark.parametrize("text", ["[" * 1_000_000, "{a: " * 300_000, "- " * 500_000])
def test_yaml_of_any_depth_is_refused_at_once(text: str) -> None:
    assert is_too_deep(text)
    with pytest.raises(UnparsableError):
        npm.read_yaml(text)


@pytest.mark.parametrize(
    "text",
    [".".join("a" * 500_000) + " = 1", "[" + " . ".join(["'a'"] * 300_000) + "]", 'x = {a."b".' + "c." * 300_000],
)
def test_toml_keys_of_any_length_are_refused_at_once(text: str) -> None:
    with pytest.raises(UnparsableError):
        python.read_toml(text)


def test_dots_that_are_no_key_are_read() -> None:
    dots = "." * 300
    assert python.read_toml(f'a = "{dots}"\n# {dots}\nb.c = """\n{dots}\n1. one\n"""\n')["a"] == dots


def test_numbers_without_end_are_numbers_of_nothing() -> None:
    endless = "9" * 10_000
    dockerfile = parse_dockerfile("FROM a\n")
    assert isinstance(dockerfile, Dockerfile)
    assert dockerfile.stage("0") == 0
    assert dockerfile.stage(endless) is dockerfile.stage("²") is None
    assert others.read_go_mod("go.mod", f"module a\n\ngo 1.{endless}\n").dependencies == ()


def test_a_handshake_that_goes_on_is_not_why_it_ended() -> None:
    import ssl

    import httpx

    ended = httpx.ConnectTimeout("")
    ended.__context__ = ssl.SSLWantReadError(2, "The operation did not complete (read)")
    reset = httpx.ReadError("")
    reset.__cause__ = ConnectionResetError(104, "Connection reset by peer")
    reset.__cause__.__context__ = ssl.SSLWantReadError(2, "The operation did not complete (read)")
    assert why(ended, "shop.example").why is Reason.TIMED_OUT
    assert why(reset, "shop.example").detail == "shop.example: connection reset by peer"
