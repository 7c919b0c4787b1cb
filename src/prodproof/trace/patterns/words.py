"""Whether text is made of words, as names, labels and messages are, or of characters without a meaning."""

import re


def words_of(text: str) -> frozenset[str]:
    """A set of the words of a text."""
    return frozenset(text.split())


_COMMON = words_of(
    """in er re te ti es ed at on en ng co nt le st de al se ar or li ra me it io ri ec an et tr di ta ve ce ns ro nd ct
    is ac un ca ne si pr pe la ic ma na ea el rs pa ly as ge nc fi ll lo il ch ss su th he ex ts mp om am pl im ou em to
    ur ni mi od rt ie ab bl po ut ap ad op ul ha ai sp us ck ef ep oc ia ol os cl ee tt ig ho no ke sh iv rm id fo mo ir
    pt so sc ci da iz if ib pp ot hi qu ff pi ub wa ze ev rr ty fe tu cr um ow cu vi sa va up ag lt ls rd ds be ue ip oo
    ov eg du ry fa fr uc rc rn tc ld bi nf do ui gr ru tl wi ba bu au lu bs pu ki mu ua xp mb bo sy fu ks we gi nv nn av
    cc gn nu og sl xt yp fl mm rg ak gs ay rl dl xi"""
)
"""The 210 pairs of letters that are most common in the words of English program text. 98 of 100 words of eight letters
are at least three fifths made of them, and 7 of 100 random texts of that length."""

_WORDLIKE = 0.6
_SHORT = 3
"""Runs of letters up to this length say nothing: `id`, `api`, `db`."""

_RUN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def runs(text: str) -> list[str]:
    """The words of a name in any spelling: `dbPassword_OLD` has `db`, `password`, `old`."""
    return [run.lower() for run in _RUN.findall(text)]


def is_wordlike(word: str) -> bool:
    """Whether lower-case letters could be a word of English or of something like it."""
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    return bool(pairs) and sum(pair in _COMMON for pair in pairs) / len(pairs) >= _WORDLIKE


def is_wordy(text: str) -> bool:
    """Whether most of a text's characters belong to words."""
    long = [run for run in runs(text) if len(run) > _SHORT]
    in_words = sum(len(run) for run in long if is_wordlike(run))
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in text)
    return in_words * 10 >= letters * 7 and in_words >= 2 * digits and in_words > 0


def is_phrase(text: str) -> bool:
    """Whether it is three words or more, joined in one of the usual ways: `if_you_see_this`, `injectNpm2FaToken`."""
    words = [word for word in runs(text) if len(word) > 1]
    long = [word for word in words if len(word) > _SHORT]
    letters = sum(char.isalpha() for char in text)
    borders = len(re.findall(r"[a-zA-Z0-9][_.: -](?=[a-zA-Z0-9])", text))
    joined = borders >= 2
    # Short words as in `if_you_see_this` say nothing one by one, and much if there is nothing else.
    if borders >= 4 and long and all(map(is_wordlike, long)) and sum(map(len, words)) * 10 >= letters * 9:
        return True
    return (
        len(words) >= 3
        and len(long) >= 2
        and sum(map(is_wordlike, long)) * 10 >= len(long) * (7 if joined else 9)
        and sum(len(word) for word in long) * 10 >= letters * (5 if joined else 8)
    )
