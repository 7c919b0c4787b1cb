"""Names for secrets that are given literal values in Dockerfiles, Kubernetes manifests and compose files.

Source for the names: Docker's build check `SecretsUsedInArgOrEnv`
(https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/).
"""

import binascii
import re
import shlex
from base64 import b64decode
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from prodproof.facts import Location
from prodproof.facts.artifacts import Baked, Baking
from prodproof.reach.files.dockerfile import Dockerfile, Instruction
from prodproof.reach.files.kube_objects import KubeObject
from prodproof.reach.files.placed import PlacedMap, walk

_SECRET = re.compile(
    r"(?:^|[_.\-])(?:api_?keys?|auth_?tokens?|access_?keys?|private_?keys?|secret_?keys?|signing_?keys?|encryption_?keys?"
    r"|credentials?|pass|passwd|password|passphrase|pwd|pword|secrets?|tokens?|webhook_?keys?)(?:$|[_.\-\d])",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(
    r"(?:^|[_.\-])public(?:$|[_.\-])|[_.\-](?:file|path|dir|url|uri|name|id|type|ttl|expiry|expires|lifetime|timeout|length"
    r"|size|header|field|prefix|algorithm|hasher|hashers|arn|ref|enabled|required|version|endpoint|issuer|audience)s?$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ASSIGNED = re.compile(r"(?<![\w$-])([A-Za-z_]\w*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|)\"']+)")
_FILES = (
    ".env", ".env.*", "*.env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", "_netrc", ".pgpass",
    ".git-credentials", ".dockercfg", ".vault-token", "kubeconfig", "*.pfx", "*.p12", "*.jks", "*.keystore", "*.kdbx",
    "*.pem.key", "*-key.pem", "*_key.pem", "privkey.pem", "service-account*.json", "credentials.json", "secrets.json",
    "secrets.y*ml", "secrets.toml", "master.key",
)  # fmt: skip
"""Names of files that hold credentials."""

_FOLDERS = (".ssh", ".aws", ".gnupg", ".kube", ".docker/config.json", ".config/gcloud")
_TEMPLATE = re.compile(r"(?:^|[._-])(?:example|sample|template|dist|tpl|tmpl|test|enc|vault|gpg|age|sops)(?:$|[._-])")

IsLiteral = Callable[[str, str], bool]
"""Whether a value (first) that a name (second) is given could be a real one."""


def is_secret_name(name: str) -> bool:
    """Whether a variable or key of that name holds a secret."""
    apart = _CAMEL.sub("_", name)
    return _SECRET.search(apart) is not None and _NOT_SECRET.search(apart) is None


def is_credential_file(path: str) -> bool:
    """Whether a file of that name holds credentials, and is no template or encrypted form."""
    parts = [part for part in path.strip("\"'").lower().split("/") if part not in ("", ".")]
    if not parts or _TEMPLATE.search(parts[-1]):
        return False
    if any(fnmatchcase(parts[-1], pattern) for pattern in _FILES):
        return True
    return any(f"/{'/'.join(parts)}/".find(f"/{folder}/") >= 0 for folder in _FOLDERS)


def in_dockerfile(file: Dockerfile, path: str, is_literal: IsLiteral) -> Iterator[Baked]:
    """What a Dockerfile bakes into images; literals of every stage, files and arguments of those that are shipped."""
    shipped = _shipped(file)
    for name, default in file.arguments:
        if default and is_secret_name(name) and is_literal(default, name):
            yield Baked(how=Baking.IMAGE_VARIABLE, name=name, location=Location(path, 1))
    for index, stage in enumerate(file.stages):
        for instruction in stage.instructions:
            for found in _in_instruction(instruction, index in shipped, is_literal):
                how, name = found
                yield Baked(how=how, name=name[:200], location=Location(path, instruction.line))


def _shipped(file: Dockerfile) -> set[int]:
    """The last stage and those that it continues."""
    chain: set[int] = set()
    at: int | None = len(file.stages) - 1
    while at is not None and at not in chain:
        chain.add(at)
        at = file.stages[at].parent
    return chain


def _in_instruction(instruction: Instruction, shipped: bool, is_literal: IsLiteral) -> Iterator[tuple[Baking, str]]:
    match instruction.name:
        case "ENV":
            for name, value in _environment(instruction.value):
                if is_secret_name(name) and is_literal(value, name):
                    yield Baking.IMAGE_VARIABLE, name
        case "ARG":
            for word in _words(instruction.value):
                name, given, value = word.partition("=")
                if not is_secret_name(name):
                    continue
                if given and is_literal(value, name):
                    yield Baking.IMAGE_VARIABLE, name
                elif not given and shipped:
                    yield Baking.BUILD_ARGUMENT, name
        case "RUN":
            for text in (instruction.arguments, *instruction.heredocs):
                for match in _ASSIGNED.finditer(text):
                    if is_secret_name(match[1]) and is_literal(match[2].strip("\"'"), match[1]):
                        yield Baking.COMMAND, match[1]
        case "COPY" | "ADD" if shipped:
            sources = _words(instruction.arguments.strip("[]").replace(",", " "))[:-1]
            for source in sources:
                if is_credential_file(source):
                    yield Baking.COPY, source
        case _:
            pass


def _environment(value: str) -> Iterator[tuple[str, str]]:
    """`NAME=value ...`, or the older `NAME value`."""
    words = _words(value)
    if words and "=" not in words[0]:
        yield words[0], value.strip()[len(words[0]) :].strip()
        return
    for word in words:
        name, given, text = word.partition("=")
        if given:
            yield name, text


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quotation that does not end
        return text.split()


def in_object(object: KubeObject, path: str, is_literal: IsLiteral) -> Iterator[Baked]:
    """What a Kubernetes object holds in clear."""
    named = f"{object.kind} {object.name}"[:200]
    if object.kind in ("ConfigMap", "Secret") and not object.group:
        if "sops" in object.body:
            return
        how = Baking.CONFIG_MAP if object.kind == "ConfigMap" else Baking.SECRET_MANIFEST
        for table in ("data", "stringData"):
            encoded = object.kind == "Secret" and table == "data"
            values = object.body.map(table)
            for name in values:
                value = values.text(name) or ""
                plain = _decoded(value) if encoded else value
                # All that a Secret holds is secret; in a ConfigMap it is what the name says.
                if (encoded or how is Baking.SECRET_MANIFEST or is_secret_name(name)) and is_literal(plain, name):
                    yield Baked(how=how, name=name[:200], location=Location(path, values.at(name)), object=named)
        return
    for container in _containers(object.body):
        for variable in container.maps("env"):
            name, value = variable.text("name") or "", variable.text("value") or ""
            if is_secret_name(name) and is_literal(value, name):
                yield Baked(
                    how=Baking.CONTAINER_VARIABLE, name=name[:200], location=Location(path, variable.line), object=named
                )


def _decoded(value: str) -> str:
    try:
        return b64decode("".join(value.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _containers(body: Any) -> Iterator[PlacedMap]:
    for block in walk(body):
        for key in ("containers", "initContainers"):
            yield from block.maps(key)


def in_compose(documents: list[Any], path: str, is_literal: IsLiteral) -> Iterator[Baked]:
    """What the services of a compose file are given in clear, when they run and when they are built."""
    for document in documents:
        listed = document.map("services") if isinstance(document, PlacedMap) else PlacedMap()
        for service in listed:
            body = listed.map(service)
            for holder, key in ((body, "environment"), (body.map("build"), "args")):
                for name, value, line in _assigned(holder, key):
                    if is_secret_name(name) and is_literal(value, name):
                        yield Baked(
                            how=Baking.CONTAINER_VARIABLE if key == "environment" else Baking.IMAGE_VARIABLE,
                            name=name[:200],
                            location=Location(path, line),
                            object=f"service {service}"[:200],
                        )


def _assigned(holder: PlacedMap, key: str) -> Iterator[tuple[str, str, int]]:
    """Names and values of a mapping, or of a list of `NAME=value`."""
    values = holder.map(key)
    for name in values:
        yield name, values.text(name) or "", values.at(name)
    for item in holder.items_of(key):
        if isinstance(item, str):
            name, _, value = item.partition("=")
            yield name, value, holder.at(key)
