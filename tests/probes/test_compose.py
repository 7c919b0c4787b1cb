"""Compose files: any structure and any text is read or unseen, in bounded time."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.codec import canonical, decode, encode
from prodproof.facts.runtime import ComposeService
from prodproof.probes import infrastructure, runtime
from prodproof.probes._compose import compose_files, services
from prodproof.reach.git.repository import RepositoryReader
from tests.probes.files import seen, survey

_KEYS = st.sampled_from(
    ["services", "image", "build", "user", "privileged", "cap_add", "pid", "network_mode", "ipc", "userns_mode",
     "security_opt", "volumes", "source", "read_only", "deploy", "update_config", "parallelism", "failure_action",
     "order", "replicas", "healthcheck", "disable", "test", "<<", "a", "b"]
)  # fmt: skip
_WORDS = st.sampled_from(
    ["host", "ALL", "CAP_SYS_ADMIN", "seccomp:unconfined", "apparmor=unconfined", "/var/run/docker.sock:/s", "/:/h:ro",
     "/etc:", ":", "NONE", "CMD", "root", "shop:1", "\ud800", "{{ x }}"]
)  # fmt: skip
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | _WORDS
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6), max_leaves=30
)
_SERVICES = st.dictionaries(_KEYS | st.text(max_size=4), st.dictionaries(_KEYS, _VALUES, max_size=8), max_size=3)
_TOKENS = st.sampled_from(
    ["services:", "\n", "\n  ", "\n    ", "web:", "privileged: true", "volumes:", "- ", "/:/host", "&a ", "*a", "<<: ",
     "{", "}", "[", "]", ",", "!!binary ", "? ", ": ", "|", ">", "\t", "---\n", "...\n", "%YAML 9\n", "'", '"', "#",
     "x: ", "~", "\x00", "é", "\ud800"]
)  # fmt: skip


def read(folder: Path, content: bytes) -> list[ComposeService | Unseen]:
    """What a repository with this compose file alone gives."""
    (folder / "compose.yml").write_bytes(content)
    reader = RepositoryReader.open(folder)
    assert isinstance(reader, RepositoryReader)
    found: list[ComposeService | Unseen] = []
    for name, documents in compose_files(reader):
        found += [documents] if isinstance(documents, Unseen) else services(documents, name, False)
    return found


def check(found: list[ComposeService | Unseen]) -> None:
    for one in found:
        assert isinstance(one, ComposeService | Unseen)
        if isinstance(one, ComposeService):
            assert decode(ComposeService, json.loads(canonical(encode(one)))) == one
            assert one.update is None or type(one.update.parallelism) is int
            assert all(type(text) is str for text in (*one.mounts, *one.added, *one.unconfined))


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(_SERVICES.map(lambda found: {"services": found}) | _VALUES)
def test_any_structure_is_read_or_unseen(tmp_path: Path, data: Any) -> None:
    check(read(tmp_path, json.dumps(data).encode()))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_TOKENS | st.text(max_size=3), max_size=30).map("".join), st.booleans())
def test_any_text_is_read_or_unseen(tmp_path: Path, text: str, begun: bool) -> None:
    begin = "services:\n  web:\n    image: shop\n    " if begun else ""
    check(read(tmp_path, (begin + text).encode("utf-8", "surrogatepass")))


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_unseen(tmp_path: Path, content: bytes) -> None:
    check(read(tmp_path, content))


LAYERS = "\n".join(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 30))


@pytest.mark.parametrize("key", ["volumes", "cap_add", "security_opt", "image", "deploy", "healthcheck", "user"])
def test_anchors_that_multiply_are_bounded(tmp_path: Path, key: str) -> None:
    text = f"a0: &a0 [x]\n{LAYERS}\nservices: {{web: {{privileged: true, {key}: *a29}}}}\n"
    (service,) = read(tmp_path, text.encode())
    assert isinstance(service, ComposeService) and service.privileged and service.mounts == ()


@pytest.mark.parametrize("key", ["volumes", "cap_add", "security_opt", "x-other"])
def test_a_list_that_many_services_share_is_bounded(tmp_path: Path, key: str) -> None:
    listed = ", ".join(["ALL"] * 10_000)
    shared = "\n".join(f"  s{number}: {{image: shop, {key}: *many}}" for number in range(10_000))
    found = read(tmp_path, f"x-many: &many [{listed}]\nservices:\n{shared}\n".encode())
    if key.startswith("x"):
        assert len(found) == 10_000
    else:
        (unseen,) = found
        assert isinstance(unseen, Unseen) and unseen.detail.startswith("compose.yml ")


def test_a_volume_that_is_no_text_is_no_path(tmp_path: Path) -> None:
    (service,) = read(tmp_path, b"services: {web: {image: shop, volumes: [null, [/, /etc], 7, true, /etc]}}")
    assert isinstance(service, ComposeService) and service.mounts == ("/etc",)


@pytest.mark.parametrize("observe", [runtime.observe, infrastructure.observe])
def test_both_probes_say_what_they_could_not_read(tmp_path: Path, observe: Any) -> None:
    found = survey(observe, tmp_path, {"compose.yml": "services: {web: [}\n", "deploy/compose.yml": "services: {}\n"})
    assert any(isinstance(one, Unseen) for facts in found.values() for one in seen(facts).values())


def test_text_that_is_not_unicode_can_be_kept(tmp_path: Path) -> None:
    text = (
        r'{"services": {"a\ud800": {"user": "\ud800", "image": "\udfff", "cap_add": ["\ud800"], "volumes": ["/etc"]}}}'
    )
    found = read(tmp_path, text.encode())
    assert found
    check(found)
