"""What looks like a secret and is none: placeholders, examples, references, labels, checksums.

Three sieves, by how much a rule's own shape says: `is_placeholder` for all of them, `is_no_password` for values that
people choose, `is_no_token` for values that machines make.
"""

import re

from prodproof.trace.patterns.words import is_wordlike, is_wordy, runs, words_of

_DUMMY = re.compile(
    rb"(?i)^(?:\{\{|\$\{|<%|%\{|\#\{)|example|placeholder|change[-_. ]?(?:me|this|it)|replace[-_. ]?(?:me|this|with)|\byour[-_. ]?|[-_. ]here\b"
    rb"|dummy|redacted|insert[-_. ]|enter[-_. ]|not[-_. ]?(?:a[-_. ])?(?:real|secret)|fake[-_. ]?|\bmock|sample"
    rb"|xxxx|\*\*\*|\.\.\.|-----|______|\xe2\x80\xa6|\xe2\x80\xa2|<[a-z]|deadbeef|badc0ffee|foo[-_. ]?bar|lorem|ipsum"
    rb"|\btodo\b|\bfixme\b|insecure-default|do[-_. ]?not[-_. ]?use"
)
_RISING = b"0123456789abcdefghijklmnopqrstuvwxyz0123456789"
_FALLING = _RISING[::-1]
_KEYBOARD = b"qwertyuiopasdfghjklzxcvbnm"
_RUN = 8
"""Characters in rising, falling or keyboard order that make a value a dummy."""

_REFERENCE = re.compile(
    rb"""^(?:[$@%&!](?=[\w{(\[<])|[#$%@]\{|<|\{\{?|\(|\[|~/|\.{0,2}/[\w.-]+(?:/|$)|https?://|ftp://|file:|data:|arn:|vault:|op://|ssm:
         |projects/|ENC\[|AGE-|blob:|env[.:(]|os\.|process\.|self\.|this\.|config\.|settings\.|var\.|local\.|module\.|data\.
         |secrets?\.|params?\.|props\.|args\.|options?\.|req(?:uest)?\.|System\.|Environment\.|ssh-(?:rsa|ed25519|dss)|ecdsa-
         |MII[BCDEFG][A-Za-z0-9]{3}.{200}|sha(?:1|256|384|512)[-:=]|urn:)
      | \$\{|\{\{|\}\}|\$\(|%\(|%[sdvq]\b|%[sdvq]$|\#\{|\{\d?\}|\{[a-z_.]+\}|<%|%>|<<|>>|</|/>|\\[dws]|\(\?|\.\*|\[a-z|\[\^|::|->|=>|&&|\|\|
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CALL = re.compile(rb"^[\w.]+\(|^(?:new|await|return|function|lambda|async|typeof|not|is|get|None|null|nil)\b")
_NOTHING = re.compile(
    rb"(?i)^(?:null|nil|none|undefined|true|false|yes|no|on|off|empty|unset|unknown|default|optional|required|hidden|disabled"
    rb"|enabled|string|number|boolean|bool|integer|int|text|varchar.*|char.*|bytes|object|array|any|void|auto|manual|prompt|ask"
    rb"|basic|bearer|digest|oauth2?|plain|login|cleartext|trust|peer|md5|sha\d*|scram.*|bcrypt|argon2?\w*|pbkdf2\w*|aes\S*|rsa\S*)$"
)
_IDENTIFIER = re.compile(rb"^[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+(?:\[[^\]]*\])?$")
_FILE = re.compile(
    rb"(?i)(?:^|[\w/\\-])\.(?:py|pyc|js|mjs|jsx|ts|tsx|json|ya?ml|xml|pem|key|crt|cert?|der|p12|pfx|jks|txt|md|rst|html?|css|scss|png|jpe?g"
    rb"|gif|svg|ico|sh|bat|conf|cfg|ini|toml|properties|env|java|go|rb|php|cs|cpp|c|h|hpp|sql|db|sqlite\d?|log|csv|gpg|asc|pub|so|dll|exe"
    rb"|jar|war|zip|gz|tar|local|com|org|net|io|dev|internal)$"
)
_UUID = re.compile(rb"(?i)^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$")
_PLAIN_NUMBER = re.compile(
    rb"^[+-]?(?:\d{1,7}|\d+\.\d+(?:\.\d+)*|0x[0-9a-fA-F]{1,8}|\d{4}-\d\d-\d\d.*|\d+(?:px|em|rem|ms|s|m|h|d|%|kb|mb|gb))$"
)
_HASH = re.compile(
    rb"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$", re.IGNORECASE
)
_EMAIL = re.compile(rb"^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$")
_TOKEN_CHARACTERS = re.compile(rb"^[\x21-\x7e]+$")
_CONSTANT = re.compile(rb"^[A-Z]+(?:_[A-Z]+)+$")

_NOT_A_SECRET = words_of(
    """url uri urls path paths file files filename dir directory folder name names id ids type types field fields label labels
    hint hints length len size min max count limit regex pattern patterns policy policies prompt input form page view views
    template templates validator validators validation validate valid invalid rule rules strength expiry expires expired
    expiration expire ttl age timeout date time timestamp at error errors message messages msg text title description desc
    help placeholder column col index status state enabled disabled required optional option options flag mode algorithm algo
    alg method methods format encoding provider providers manager service endpoint host hosts port domain scope scopes
    version versions class event events handler callback function func param params parameter parameters arg args header
    headers prefix suffix separator delimiter hash hashed hasher hashers digest checksum fingerprint thumbprint sha sha1 sha256 md5
    attempts tries retries change changed reset forgot recovery recover confirmation visible visibility mask icon button link
    element selector css style dialog modal request response store storage cache arn ref reference selector keyring
    generator factory builder encoder decoder encoded parser reader writer matcher schema model entity table
    kind usage budget budgets usages tokenizer vocab embedding embeddings interval history context"""
)
"""Words after the one that names a secret, which make the name one of something else: `password_url`, `tokenLength`."""

_NOT_SECRET_BEFORE = words_of(
    """public pub primary foreign sort partition no without has is forgot reset lost csrf xsrf syntax lexer parse parser
    eof unexpected next prev current first last cursor page pagination continuation stop start begin end image css design
    get fetch lookup verify check compare generate make parse encode decode validate ask compass bypass trespass surpass by min max num total input prompt completion publishable"""
)
_NAME_OF_HASH = words_of(
    """hash sha sha1 sha256 sha512 md5 checksum digest integrity commit revision rev etag fingerprint thumbprint sum signature
    resolved shasum crc blob tree"""
)
_WEAK = words_of(
    """password passwd passwort passphrase passcode pass pwd pw secret secrets token tokens key keys apikey user username login
    admin administrator root guest test testing tests tester testpass testpassword testuser foo bar baz qux foobar abc abcd abcdef
    hello world helloworld qwerty default demo temp tmp value values my the new old current your mypassword mysecret mypass
    mytoken secretkey supersecret topsecret secretpassword string credential credentials auth access client server api app db
    database account some any wrong bad good valid invalid right correct another other one two three first second
    null none empty random private public master data name id email mail confirm confirmation reset change update
    bogus fake dummy sample example stub mock whatever something anything blah spam eggs ham"""
)


def is_placeholder(value: bytes) -> bool:
    """Whether a value is obviously no real one, whatever it is for."""
    if len(set(value)) <= 3 or _DUMMY.search(value):
        return True
    # The name of a constant or a variable, in a list of such names.
    if _CONSTANT.match(value):
        return True
    return _is_run(value) or _is_repeated(value)


def _is_run(value: bytes) -> bool:
    """Whether a large part of it is the alphabet, the digits, or a row of the keyboard."""
    low = value.lower()
    for at in range(len(low) - _RUN + 1):
        part = low[at : at + _RUN]
        if part in _RISING or part in _FALLING or part in _KEYBOARD or part == b"12345678":
            return True
    return False


def _is_repeated(value: bytes) -> bool:
    """Whether it is one short text over and over, or one character very often in a row."""
    size = len(value)
    for unit in range(1, min(9, size // 2 + 1)):
        if size >= 3 * unit and value == (value[:unit] * (size // unit + 1))[:size]:
            return True
    return any(value[at : at + 1] * 7 == value[at : at + 7] for at in range(max(0, size - 6)))


def is_reference(value: bytes) -> bool:
    """Whether a value names where the secret is, or is program text, and not the secret."""
    return (
        _REFERENCE.search(value) is not None
        or _CALL.search(value) is not None
        or _NOTHING.match(value) is not None
        or _IDENTIFIER.match(value) is not None
        or _FILE.search(value) is not None
    )


def is_other_name(name: str) -> bool:
    """Whether a name that has a secret's word in it is the name of something else: `password_field`, `tokenUrl`."""
    words = runs(name)
    if not words:
        return False
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
    words = runs(text)
    # A word that says what stands here, with at most a number after it.
    if words and all(word in _WEAK for word in words):
        return True
    if not any(char.isalpha() for char in text):
        return len(text) < 6
    if text.isalpha():
        # Labels, constants' names and messages are letters only; so are few passwords that were chosen with care.
        return len(text) < 6 or is_wordy(text)
    others = {char for char in text if not char.isalnum()}
    has_digit = any(char.isdigit() for char in text)
    if not has_digit and others <= set("_-.:/ ,") and is_wordy(text):
        return True
    return len(text) < 5


def is_no_token(value: bytes, name: str, after: bytes) -> bool:
    """Whether a value that a key's or a token's name is given is probably none; arguments as for `is_no_password`."""
    if _is_noise(value, name, after) or len(value) < 10:
        return True
    text = value.decode("latin-1")
    has_digit = any(char.isdigit() for char in text)
    if is_wordy(text) and (not has_digit or set(text) & set("_-.:/ ")):
        return True
    if not has_digit:
        return len(text) < 16 or text.islower() or text.isupper() or _is_camel(text)
    if not any(char.isalpha() for char in text):
        return len(text) < 16
    return sum(char.isdigit() for char in text) < 2 and is_wordy(text)


def _is_camel(text: str) -> bool:
    words = runs(text)
    return sum(len(word) for word in words if len(word) > 3 and is_wordlike(word)) * 2 > len(text)


def _is_noise(value: bytes, name: str, after: bytes) -> bool:
    if is_placeholder(value) or is_reference(value) or is_other_name(name):
        return True
    if not _TOKEN_CHARACTERS.match(value) or _PLAIN_NUMBER.match(value) or _EMAIL.match(value) or _UUID.match(value):
        return True
    # Glued to something else, or called: it is a part of an expression.
    rest = after.lstrip(b"\"'`\\")
    return rest[:1] == b"(" or rest.lstrip(b" \t")[:1] in (b"+", b"%") or rest.lstrip(b" \t")[:2] == b".."
