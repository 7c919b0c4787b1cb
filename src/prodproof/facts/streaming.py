"""How Kafka brokers and Spark jobs are configured to protect what flows through them."""

from dataclasses import dataclass

from prodproof.facts.location import Location


@dataclass(frozen=True, kw_only=True)
class KafkaListener:
    """An address on which a broker or controller accepts connections."""

    name: str
    protocol: str
    """`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`; or the name itself where nothing maps it."""

    host: str = ""
    client_certificates: str = "none"
    """`none`, `requested` or `required`."""

    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class KafkaBroker:
    """One broker's (or controller's) configuration, defaults applied."""

    listeners: tuple[KafkaListener, ...]
    authorizer: str = ""
    """Class or type that checks access lists; empty means none, which allows everything."""

    allows_without_list: bool = False
    """`allow.everyone.if.no.acl.found`."""

    super_users: tuple[str, ...] = ()
    checks_names: bool = True
    """False where `ssl.endpoint.identification.algorithm` is set to nothing."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class SparkSetting:
    """One `spark.*` setting that concerns protection; secrets are never kept."""

    key: str
    value: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class SparkSettings:
    """The protective settings of a defaults file, an operator's object, or what a job adds for itself."""

    settings: tuple[SparkSetting, ...]
    overrides: bool = False
    """True for settings that a job or script lays over the defaults: what they leave out is not missing."""

    version: str = ""
    location: Location
