"""Kafka brokers and Spark jobs as the repository configures them."""

import re
from collections.abc import Iterator
from typing import Any

from prodproof.facts import Location, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.streaming import KafkaBroker, SparkSetting, SparkSettings
from prodproof.probes import _files
from prodproof.probes._pods import template_of
from prodproof.probes.probe import probe
from prodproof.reach.files.kafka_config import Property, broker, from_environment, is_broker, read_properties, strimzi
from prodproof.reach.files.kube_objects import may_hold_objects, read_objects
from prodproof.reach.files.placed import PlacedMap, read_documents, walk
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World

BROKER_FILES = ("**/server.properties", "**/broker*.properties", "**/controller*.properties", "**/kafka*.properties",
                "**/kraft/*.properties")  # fmt: skip
SPARK_DEFAULTS = ("**/spark-defaults.conf", "**/spark-defaults*.conf")
JOB_FILES = ("**/*.py", "**/*.scala", "**/*.sh", "**/*.java", "**/*.ipynb", "**/*.R")
_BROKER_IMAGE = re.compile(r"(^|/)(cp-kafka|cp-server|kafka|kafka-native|bitnami-kafka)(:|@|$)")
_BROKER_VARIABLES = ("KAFKA_LISTENERS", "KAFKA_ADVERTISED_LISTENERS", "KAFKA_CFG_LISTENERS", "KAFKA_PROCESS_ROLES",
                     "KAFKA_CFG_PROCESS_ROLES", "KAFKA_BROKER_ID", "KAFKA_NODE_ID", "KAFKA_CFG_NODE_ID")  # fmt: skip
_SPARK_KEY = (
    r"spark\.(?:authenticate(?:\.enableSaslEncryption)?|network\.crypto\.enabled|io\.encryption\.enabled|acls\.enable"
    r"|ui\.acls\.enable|ui\.enabled|ui\.filters|ssl(?:\.[a-zA-Z]+)?\.enabled)"
)
_DEFAULT_LINE = re.compile(rf"^\s*({_SPARK_KEY})[\s=:]+(\S+)")
_OVERRIDE = re.compile(rf"({_SPARK_KEY})[\"']?\s*[=,:]\s*[\"']?(true|false)\b", re.IGNORECASE)


@probe(KafkaBroker, SparkSettings, per=Repository, proof=Proof.INSIDE, by_commit=True, time_limit=60)
def observe(repository: Repository, world: World) -> tuple[Survey[Any], ...]:
    """Read broker and Spark configuration; unreadable files are unseen subjects."""
    reader = world.repositories[repository.path]
    if isinstance(reader, Unseen):
        return lost(KafkaBroker, reader.why, reader.detail), lost(SparkSettings, reader.why, reader.detail)
    commit = reader.commit
    kafka = [world.inside(subject, seen, commit) for subject, seen in (*_properties(reader), *_containers(reader))]
    spark = [world.inside(subject, seen, commit) for subject, seen in (*_defaults(reader), *_applications(reader))]
    if spark:
        spark += [world.inside(subject, seen, commit) for subject, seen in _jobs(reader)]
    return Survey(KafkaBroker, tuple(kafka), reader.gaps), Survey(SparkSettings, tuple(spark), reader.gaps)


def _properties(reader: RepositoryReader) -> Iterator[tuple[Subject, KafkaBroker | Unseen]]:
    for name, text in _rendered(reader, *BROKER_FILES):
        if isinstance(text, Unseen):
            yield Subject("file", name), text
        elif is_broker(properties := read_properties(text)):
            yield Subject("file", name), broker(properties, name)


def _rendered(reader: RepositoryReader, *patterns: str) -> Iterator[tuple[str, str | Unseen]]:
    """Printable path and text of each matching file that is no sample and not for a developer's machine."""
    for path in reader.glob(*patterns):
        if _files.is_sample(path) or _files.is_for_development(path):
            continue
        name, text = shown(path), reader.text(path)
        if isinstance(text, Unseen):
            yield name, text
        elif "\0" in text:
            yield name, Unseen(Reason.INCOMPLETE, f"{name} is not text")
        elif "{{" in text or "{%" in text:
            yield name, Unseen(Reason.INCOMPLETE, f"{name} is a template that has not been rendered")
        else:
            yield name, text


def _containers(reader: RepositoryReader) -> Iterator[tuple[Subject, KafkaBroker | Unseen]]:
    for path, text in _files.texts(reader, *_files.YAML, having=re.compile(r"kafka", re.IGNORECASE)):
        if _files.is_for_development(path):
            continue
        name = shown(path)
        if isinstance(text, Unseen):
            yield Subject("file", name), text
            continue
        if may_hold_objects(text):
            yield from _objects(text, name)
            continue
        documents = read_documents(text)
        if isinstance(documents, Unseen):
            if "KAFKA_" in text:
                yield Subject("file", name), Unseen(documents.why, f"{name} {documents.detail}")
            continue
        for document in documents:
            services = document.map("services") if isinstance(document, PlacedMap) else PlacedMap()
            for service in services:
                body = services.map(service)
                variables = _variables(body)
                if _is_broker(body.text("image") or "", variables):
                    line = services.at(service)
                    yield Subject("service", f"{name} {service}"), broker(from_environment(variables), name, line)


def _objects(text: str, name: str) -> Iterator[tuple[Subject, KafkaBroker | Unseen]]:
    objects = read_objects(text, name)
    if isinstance(objects, Unseen):
        if "KAFKA_" in text or "strimzi" in text:
            yield Subject("file", name), Unseen(objects.why, f"{name} {objects.detail}")
        return
    for item in objects:
        subject = Subject("k8s", f"{item.kind}/{item.namespace or '-'}/{item.name}")
        if item.kind == "Kafka" and item.group == "kafka.strimzi.io":
            yield subject, strimzi(item.spec.map("kafka"), name, item.body.line)
        template = template_of(item)
        for container in template.map("spec").maps("containers") if template else ():
            variables = {
                one.text("name") or "": Property(one.text("value") or "", one.line) for one in container.maps("env")
            }
            if _is_broker(container.text("image") or "", variables):
                yield subject, broker(from_environment(variables), name, container.line)


def _variables(body: PlacedMap) -> dict[str, Property]:
    block = body.map("environment")
    found = {name: Property(block.text(name) or "", block.at(name)) for name in block}
    for item in body.items_of("environment"):
        name, _, value = str(item).partition("=")
        found[name] = Property(value, body.at("environment"))
    return found


def _is_broker(image: str, variables: dict[str, Property]) -> bool:
    return bool(_BROKER_IMAGE.search(image)) or any(name in variables for name in _BROKER_VARIABLES)


def _defaults(reader: RepositoryReader) -> Iterator[tuple[Subject, SparkSettings | Unseen]]:
    for name, text in _rendered(reader, *SPARK_DEFAULTS):
        subject = Subject("file", name)
        if isinstance(text, Unseen):
            yield subject, text
        else:
            matches = [(number, _DEFAULT_LINE.match(line)) for number, line in enumerate(text.splitlines(), 1)]
            settings = tuple(
                SparkSetting(key=match[1], value=match[2][:200], line=number) for number, match in matches if match
            )
            yield subject, SparkSettings(settings=settings, location=Location(name, 1))


def _applications(reader: RepositoryReader) -> Iterator[tuple[Subject, SparkSettings | Unseen]]:
    for path, text in _files.texts(reader, *_files.YAML, having="sparkoperator"):
        name = shown(path)
        documents = read_documents(text) if isinstance(text, str) else text
        if isinstance(documents, Unseen):
            yield Subject("file", name), Unseen(documents.why, f"{name} {documents.detail}")
            continue
        for mapping in (item for document in documents for item in walk(document)):
            kind = mapping.text("kind")
            if kind not in ("SparkApplication", "ScheduledSparkApplication") or "spec" not in mapping:
                continue
            spec = mapping.map("spec").map("template") or mapping.map("spec")
            chosen = spec.map("sparkConf")
            settings = tuple(
                SparkSetting(key=key, value=(chosen.text(key) or "")[:200], line=chosen.at(key))
                for key in chosen
                if re.fullmatch(_SPARK_KEY, key)
            )
            subject = Subject("k8s", f"{kind}/{mapping.map('metadata').text('name')}")
            yield subject, SparkSettings(settings=settings, location=Location(name, mapping.line))


def _jobs(reader: RepositoryReader) -> Iterator[tuple[Subject, SparkSettings | Unseen]]:
    for path, text in _files.texts(reader, *JOB_FILES, having=re.compile(_SPARK_KEY)):
        subject = Subject("file", shown(path))
        if isinstance(text, Unseen):
            yield subject, text
            continue
        settings = tuple(
            SparkSetting(key=match[1], value=match[2].lower(), line=number)
            for number, line in enumerate(text.splitlines(), 1)
            for match in _OVERRIDE.finditer(line[:2_000])
        )
        if settings:
            yield (
                subject,
                SparkSettings(settings=settings, overrides=True, location=Location(shown(path), settings[0].line)),
            )
