"""Kafka and Spark configuration to facts."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.facts.streaming import KafkaBroker, SparkSettings
from prodproof.probes.streaming import observe
from prodproof.reach.files.kafka_config import broker, read_properties
from tests.probes.files import only, seen, survey


def listeners(found: Any) -> list[tuple[str, str, str]]:
    return [(one.name, one.protocol, one.client_certificates) for one in found.listeners]


def test_a_broker_file(tmp_path: Path) -> None:
    text = (
        "node.id=1\nlisteners=IN://127.0.0.1:9092, \\\n  OUT://:9093\n"
        "listener.security.protocol.map=IN:PLAINTEXT,OUT:SSL\nlistener.name.out.ssl.client.auth=required\n"
        "super.users=User:a;User:b\nallow.everyone.if.no.acl.found=true\n"
    )
    found: Any = only(survey(observe, tmp_path, {"config/server.properties": text})[KafkaBroker])
    assert listeners(found) == [("IN", "PLAINTEXT", "none"), ("OUT", "SSL", "required")]
    assert [one.host for one in found.listeners] == ["127.0.0.1", ""]
    assert (found.authorizer, found.allows_without_list, found.super_users) == ("", True, ("User:a", "User:b"))


def test_no_listeners_means_plaintext(tmp_path: Path) -> None:
    found: Any = only(survey(observe, tmp_path, {"server.properties": "broker.id=1\n"})[KafkaBroker])
    assert listeners(found) == [("PLAINTEXT", "PLAINTEXT", "none")]


def test_other_property_files_are_no_brokers(tmp_path: Path) -> None:
    files = {"server.properties": "server.port=8080\n", "kafka-client.properties": "bootstrap.servers=x:9092\n"}
    assert survey(observe, tmp_path, files)[KafkaBroker].observations == ()


def test_variables_of_containers(tmp_path: Path) -> None:
    compose = """\
services:
  kafka:
    image: bitnami/kafka:3
    environment: ["KAFKA_CFG_LISTENERS=CLIENT://:9092", "KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP=CLIENT:SASL_SSL"]
  ui:
    image: provectuslabs/kafka-ui
    environment: {KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS: "kafka:9092"}
"""
    pod = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: kafka}
spec:
  template:
    spec:
      containers:
      - name: kafka
        image: confluentinc/cp-kafka:7
        env:
        - {name: KAFKA_ADVERTISED_LISTENERS, value: "PLAINTEXT://localhost:9092"}
        - {name: KAFKA_AUTHORIZER_CLASS_NAME, value: X}
"""
    found = seen(survey(observe, tmp_path, {"compose.yml": compose, "k8s/kafka.yaml": pod})[KafkaBroker])
    assert set(found) == {"compose.yml kafka", "StatefulSet/-/kafka"}
    assert listeners(found["compose.yml kafka"]) == [("CLIENT", "SASL_SSL", "none")]
    stateful = found["StatefulSet/-/kafka"]
    assert (stateful.listeners[0].host, stateful.authorizer) == ("", "X")


def test_strimzi(tmp_path: Path) -> None:
    text = """\
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: events}
spec:
  kafka:
    authorization: {type: simple}
    listeners:
    - {name: a, tls: true, authentication: {type: tls}}
    - {name: b, tls: true, authentication: {type: scram-sha-512}}
    - {name: c, tls: false}
"""
    found: Any = only(survey(observe, tmp_path, {"kafka.yaml": text})[KafkaBroker])
    assert listeners(found) == [("a", "SSL", "required"), ("b", "SASL_SSL", "none"), ("c", "PLAINTEXT", "none")]
    assert found.authorizer == "simple"


@given(st.text(max_size=200))
def test_no_property_file_is_too_strange(text: str) -> None:
    assert isinstance(broker(read_properties(text), "x"), KafkaBroker)
    assert isinstance(broker(read_properties(f"listeners={text}"), "x"), KafkaBroker)


def test_spark(tmp_path: Path) -> None:
    files = {
        "conf/spark-defaults.conf": "# x\nspark.authenticate true\nspark.eventLog.dir x\nspark.ssl.enabled=true\n",
        "job.py": 'builder.config("spark.io.encryption.enabled", "false")\n',
        "other.py": "print('spark.authenticate')\n",
    }
    found = seen(survey(observe, tmp_path, files)[SparkSettings])
    defaults, job = found["conf/spark-defaults.conf"], found["job.py"]
    assert [(one.key, one.value, one.line) for one in defaults.settings] == [
        ("spark.authenticate", "true", 2),
        ("spark.ssl.enabled", "true", 4),
    ]
    assert (job.overrides, job.settings[0].value) == (True, "false")
    assert set(found) == {"conf/spark-defaults.conf", "job.py"}


def test_templates_are_unseen(tmp_path: Path) -> None:
    files = {"spark-defaults.conf": "spark.authenticate {{ x }}\n", "server.properties": "listeners={{ x }}\n"}
    found = survey(observe, tmp_path, files)
    assert all(isinstance(only_one.seen, Unseen) for one in found.values() for only_one in one.observations)
    assert [len(one.observations) for one in found.values()] == [1, 1]
