"""Our evaluation of Vault's policies, by the documentation and against the simulator's own."""

import random
from collections.abc import Sequence

import pytest

from prodproof.facts.secrets import Policy
from prodproof.range.servers.simulated_vault import policies as simulated
from prodproof.reach.secrets._vault_policy import parsed
from prodproof.reach.secrets.vault_access import EVERYTHING, capabilities, unresolved


def of(*rules: tuple[str, str], name: str = "p") -> Policy:
    return parsed(name, "\n".join(f'path "{path}" {{ capabilities = ["{given}"] }}' for path, given in rules))


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ([("secret/foo", "read")], "secret/foo", {"read"}),
        ([("secret/foo", "read")], "secret/foo/bar", set()),
        ([("secret/bar/*", "read")], "secret/bar/a/b", {"read"}),
        ([("secret/bar/*", "read")], "secret/bar", set()),
        ([("secret/zip-*", "read")], "secret/zip-zap/zong", {"read"}),
        ([("secret/+/teamb", "read")], "secret/foo/teamb", {"read"}),
        ([("secret/+/teamb", "read")], "secret/foo/bar/teamb", set()),
        ([("secret/*", "read"), ("secret/super-secret", "deny")], "secret/super-secret", set()),
        ([("secret/*", "read"), ("secret/a/*", "list")], "secret/a/b", {"list"}),
        ([("secret/*", "read"), ("secret/+/+/foo/*", "list")], "secret/bar/baz/foo/x", {"read"}),
        ([("secret/+/b/*", "list"), ("secret/a/*", "read")], "secret/a/b/c", {"read"}),
    ],
)
def test_documented_rules(rules: Sequence[tuple[str, str]], path: str, expected: "set[str]") -> None:
    assert capabilities([of(*rules)], path) == expected


def test_several_policies_add_up_on_one_pattern_and_deny_wins() -> None:
    assert capabilities([of(("s/*", "read")), of(("s/*", "list"))], "s/x") == {"read", "list"}
    assert capabilities([of(("s/*", "read")), of(("s/*", "deny"))], "s/x") == frozenset()


def test_root_may_everything() -> None:
    assert capabilities([Policy(name="root", language="vault")], "sys/raw/x") == EVERYTHING


def test_templates() -> None:
    own = of(("secret/data/{{identity.entity.name}}/*", "read"))
    assert capabilities([own], "secret/data/shop/key", {"identity.entity.name": "shop"}) == {"read"}
    assert capabilities([own], "secret/data/other/key", {"identity.entity.name": "shop"}) == frozenset()
    assert capabilities([own], "secret/data/shop/key", {}) == frozenset()
    assert unresolved([own], {}) == ("secret/data/{{identity.entity.name}}/*",)
    assert unresolved([own], {"identity.entity.name": "shop"}) == ()


def test_it_agrees_with_the_simulator_on_made_up_policies() -> None:
    chance = random.Random(7)
    segments = ["a", "b", "+", "c"]
    given = ["read", "list", "update", "deny"]

    def path(wild: bool) -> str:
        parts = [chance.choice(segments if wild else ["a", "b", "c"]) for _ in range(chance.randint(1, 4))]
        return "/".join(parts) + (chance.choice(["", "*", "/*"]) if wild else "")

    for _ in range(500):
        rules = [(path(True), chance.choice(given)) for _ in range(chance.randint(1, 6))]
        text = "\n".join(f'path "{where}" {{ capabilities = ["{what}"] }}' for where, what in rules)
        asked = path(False)
        theirs = simulated.capabilities([simulated.parsed(text)], asked) - {"deny"}
        assert capabilities([parsed("p", text)], asked) == theirs, (text, asked)
