"""Source maps, base64 and Kubernetes manifests."""

import base64
import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason
from tests.trace.content.collecting import SECRET, Dribble, collect

SOURCE = 'const key = "' + SECRET.decode() + '"\n'
MAP = json.dumps(
    {
        "version": 3,
        "file": "app.js",
        "sources": ["src/x.ts", "src/y.ts"],
        "sourcesContent": [SOURCE, None],
        "mappings": "AAAA",
    },
    separators=(",", ":"),
).encode()


def test_the_sources_of_a_source_map() -> None:
    collected = collect(MAP, "app.js.map")
    assert collected.items["app.js.map!src/x.ts"] == SOURCE.encode()
    assert collected.gaps == []


def test_a_source_map_in_sections() -> None:
    data = json.dumps({"version": 3, "sections": [{"offset": {}, "map": json.loads(MAP)}]}).encode()
    assert collect(b")]}'\n" + data, "app.js.map").holding() == ["app.js.map!src/x.ts"]


def test_what_is_no_source_map_is_read_as_it_is() -> None:
    for data in (b'{"version":3,' + SECRET, b'{"version": 3, "sources": ' + b"[" * 100_000 + SECRET, b"[]" + SECRET):
        assert collect(data, "x.map").holding() == ["x.map"]


def test_a_source_map_within_a_script() -> None:
    script = b"x()\n//# sourceMappingURL=data:application/json;base64," + base64.b64encode(MAP) + b"\n"
    offset = script.index(b"base64,") + 7
    collected = collect(script, "app.js", decode=True)
    assert collected.holding() == [f"app.js!base64@{offset}!src/x.ts"]


@settings(max_examples=150, deadline=None)
@given(
    before=st.integers(0, 300),
    length=st.integers(18, 400),
    url=st.booleans(),
    padded=st.booleans(),
    most=st.sampled_from([3, 40, 5_000]),
    seed=st.integers(0, 1000),
)
def test_text_in_base64_is_decoded_wherever_it_stands(
    before: int, length: int, url: bool, padded: bool, most: int, seed: int
) -> None:
    chance = random.Random(seed)
    text = bytes(chance.choices(range(32, 127), k=length))
    run = (base64.urlsafe_b64encode if url else base64.b64encode)(text)
    data = b"word " * before + b'{"v": "' + (run if padded else run.rstrip(b"=")) + b'"} tail' * chance.randint(0, 3)
    collected = collect(Dribble(data, seed, most), "x", decode=True)
    assert collected.items["x"] == data
    assert collected.items[f"x!base64@{5 * before + 7}"] == text


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("most", [1, 50, 10_000])
def test_base64_that_is_wrapped_into_lines(end: bytes, width: int, most: int) -> None:
    text = SECRET * 9
    run = base64.b64encode(text)
    lines = end.join(run[at : at + width] for at in range(0, len(run), width))
    collected = collect(Dribble(b"begin:" + end + lines + end + b"end", most=most), "x", decode=True)
    assert collected.items[f"x!base64@{6 + len(end)}"] == text


def test_base64_around_a_container_around_base64() -> None:
    data = base64.b64encode(gzip.compress(b"data: " + base64.b64encode(SECRET)))
    assert len(collect(b'"' + data + b'"', "x", decode=True).holding()) == 1


def test_base64_of_random_bytes_hashes_and_paths_is_left_alone() -> None:
    lines = [
        base64.b64encode(random.Random(1).randbytes(60)),
        b"0123456789abcdef" * 4,
        b"usr/share/common/licenses/python/doc",
    ]
    assert list(collect(b"\n".join(lines), "x", decode=True).items) == ["x"]


def test_one_endless_run_is_a_gap() -> None:
    collected = collect(b"QUFB" * 5_000_000, "x", decode=True)
    assert collected.gaps == [("x", Reason.INCOMPLETE, "it has more base64 than is decoded")]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_data_of_a_kubernetes_secret_is_told_with_its_names(form: str) -> None:
    value = base64.b64encode(b"hunter2").decode()
    text = {
        "yaml": f"apiVersion: v1\nkind: Secret\ndata:\n  DB_PASSWORD: {value}\n  other: '{value}'\n",
        "json": json.dumps({"kind": "Secret", "data": {"DB_PASSWORD": value, "other": value}}, indent=1),
    }[form].encode()
    collected = collect(text, f"secret.{form}", decode=True)
    assert collected.items[f"secret.{form}!data"] == b"DB_PASSWORD: hunter2\nother: hunter2\n"


def test_a_manifest_of_another_kind_is_not_decoded() -> None:
    text = b"kind: ConfigMap\ndata:\n  name: YWJjZGVmZ2g=\n"
    assert list(collect(text, "map.yaml", decode=True).items) == ["map.yaml"]
