"""What looks like a secret and is none: placeholders, examples, references, labels, checksums.

Four sieves, by how much a rule's own shape says: `is_placeholder` for all of them, `is_no_password` for values that
people choose, `is_no_token` for values that machines make, `is_no_entry` for what a tool's own file has as a password.
"""

import hashlib
import itertools
import re

from prodproof.trace.patterns.words import is_phrase, is_wordlike, is_wordy, runs, words_of

_DUMMY = re.compile(
    rb"""
    ^(?:\{\{ | \$\{ | <% | %\{ | \#\{ | <[a-z]) | example | placeholder | change[-_. ]?(?:me|this|it)
    | replace[-_. ]?(?:me|this|with) | \byour[-_. ]? | [-_. ]here\b | dummy | redacted | insert[-_. ] | enter[-_. ]
    | not[-_. ]?(?:a[-_. ])?(?:real|secret) | fake[-_. ]? | \bmock | sample | xxxx | \*\*\* | \.\.\. | ----- | ______
    | \xe2\x80\xa6 | \xe2\x80\xa2 | <[a-z][\w\ .-]{2,40}> | deadbeef | badc0ffee | foo[-_. ]?bar | lorem | ipsum
    | \btodo\b | \bfixme\b | insecure-default | do[-_. ]?not[-_. ]?use
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ROWS = (
    b"0123456789abcdefghijklmnopqrstuvwxyz0123456789", b"1234567890", b"9876543210", b"zyxwvutsrqponmlkjihgfedcba",
    b"qwertyuiop", b"asdfghjkl", b"zxcvbnm",
)  # fmt: skip
_RUN = 4
"""Characters in such an order that are no chance."""

_LONG_RUN = 12
"""Characters in such an order that make a dummy of whatever they stand in."""

_SAME = re.compile(rb"(.)\1*", re.DOTALL)

_REFERENCE = re.compile(
    rb"""
    ^(?:
      [$@%&!*]\w[A-Za-z_.]*[)}%@]?$
      | (?-i:\$[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$ | \$[a-z]+(?:_[a-z0-9]+)+$)
      | [#$%@]\{ | \{ | \*[._] | <[A-Za-z/%] | \( | \[ | ~/ | \.{1,2}/
      | (?:/[A-Za-z][\w.-]*){2,}/?$
      | (?:https?|ftp|file|data|arn|vault|op|ssm|blob|urn|env):\S | projects/ | ENC\[ | AGE-
      | (?:env|os|process|self|this|config|settings|var|local|module|data|secrets?|params?|props|args|options?|req
        |request|System|Environment)\.
      | \$\w{1,8}\$ | ssh-(?:rsa|ed25519|dss)\b | ecdsa-sha2 | sha(?:1|256|384|512)[-:=]
    )
    | \$\{ | \{\{ | \}\} | \$\( | %\( | %[sdvq](?:\b|$) | \#\{ | \{\d?\}
    | \{\w+:[^{}\s]{1,40}\} | \{[a-z_.]+\} | <% | %> | << | >> | </ | />
    | \\[dws] | \(\? | \.\* | \[a-z | \[\^ | :: | -> | => | && | \|\|
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""The names of places and of variables, templates, formats, regular expressions."""

_CODE = re.compile(
    rb"""^[),;\]}:|?] | \w\.\w+\( | ;\w+= | =\w+\.\w | \)\{ | \}\) | \), | ^[a-z_]{2,12}=[^=]
      | ^[a-z_]+(?::[\w,.]+)?(?:\|[a-z_]+(?::[^|]+)?)+$""",
    re.VERBOSE,
)
_CALL = re.compile(rb"^[\w.]+\(|^(?:new|await|return|function|lambda|async|typeof|not|is|get|None|null|nil)\b")
_NOTHING = re.compile(
    rb"""^(?:null|nil|none|undefined|true|false|yes|no|on|off|empty|unset|unknown|default|optional|required|hidden|disabled
    |enabled|string|number|boolean|bool|integer|int|text|varchar.*|char.*|bytes|object|array|any|void|auto|manual|prompt
    |ask|basic|bearer|digest|oauth2?|plain|login|cleartext|trust|peer|md5|sha\d*|scram.*|bcrypt|argon2?\w*|pbkdf2\w*
    |aes\S*|rsa\S*)$""",
    re.VERBOSE | re.IGNORECASE,
)
_IDENTIFIER = re.compile(rb"^[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+(?:\[[^\]]*\])?$")
_FILE = re.compile(
    rb"""(?:^|[\w/\\-])\.(?:py|pyc|js|mjs|jsx|ts|tsx|json|ya?ml|xml|pem|key|crt|cert?|der|p12|pfx|jks|txt|md|rst|html?|css
    |scss|png|jpe?g|gif|svg|ico|sh|bat|conf|cfg|ini|toml|properties|env|java|go|rb|php|cs|cpp|c|h|hpp|sql|db|sqlite\d?|log
    |csv|gpg|asc|pub|so|dll|exe|jar|war|zip|gz|tar|local|com|org|net|io|dev|internal)$""",
    re.VERBOSE | re.IGNORECASE,
)
_UUID = re.compile(rb"(?i)^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$")
_PLAIN_NUMBER = re.compile(
    rb"^[+-]?(?:\d{1,7}|v?\d+\.\d+(?:\.\d+)*(?:[-+][\w.-]+)?|0x[0-9a-fA-F]{1,8}|\d{4}-\d\d-\d\d.*"
    rb"|\d+(?:px|em|rem|ms|s|m|h|d|%|kb|mb|gb))$"
)
_EMAIL = re.compile(rb"^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$")
_NAME_LIKE = re.compile(rb"^[#.]?[a-z0-9]+(?:[-_.:/][a-z0-9]+)+$")
_TOKEN_CHARACTERS = re.compile(rb"^[\x21-\x7e]+$")
_CONSTANT = re.compile(rb"^[A-Z]+(?:_[A-Z]+)+$")

_KNOWN = frozenset(
    (
        "0011cc25eb4320717494d2703e8cba85743e71b500283c21c8b88147992f9059",
        "aa6547439583c3a275d4542a0df6c1ad6a863971be9f2a2220f027cc02aef615",
    )
)
"""SHA-256 of values that are printed in a manual and open nothing but a program on one's own machine: the keys of the
Azurite and the Cosmos DB emulator.

Source: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite,
https://learn.microsoft.com/azure/cosmos-db/emulator
"""

_NAMES_OF_UUIDS = re.compile(r"(?i)(?:secret|api[_.-]?key|auth[_.-]?token|access[_.-]?token)$")
"""Names whose values are secrets although they have the form of an identifier."""

_PUBLIC_HOST = re.compile(
    rb"""^@(?:[\w-]+\.)*(?!(?:host|domain|server|example|site|test|email|company|acme|website|mysite|foo|bar|your[\w-]*|my[\w-]*)\.)
    [\w-]+\.(?:com|net|org|io|dev|app|cloud|co|eu|de|fr|uk|us|ru|cn|in|br|nl|ch|at|it|es|pl|info|tech|ai)(?![\w.-])""",
    re.VERBOSE | re.IGNORECASE,
)
_STANDS_FOR_A_PASSWORD = words_of("password passwd pass pwd pw secret token passphrase mypassword xxx key")
_HASHED = re.compile(rb"^(?:\$\w{1,12}\$|(?:md5|sha\d{1,3}|pbkdf2\w*|bcrypt\w*|argon2\w*|scrypt)[$:])")
"""Passwords as programs keep them: those in fixtures are of made-up people."""

_LEET = bytes.maketrans(b"@013$57!", b"aoiessti")

_NOT_A_SECRET = words_of(
    """url uri urls path paths file files filename dir directory folder name names id ids type types field fields label
    labels hint hints length len size min max count limit regex pattern patterns policy policies prompt input
    form page view views template templates validator validators validation validate valid invalid rule rules
    strength expiry expires expired expiration expire ttl age timeout date time timestamp at error errors
    message messages msg text title description desc help placeholder column col index status state enabled
    disabled required optional option options flag mode algorithm algo alg method methods format encoding
    provider providers manager service endpoint host hosts port domain scope scopes version versions class event
    events handler callback function func param params parameter parameters arg args header headers prefix
    suffix separator delimiter hash hashed hasher hashers digest checksum fingerprint thumbprint sha sha1 sha256
    md5 attempts tries retries change changed reset forgot recovery recover confirmation visible visibility mask
    icon button link element selector css style dialog modal request response store storage cache arn ref
    reference selector keyring generator factory builder encoder decoder encoded parser reader writer matcher
    schema model entity table kind usage budget budgets usages tokenizer vocab embedding embeddings interval
    history context"""
)
"""Words after the one that names a secret, which make the name one of something else: `password_url`, `tokenLength`."""

_NOT_SECRET_BEFORE = words_of(
    """public pub primary foreign sort partition no without has is forgot reset lost csrf xsrf syntax lexer parse
    parser eof unexpected next prev current first last cursor page pagination continuation stop start begin end
    image css design get fetch lookup verify check compare generate make parse encode decode validate ask
    compass bypass trespass surpass by min max num total input prompt completion publishable"""
)
_NAME_OF_HASH = words_of(
    """hash sha sha1 sha256 sha512 md5 checksum digest integrity commit revision rev etag fingerprint thumbprint sum
    signature resolved shasum crc blob tree"""
)
_WEAK = words_of(
    """password passwd passwort passphrase passcode pass pwd pw secret secrets token tokens key keys apikey user
    username login admin administrator root guest test testing tests tester testpass testpassword testuser foo
    bar baz qux foobar abc abcd abcdef hello world helloworld qwerty default demo temp tmp value values my the
    new old current your mypassword mysecret mypass mytoken secretkey supersecret topsecret secretpassword
    string credential credentials auth access client server api app db database account some any wrong bad good
    valid invalid right correct another other one two three first second null none empty random private public
    master data name id email mail confirm confirmation reset change update bogus fake dummy sample example stub
    mock whatever something anything blah spam eggs ham"""
)


_DUMMIES = words_of(
    """test testing tests tester testpass testpassword testuser foo bar baz foobar demo temp tmp my your some any wrong
    bad bogus fake dummy sample example stub mock whatever something anything new old spam eggs"""
)
"""Those of them that make a value a dummy whatever else is in it."""


def is_placeholder(value: bytes) -> bool:
    """Whether a value is obviously no real one, whatever it is for."""
    if len(set(value)) <= 3 or _DUMMY.search(value):
        return True
    # The name of a constant or a variable, in a list of such names.
    if _CONSTANT.match(value):
        return True
    return _is_run(value) or _is_repeated(value) or hashlib.sha256(value).hexdigest() in _KNOWN


def is_random(value: bytes) -> bool:
    """Whether a value has no meaning and is hardly one that somebody made up: characters of several kinds, mixed."""
    kinds = [char.isdigit() + 2 * char.isupper() + 4 * char.islower() for char in value.decode("latin-1")]
    changes = sum(one != other for one, other in itertools.pairwise(kinds))
    if len(value) < 8 or len(set(kinds)) < 2 or changes < max(4, len(value) // 6):
        return False
    if sum(char in b"0123456789" for char in value) < 2 or _HASHED.match(value):
        return False
    if is_placeholder(value) or is_reference(value):
        return False
    return not is_wordy(value.translate(_LEET).decode("latin-1")) and not is_phrase(value.decode("latin-1"))


def is_weak_word(value: bytes) -> bool:
    """Whether a value is nothing but words that everybody writes for a password: `secret`, `test_password`."""
    return all(word in _WEAK for word in runs(value.decode("latin-1")))


def is_no_entry(value: bytes, name: str) -> bool:
    """Whether what a tool's own file has as a password is none: a template, a reference, or text that asks for one."""
    if len(set(value)) < 2 or is_other_name(name) or is_reference(value):
        return True
    return _DUMMY.search(value) is not None and not any(char in b"0123456789" for char in value)


def _is_run(value: bytes) -> bool:
    """Whether most of it is pieces of the alphabet, of the digits in their order, or of a row of the keyboard."""
    low = value.lower()
    covered = at = 0
    while at < len(low):
        size = _run_at(low, at)
        if size >= _LONG_RUN:
            return True
        covered += size
        at += size or 1
    return covered * 10 >= 7 * len(low)


def _run_at(low: bytes, at: int) -> int:
    size = 0
    while size < len(low) - at and any(low[at : at + size + 1] in row for row in _ROWS):
        size += 1
    return size if size >= _RUN else 0


def _is_repeated(value: bytes) -> bool:
    """Whether it is one short text over and over, or one character very often in a row."""
    size = len(value)
    for unit in range(1, min(9, size // 2 + 1)):
        if size >= 3 * unit and value == (value[:unit] * (size // unit + 1))[:size]:
            return True
    longest = max(len(run[0]) for run in _SAME.finditer(value))
    # Zeros inside a longer structure are no dummy.
    return longest >= 7 and longest * 3 >= size


def is_reference(value: bytes) -> bool:
    """Whether a value names where the secret is, or is program text, and not the secret."""
    return (
        _REFERENCE.search(value) is not None
        or _CALL.search(value) is not None
        or _CODE.search(value) is not None
        or _NOTHING.match(value) is not None
        or _IDENTIFIER.match(value) is not None
        or _FILE.search(value) is not None
    )


_OF_A_FORM = re.compile(r"(?:[cx]srf|authenticity|requestverification|anti-?forgery)\w*token", re.IGNORECASE)
"""What a page gives each visitor anew, so that others cannot send its forms."""


def is_other_name(name: str) -> bool:
    """Whether a name that has a secret's word in it is the name of something else: `password_field`, `tokenUrl`."""
    words = runs(name)
    if not words:
        return False
    if _OF_A_FORM.search(name):
        return True
    return words[-1] in _NOT_A_SECRET or bool(_NOT_SECRET_BEFORE & set(words)) or bool(_NAME_OF_HASH & set(words))


def is_no_password(value: bytes, name: str, after: bytes) -> bool:
    """Whether a value that a password's name is given is probably none.

    Args:
        name: of what it is given to, as written.
        after: what follows the value, some bytes.
    """
    if _is_noise(value, name, after):
        return True
    text = value.decode("latin-1")
    # Whoever has the address of a host in the world can use it, however weak it is.
    if _PUBLIC_HOST.match(after) and text.lower() not in _STANDS_FOR_A_PASSWORD and len(text) >= 4:
        return False
    words = runs(text)
    # Words that say what stands here. With a number after them they may be a bad password, unless one says: a test.
    if words and all(word in _WEAK for word in words) and (text.isalpha() or not _DUMMIES.isdisjoint(words)):
        return True
    if not any(char.isalpha() for char in text):
        return len(text) < 6
    if text.isalpha():
        # Labels, constants' names and messages are letters only; so are few passwords that were chosen with care.
        return len(text) < 6 or is_wordy(text)
    others = {char for char in text if not char.isalnum()}
    has_digit = any(char.isdigit() for char in text)
    if not has_digit and others <= set("_-.:/ ,+|&;'") and is_wordy(text):
        return True
    if sum(char.isdigit() for char in text) <= 3 and others <= set("_-.") and is_phrase(text):
        return True
    return len(text) < 5


def is_no_token(value: bytes, name: str, after: bytes) -> bool:
    """Whether a value that a key's or a token's name is given is probably none; arguments as for `is_no_password`."""
    if _is_noise(value, name, after) or len(value) < 10:
        return True
    text = value.decode("latin-1")
    has_digit = any(char.isdigit() for char in text)
    if sum(char.isdigit() for char in text) <= 3 and is_phrase(text):
        return True
    if is_wordy(text) and (not has_digit or set(text) & set("_-.:/ ")):
        return True
    if _NAME_LIKE.match(value) and len(text) < 24 and sum(char.isdigit() for char in text) <= 2:
        return True
    if not has_digit:
        return len(text) < 16 or _is_camel(text)
    if not any(char.isalpha() for char in text):
        return len(text) < 16
    return sum(char.isdigit() for char in text) < 2 and is_wordy(text)


def _is_camel(text: str) -> bool:
    words = runs(text)
    return sum(len(word) for word in words if len(word) > 3 and is_wordlike(word)) * 2 > len(text)


def _is_noise(value: bytes, name: str, after: bytes) -> bool:
    if is_placeholder(value) or is_reference(value) or is_other_name(name):
        return True
    if not _TOKEN_CHARACTERS.match(value) or _PLAIN_NUMBER.match(value) or _EMAIL.match(value):
        return True
    if _UUID.match(value) and not _NAMES_OF_UUIDS.search(name):
        return True
    # Glued to something else, or called, or before a field of a template: it is a part of an expression.
    if after[:1] == b"{":
        return True
    rest = after.lstrip(b"\"'`\\")
    return rest[:1] == b"(" or rest.lstrip(b" \t")[:1] in (b"+", b"%") or rest.lstrip(b" \t")[:2] == b".."
