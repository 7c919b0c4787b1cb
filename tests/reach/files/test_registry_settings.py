# ruff: noqa: E501 (file formats stand here as they are written)
"""Which registries the settings of package managers name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.registries import RegistryUse
from prodproof.reach.files.registry_settings import read_settings

SAID = [
    ("pip.conf", "[global]\nindex-url = https://a:b@idx.example/simple\n", ("default", "idx.example", False)),
    ("pip.conf", "[install]\nextra-index-url =\n    https://x.example\n", ("extra", "x.example", False)),
    ("pip.conf", "[global]\ntrusted-host = idx.example\n", ("scoped", "idx.example", True)),
    ("pip.conf", "[global]\ntrusted-host = localhost\n", ("scoped", "localhost", False)),
    ("uv.toml", '[[index]]\nurl = "https://x.example"\n', ("first", "x.example", False)),
    ("uv.toml", 'index-strategy = "unsafe-best-match"\n[[index]]\nurl = "https://x.example"\n', ("extra", "x.example", False)),
    ("pyproject.toml", '[[tool.uv.index]]\nurl = "https://x.example"\nexplicit = true\n', ("scoped", "x.example", False)),
    ("pyproject.toml", '[[tool.poetry.source]]\nname = "x"\nurl = "http://x.example"\npriority = "supplemental"\n', ("extra", "x.example", True)),
    ("Pipfile", '[[source]]\nurl = "https://pypi.org/simple"\nverify_ssl = false\nname = "p"\n', ("scoped", "pypi.org", True)),
    (".npmrc", "//x.example/:_authToken=secret\nregistry=https://x.example/\n", ("default", "x.example", False)),
    (".npmrc", "@acme:registry=https://x.example/\n", ("scoped", "x.example", False)),
    (".npmrc", "strict-ssl=false\n", ("scoped", "", True)),
    (".yarnrc.yml", "npmScopes:\n  acme:\n    npmRegistryServer: https://x.example\n", ("scoped", "x.example", False)),
    (".yarnrc.yml", "enableStrictSsl: false\n", ("scoped", "", True)),
    ("Dockerfile", "FROM a\nENV PIP_EXTRA_INDEX_URL=https://x.example/simple\n", ("extra", "x.example", False)),
    ("Dockerfile", "FROM a\nRUN pip install --trusted-host x.example a\n", ("scoped", "x.example", True)),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected"), SAID)
def test_settings(path: str, text: str, expected: tuple[str, str, bool]) -> None:
    found = read_settings(path, text)
    assert not isinstance(found, Unseen)
    ((_, source),) = found
    assert (source.use, source.host, source.insecure) == (RegistryUse(expected[0]), *expected[1:])
    assert "secret" not in repr(found) and "a:b@" not in repr(found)


def test_only_commands_of_package_managers_count() -> None:
    assert read_settings("Dockerfile", "FROM a\nRUN sed -i 's|pip|x|' requirements.txt && grep -f x y\n") == []


@given(st.sampled_from([item[0] for item in SAID]), st.text(alphabet='[]="{}:\n @a/-.', max_size=50))
def test_no_text_makes_it_fail(path: str, text: str) -> None:
    assert isinstance(read_settings(path, text), list | Unseen)
