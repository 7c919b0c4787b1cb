# ruff: noqa: E501 (file formats stand here as they are written)
"""npm, Dart, Go, Rust, Ruby and PHP."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.dependencies import Dependency, Ecosystem, Manifest, Origin
from prodproof.reach.manifests.npm import read_package_json, read_package_lock, read_pnpm_lock, read_yarn_lock
from prodproof.reach.manifests.others import (
    Unlocked,
    read_cargo_lock,
    read_composer_lock,
    read_gemfile_lock,
    read_go_mod,
    read_pubspec,
    read_pubspec_lock,
)
from prodproof.reach.manifests.parsing import UnparsableError


def by_name(manifest: Manifest) -> dict[str, Dependency]:
    return {item.name: item for item in manifest.dependencies}


def test_package_json() -> None:
    manifest = read_package_json(
        "package.json",
        json.dumps(
            {
                "name": "x",
                "dependencies": {
                    "a": "1.2.3", "b": "^1", "c": "github:u/c#v1", "d": "file:../d", "e": "npm:real@2.0.0",
                    "f": "http://x.example/f.tgz",
                },
                "devDependencies": {"g": "latest"},
            }
        ),
    )  # fmt: skip
    found = by_name(manifest)
    assert found["a"].version == "1.2.3" and found["b"].version is None
    assert found["c"].origin is Origin.VCS and found["c"].revision == "v1"
    assert found["d"].origin is Origin.LOCAL
    assert found["real"].version == "2.0.0"
    assert found["f"].insecure and found["g"].development
    assert not manifest.library


def test_package_lock_versions() -> None:
    new = {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "x"},
            "packages/own": {"version": "1.0.0"},
            "node_modules/own": {"link": True, "resolved": "packages/own"},
            "node_modules/a": {
                "version": "1.0.0",
                "resolved": "https://registry.npmjs.org/a.tgz",
                "integrity": "sha512-x",
            },
            "node_modules/a/node_modules/@s/b": {"version": "2.0.0", "dev": True},
            "node_modules/alias": {"name": "real", "version": "3.0.0", "integrity": "sha512-x"},
        },
    }
    found = by_name(read_package_lock("package-lock.json", json.dumps(new)))
    assert set(found) == {"a", "@s/b", "real"}
    assert found["a"].hashed and found["a"].source == "registry.npmjs.org"
    assert found["@s/b"].development and not found["@s/b"].hashed
    old = {
        "lockfileVersion": 1,
        "dependencies": {
            "a": {"version": "1.0.0", "integrity": "x", "dependencies": {"b": {"version": "2.0.0", "dev": True}}},
            "c": {"version": "git+ssh://git@github.com/u/c.git#" + "0" * 40},
        },
    }
    found = by_name(read_package_lock("package-lock.json", json.dumps(old)))
    assert found["b"].version == "2.0.0" and found["b"].development
    assert found["c"].origin is Origin.VCS and found["c"].revision == "0" * 40


def test_yarn_locks() -> None:
    classic = (
        '# yarn lockfile v1\n\n"@s/a@^1.0.0", "@s/a@^1.1.0":\n  version "1.1.0"\n'
        '  resolved "https://registry.yarnpkg.com/a.tgz#abc"\n  integrity sha512-x==\n\nb@2:\n  version "2.0.0"\n'
        '  resolved "http://x.example/b.tgz#abc"\n'
    )
    found = by_name(read_yarn_lock("yarn.lock", classic))
    assert (found["@s/a"].version, found["@s/a"].hashed, found["@s/a"].line) == ("1.1.0", True, 3)
    assert found["b"].insecure and not found["b"].hashed
    berry = (
        '__metadata:\n  version: 8\n\n"a@npm:^1.0.0":\n  version: 1.0.1\n  resolution: "a@npm:1.0.1"\n  checksum: 10/abc\n\n'
        '"shop@workspace:.":\n  version: 0.0.0\n  resolution: "shop@workspace:."\n'
    )
    found = by_name(read_yarn_lock("yarn.lock", berry))
    assert set(found) == {"a"} and found["a"].version == "1.0.1" and found["a"].hashed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "lockfileVersion: 5.4\npackages:\n  /a/1.0.0:\n    resolution: {integrity: x}\n    dev: true\n",
            ("1.0.0", True),
        ),
        ("lockfileVersion: '6.0'\npackages:\n  /a@1.0.0(b@2.0.0):\n    resolution: {integrity: x}\n", ("1.0.0", False)),
        (
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    devDependencies:\n      a: {specifier: ^1, version: 1.0.0}\n"
            "packages:\n  a@1.0.0:\n    resolution: {integrity: x}\nsnapshots:\n  a@1.0.0: {}\n",
            ("1.0.0", True),
        ),
        (
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {specifier: ^1, version: 1.0.0(b@2)}\n"
            "packages:\n  a@1.0.0:\n    resolution: {integrity: x}\nsnapshots:\n  a@1.0.0(b@2): {}\n",
            ("1.0.0", False),
        ),
    ],
)
def test_pnpm_locks(text: str, expected: tuple[str, bool]) -> None:
    found = by_name(read_pnpm_lock("pnpm-lock.yaml", text))["a"]
    assert (found.version, found.development) == expected
    assert found.hashed


def test_dart() -> None:
    lock = (
        'packages:\n  http:\n    dependency: "direct main"\n    description:\n      name: http\n      sha256: "aa"\n'
        '      url: "https://pub.dev"\n    source: hosted\n    version: "1.2.2"\n  sky:\n    dependency: transitive\n'
        '    description: flutter\n    source: sdk\n    version: "0.0.0"\n'
    )
    found = by_name(read_pubspec_lock("pubspec.lock", lock))
    assert found["http"].hashed and found["http"].source == "pub.dev" and found["http"].line == 2
    assert found["sky"].origin is Origin.LOCAL
    spec = read_pubspec("pubspec.yaml", "dependencies:\n  http: ^1.0.0\n  flutter:\n    sdk: flutter\n  x: 1.0.0\n")
    assert {item.name: item.version for item in spec.dependencies} == {"http": None, "flutter": None, "x": "1.0.0"}


def test_go_rust_ruby_php() -> None:
    go = read_go_mod(
        "go.mod",
        "module x\n\ngo 1.22\n\nrequire golang.org/x/net v0.17.0\nrequire (\n\tgithub.com/a/b/v2 v2.0.1 // indirect\n)\n",
    )
    assert [(item.name, item.version) for item in go.dependencies] == [
        ("golang.org/x/net", "v0.17.0"),
        ("github.com/a/b/v2", "v2.0.1"),
    ]
    assert go.whole
    cargo = by_name(
        read_cargo_lock(
            "Cargo.lock",
            '[[package]]\nname = "own"\nversion = "0.1.0"\n[[package]]\nname = "serde"\nversion = "1.0.2"\n'
            'source = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "aa"\n',
        )
    )
    assert set(cargo) == {"serde"} and cargo["serde"].hashed
    gems = by_name(
        read_gemfile_lock(
            "Gemfile.lock",
            "GEM\n  remote: https://rubygems.org/\n  specs:\n    rails (7.1.0)\n      rack (>= 2)\n    nokogiri (1.16.0-x86_64-linux)\n",
        )
    )
    assert {name: item.version for name, item in gems.items()} == {"rails": "7.1.0", "nokogiri": "1.16.0"}
    php = by_name(
        read_composer_lock(
            "composer.lock",
            '{"packages": [{"name": "a/b", "version": "v1.2.0", "dist": {"url": "https://api.github.com/x", "reference": "c"}}]}',
        )
    )
    assert php["a/b"].version == "1.2.0"
    gemfile = Unlocked(Ecosystem.RUBYGEMS, "Gemfile")("Gemfile", 'gem "rails", "~> 7"\n')
    assert [item.name for item in gemfile.dependencies] == ["rails"]


READERS = (
    read_package_json, read_package_lock, read_yarn_lock, read_pnpm_lock, read_pubspec, read_pubspec_lock, read_go_mod,
    read_cargo_lock, read_gemfile_lock, read_composer_lock, Unlocked(Ecosystem.CARGO, "Cargo.toml"),
    Unlocked(Ecosystem.PACKAGIST, "composer.json"),
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(("1.0.0", "git+x", "http://[", "a@npm:1", "", "\x00")),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ("packages", "dependencies", "node_modules/a", "version", "resolved", "lockfileVersion", "__metadata", "resolution",
             "description", "url", "source", "name", "dist", "importers", ".", "snapshots", "require", "a/b")
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_no_reader_raises_anything_else(value: object) -> None:
    for read in READERS:
        try:
            result = read("x", json.dumps(value))
        except UnparsableError:
            continue
        assert isinstance(result, Manifest)


@given(st.text(alphabet='ab@:/"# \n\t^.~{}[]-', max_size=60))
def test_no_text_makes_a_reader_fail(text: str) -> None:
    for read in READERS:
        for prefix in ("", "# yarn lockfile v1\n", "module x\n", "GEM\n", "lockfileVersion: 9\n", "packages:\n"):
            try:
                result = read("x", prefix + text)
            except UnparsableError:
                continue
            assert isinstance(result, Manifest)
