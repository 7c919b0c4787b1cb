"""The matcher: where hits are, what is told once, and what is kept between starts."""

import io
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.trace.finding import Finding, fingerprint
from prodproof.trace.patterns import kept
from prodproof.trace.patterns.matcher import PatternMatcher
from prodproof.trace.patterns.rule import Rule, RuleError, rule_set_digest
from prodproof.trace.stream import Hit, Item, Sink, Slab
from tests.trace.patterns.slabs import lent_of, slab_of

KEY = b"k" * 32
TOKEN = Rule("token", "x", "token", r"\b(tok_[0-9a-f]{16,40})\b", ("tok_",))
NEAR = Rule("near", "x", "near", r"\b([0-9a-f]{24})\b", ("acme",), near=40)
NAMED = Rule("named", "x", "named", r"(?i)password[ ]?=[ ]?([^\s]{4,80})", ("password",), noise="password")
PATHED = Rule("pathed", "x", "pathed", r"^pin:(\d{6,9})$", ("pin",), paths=("*.pins", "keys/**"))
VALUE = b"tok_" + b"9f86d081884c7d65"


@pytest.fixture
def matcher() -> PatternMatcher:
    return PatternMatcher((TOKEN, NEAR, NAMED, PATHED), KEY, folder=None)


def hits(matcher: PatternMatcher, *items: tuple[str, bytes]) -> list[Hit]:
    return list(matcher.search(slab_of(*items)))


def test_a_hit_spans_the_secret_and_has_its_keyed_fingerprint(matcher: PatternMatcher) -> None:
    slab = slab_of(("a", b"first\nkey: " + VALUE + b"\nlast"))
    (hit,) = matcher.search(slab)
    assert slab.bytes_of(hit.start, hit.end) == VALUE
    assert hit.fingerprint == fingerprint(KEY, VALUE)
    assert (hit.rule, hit.kind, hit.encoding) == ("token", "token", "plain")


@pytest.mark.parametrize("text", [VALUE, b" " + VALUE, VALUE + b" ", b"\n" + VALUE + b"\n", b"x=" + VALUE + b"\r\n"])
def test_a_secret_is_found_wherever_it_stands_in_an_item(matcher: PatternMatcher, text: bytes) -> None:
    assert len(hits(matcher, ("a", text), ("b", text), ("c", text))) == 3


def test_nothing_matches_across_two_items(matcher: PatternMatcher) -> None:
    assert not hits(matcher, ("a", VALUE[:10]), ("b", VALUE[10:]))
    assert not hits(matcher, ("a", b"acme"), ("b", b"0123456789abcdef98765432"))


PARTS = (
    VALUE,
    b"tok_",
    b"9f86d081884c7d65",
    b"acme",
    b"0123456789abcdef98765432",
    b"password =",
    b"kT9vQz2w",
    b" ",
    b"\n",
)
TEXTS = st.lists(st.sampled_from(PARTS), max_size=6).map(b"".join)
BOTH = PatternMatcher((TOKEN, NEAR, NAMED, PATHED), KEY, folder=None)


@given(st.lists(st.tuples(st.sampled_from(["a", "b.pins"]), TEXTS), min_size=1, max_size=6))
def test_items_are_searched_alike_however_they_lie(items: list[tuple[str, bytes]]) -> None:
    def found(slab: Slab) -> list[tuple[int, int, int, str, str]]:
        numbers = {id(piece): number for number, piece in enumerate(slab.pieces)}
        told = []
        for hit in BOTH.search(slab):
            piece = slab.piece_at(hit.start)
            assert piece is not None
            at = hit.start - piece.start
            told.append((numbers[id(piece)], at, hit.end - hit.start, hit.rule, hit.fingerprint))
        return sorted(told)

    assert found(lent_of(*items)) == found(slab_of(*items))


def test_two_secrets_in_one_line_are_two(matcher: PatternMatcher) -> None:
    other = b"tok_" + b"1b4f0e9851971998"
    assert len(hits(matcher, ("a", VALUE + b" " + other))) == 2


def test_a_long_line_is_searched_like_any_other(matcher: PatternMatcher) -> None:
    text = b";".join([b"x" * 3000, VALUE, b"y" * 900, VALUE + b"ab", b"z" * 5000])
    assert len(hits(matcher, ("a.js", text))) == 2


@pytest.mark.parametrize("distance", [1, 30, 39])
def test_a_keyword_counts_within_its_distance(matcher: PatternMatcher, distance: int) -> None:
    value = b"5f4dcc3b5aa765d61d8327de"
    assert hits(matcher, ("a", b"ACME" + b"." * distance + value))
    assert hits(matcher, ("a", b"acme\n" + b" " * distance + value))
    assert not hits(matcher, ("a", b"acme" + b"." * (distance + 41) + value))


def test_placeholders_are_left_out(matcher: PatternMatcher) -> None:
    assert not hits(matcher, ("a", b"tok_" + b"0" * 16))
    assert not hits(matcher, ("a", b"password = changeme"))
    assert hits(matcher, ("a", b"password = kT9vQz2w"))


def test_what_only_its_name_makes_a_secret_is_none_in_tests_and_documentation(matcher: PatternMatcher) -> None:
    text = b"password = hunter22\n" + VALUE
    assert {hit.rule for hit in hits(matcher, ("app/settings.py", text))} == {"named", "token"}
    for path in ("tests/test_login.py", "docs/setup.md", "README.md", "src/locale/de.json", "yarn.lock"):
        assert {hit.rule for hit in hits(matcher, (path, text))} == {"token"}


def test_a_value_without_a_meaning_counts_in_tests_too_but_not_in_what_programs_write(matcher: PatternMatcher) -> None:
    text = b"password = kT9vQz2w"
    assert hits(matcher, ("tests/test_login.py", text))
    for path in ("yarn.lock", "app.min.js", "node_modules/a/b.js", "src/locale/de.json"):
        assert not hits(matcher, (path, text))


def test_a_value_without_a_meaning_counts_when_its_path_is_known_later(matcher: PatternMatcher) -> None:
    for text, counts in ((b"password = kT9vQz2w", True), (b"password = hunter22", False)):
        (hit,) = hits(matcher, ("", text))
        finding = Finding(
            "git:.", "tests/test_login.py", 0, "named", hit.rule, "plain", hit.fingerprint, is_random=hit.is_random
        )
        assert matcher.keeps(finding) is counts
        assert matcher.fork().keeps(finding) is counts


def test_what_is_meant_to_be_published_is_told_by_no_general_rule() -> None:
    public = Rule("public", "Acme", "public", r"\b(pub_[0-9a-f]{16})\b", ("pub_",), public=True)
    general = Rule("general", "x", "general", r"key=([^\s]{8,80})", ("key",), general=True)
    own = Rule("own", "Acme", "own", r"own=([^\s]{8,80})", ("own",))
    matcher = PatternMatcher((general, own, public), KEY, folder=None)
    assert not hits(matcher, ("a", b"key=pub_9f86d081884c7d65"))
    assert hits(matcher, ("a", b"key=prv_9f86d081884c7d65"))
    # Whose own rule says that there is a secret is believed.
    assert hits(matcher, ("a", b"own=1_pub_9f86d081884c7d65"))


def test_a_rule_that_knows_the_provider_tells_what_a_general_one_finds_too() -> None:
    general = Rule("a-general", "x", "general", r"key=([0-9a-f]{16})", ("key",), general=True, entropy=3.0)
    acme = Rule("b-acme", "Acme", "acme", r"\b([0-9a-f]{16})\b", ("acme",), near=20)
    matcher = PatternMatcher((general, acme), KEY, folder=None)
    (hit,) = hits(matcher, ("a", b"acme key=9f86d081884c7d65"))
    assert hit.rule == "b-acme"


def test_a_rule_with_paths_looks_only_there(matcher: PatternMatcher) -> None:
    text = b"pin:482916\n"
    assert hits(matcher, ("home/my.pins", text))
    assert hits(matcher, ("old.zip!keys/a/b", text))
    assert not hits(matcher, ("home/my.txt", text))


def test_while_a_path_is_unknown_everything_counts_and_the_finding_is_asked_later(matcher: PatternMatcher) -> None:
    (hit,) = hits(matcher, ("", b"pin:482916\n"))

    def finding(path: str, rule: str = hit.rule) -> Finding:
        return Finding("git:.", path, 4, "pathed", rule, "plain", "f")

    assert matcher.keeps(finding("home/my.pins"))
    assert not matcher.keeps(finding("home/my.txt"))
    assert matcher.keeps(finding("home/my.txt", "value"))


def test_the_rule_that_knows_most_tells_a_secret_once(matcher: PatternMatcher) -> None:
    (hit,) = hits(matcher, ("a", b"password = " + VALUE))
    assert hit.rule == "token"


def test_a_secret_across_two_slabs_is_found() -> None:
    matcher = PatternMatcher((TOKEN,), KEY, folder=None)
    found: set[int] = set()

    def search(slab: Slab) -> None:
        for hit in matcher.search(slab):
            piece = slab.piece_at(hit.start)
            assert piece is not None
            found.add(piece.offset + hit.start - piece.start)

    size = 64 * 1024
    for shift in (-60, -20, -8, -1, 0, 1, 30):
        found.clear()
        sink = Sink(search, matcher.overlap, lambda path, why, detail: None, size=size)
        sink.stream(Item("big"), io.BytesIO(b" " * (size + shift) + VALUE + b" " * size).readinto)
        sink.flush()
        assert found == {size + shift}


def test_forks_search_at_the_same_time(matcher: PatternMatcher) -> None:
    slab = slab_of(*((str(number), b"key " + VALUE + b"\n") for number in range(200)))
    counts: list[int] = []

    def work(own: PatternMatcher) -> None:
        counts.append(sum(len(list(own.search(slab))) for _ in range(20)))

    threads = [threading.Thread(target=work, args=(matcher.fork(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [4000] * 4


def test_the_control_is_found_and_known(matcher: PatternMatcher) -> None:
    (hit,) = hits(matcher, ("", matcher.control()))
    assert matcher.is_control(hit)
    (other,) = hits(matcher, ("", VALUE))
    assert not matcher.is_control(other)


def test_a_line_is_shown_without_its_secrets(matcher: PatternMatcher) -> None:
    shown = matcher.redact(b"a " + VALUE + b" b password = kT9vQz2w c")
    assert shown.decode() == "a … b password = … c"
    assert matcher.redact(b"nothing here") == b"nothing here"


def test_words_are_shown_whatever_rule_could_mean_them() -> None:
    loose = Rule("loose", "x", "loose", r"pass[ ]?([^\s]{3,80})", ("pass",), noise="password", paths=(".rc",))
    matcher = PatternMatcher((loose,), KEY, folder=None)
    assert matcher.redact(b"password = passphrase") == b"password = passphrase"
    assert matcher.redact(b"pass kT9vQz2w").decode() == "pass …"


def test_no_repr_shows_a_secret(matcher: PatternMatcher) -> None:
    hits(matcher, ("a", VALUE))
    assert VALUE.decode() not in repr(matcher) + repr(matcher._rules)
    assert VALUE.decode() not in repr(next(iter(matcher._rules[0].secrets(VALUE))))


@pytest.mark.parametrize("pattern", [r"(?=a)(b)", r"(a*)", r"(unclosed"])
def test_a_rule_that_cannot_be_used_is_named(pattern: str) -> None:
    bad = Rule("bad-one", "x", "bad", pattern, ())
    with pytest.raises(RuleError, match="bad-one"):
        PatternMatcher((TOKEN, bad), KEY, folder=None)


def test_a_pattern_without_a_group_is_a_secret_as_a_whole() -> None:
    slab = slab_of(("a", b"x QUAY12345 x"))
    (hit,) = PatternMatcher((Rule("own", "", "own", r"QUAY\d{5}", ()),), KEY, folder=None).search(slab)
    assert slab.bytes_of(hit.start, hit.end) == b"QUAY12345"


def test_what_was_compiled_is_kept_and_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PatternMatcher((TOKEN,), KEY, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    monkeypatch.setattr("prodproof.trace.patterns.compile._made", None)
    again = PatternMatcher((TOKEN,), KEY, folder=tmp_path)
    assert len(hits(again, ("a", VALUE))) == 1
    assert VALUE not in file.read_bytes()


def test_other_rules_are_compiled_anew(tmp_path: Path) -> None:
    PatternMatcher((TOKEN,), KEY, folder=tmp_path)
    PatternMatcher((TOKEN, NEAR), KEY, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", ["empty", "short", "flipped", "foreign", "not a database", "a folder"])
def test_a_damaged_file_is_compiled_anew(tmp_path: Path, damage: str) -> None:
    PatternMatcher((TOKEN,), KEY, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    match damage:
        case "empty":
            file.write_bytes(b"")
        case "short":
            file.write_bytes(data[: len(data) // 2])
        case "flipped":
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
        case "foreign":
            kept.write(file, b"\0" * 100)
        case "not a database":
            kept.write(file, (2).to_bytes(8, "big") + b"[]" + b"x" * 200)
        case _:
            file.unlink()
            file.mkdir()
    assert len(hits(PatternMatcher((TOKEN,), KEY, folder=tmp_path), ("a", VALUE))) == 1


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(hits(PatternMatcher((TOKEN,), KEY, folder=tmp_path / "file" / "in"), ("a", VALUE))) == 1


def test_the_digest_follows_what_is_found() -> None:
    assert rule_set_digest((TOKEN, NEAR)) == rule_set_digest((NEAR, TOKEN))
    assert rule_set_digest((TOKEN,)) != rule_set_digest((TOKEN, NEAR))
    one, other = PatternMatcher((TOKEN,), KEY, folder=None), PatternMatcher((TOKEN,), b"o" * 32, folder=None)
    assert one.digest == one.fork().digest
    assert one.digest != other.digest
