"""Configurations of Dependabot and Renovate, in the forms that people write."""

from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.updates import UpdateRule
from prodproof.reach.pipelines.update_bots import dependabot, renovate


def only(rules: tuple[UpdateRule, ...] | Unseen) -> UpdateRule:
    assert not isinstance(rules, Unseen), rules
    (rule,) = rules
    return rule


def test_dependabot() -> None:
    rule = only(
        dependabot(
            (
                "version: 2\nupdates:\n- package-ecosystem: pip\n  directories: [app/, '/x/*']\n  "
                "open-pull-requests-limit: 0\n"
            ),
            "d.yml",
        )
    )
    assert (rule.ecosystems, rule.directories, rule.disabled) == (("pip",), ("/app", "/x/*"), True)
    assert only(dependabot("updates: [{package-ecosystem: npm, directory: /}]", "d.yml")).directories == ("/",)
    assert isinstance(dependabot("- a", "d.yml"), Unseen)
    assert isinstance(dependabot("a: [", "d.yml"), Unseen)


def test_renovate_covers_everything_but_what_is_switched_off() -> None:
    rule = only(renovate('{"extends": ["config:recommended"]}', "renovate.json"))
    assert {"pip", "docker", "npm", "github-actions", "uv"} <= set(rule.ecosystems)
    assert "gitsubmodule" not in rule.ecosystems
    assert "**/vendor/**" in rule.excluded
    assert only(renovate('{"enabled": false}', "renovate.json")).disabled


def test_renovate_json5() -> None:
    text = """// our bot
{
    extends: ['config:base',], /* all of it */
    packageRules: [{ matchManagers: ["github-actions"], enabled: false, labels: ["x"] },
                   { matchManagers: ["npm"], matchPackageNames: ["left-pad"], enabled: false }],
    "homepage": "https://renovate.example/", // kept
    dockerfile: {enabled: false},
    'git-submodules': { enabled: true },
}
"""
    rule = only(renovate(text, "renovate.json5"))
    assert not {"github-actions", "docker"} & set(rule.ecosystems)
    assert {"npm", "gitsubmodule", "pip"} <= set(rule.ecosystems)


def test_renovate_in_package_json_and_a_short_list() -> None:
    rule = only(renovate('{"renovate": {"enabledManagers": ["npm"], "ignorePaths": ["old/**"]}}', "package.json"))
    assert (rule.ecosystems, rule.excluded) == (("bun", "npm"), ("old/**",))


@given(st.text(alphabet="{}[]\"':,/*\\ ab\n", max_size=80))
def test_any_text_is_read_or_unseen(text: str) -> None:
    assert isinstance(renovate(text, "renovate.json5"), tuple | Unseen)
    assert isinstance(dependabot(text, "d.yml"), tuple | Unseen)
