"""AWS: secrets of the Secrets Manager, parameters of Systems Manager."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import (
    ListedSecret,
    ManagerPosture,
    Rotation,
    SecretDescription,
    SecretListing,
    SecretVersion,
)
from prodproof.reach.secret import Secret
from prodproof.reach.secrets._aws_posture import posture_of
from prodproof.reach.secrets._aws_session import ABSENT, Aws, code_of, why
from prodproof.reach.secrets._aws_writer import AwsWriter
from prodproof.reach.secrets.store import MAX_NAMES, Limits, ReadMark, SecretStore, rest, value_of
from prodproof.reach.secrets.writer import SecretWriter

DAY = 86400
MAX_EVENT_PAGES = 40
_CURRENT = "AWSCURRENT"


class AwsStore(SecretStore):
    """`aws-sm:NAME`, `aws-sm:NAME#FIELD` (of a JSON secret), `aws-ssm:/PATH`."""

    kind = "aws"

    def __init__(
        self,
        region: str | None = None,
        url: str | None = None,
        credentials: Secret | None = None,
        ca: str | None = None,
        limits: Limits | None = None,
        roles: tuple[str, ...] = (),
        trail: str | None = None,
    ) -> None:
        """
        Args:
            region: None: as the environment says.
            url: of the endpoint; None: `AWS_ENDPOINT_URL`, else the public one.
            credentials: `KEY_ID:SECRET[:SESSION_TOKEN]`; None: where the AWS tools look for them.
            ca: path of a private CA.
            roles: names or ARNs of the roles whose policies are read.
            trail: as declared, `cloudtrail:NAME` or `s3://BUCKET`; None: every trail counts.
        """
        self._aws = Aws(region, url, credentials, ca, limits)
        self._limits = limits or Limits()
        self._ca = ca
        self._roles, self._trail = roles, trail

    def read(self, reference: str) -> Secret | Unseen:
        name, field = _named(reference)
        if reference.startswith("aws-ssm:"):
            answer = self._ask("ssm", "get_parameter", reference, Name=name, WithDecryption=True)
            if isinstance(answer, Unseen):
                return answer
            held = (answer.get("Parameter") or {}).get("Value")
            return _valueless(reference) if held is None else value_of(reference, held)
        answer = self._ask("secretsmanager", "get_secret_value", reference, SecretId=name, VersionStage=_CURRENT)
        if isinstance(answer, Unseen):
            return answer
        value = answer.get("SecretString", answer.get("SecretBinary"))
        if value is None:
            return _valueless(reference)
        return value_of(reference, value) if field is None else _field(reference, value, field)

    def marked_read(self, reference: str) -> ReadMark | Unseen:
        name, _ = _named(reference)
        if reference.startswith("aws-ssm:"):
            answer = self._ask("ssm", "get_parameter", reference, Name=name, WithDecryption=True)
        else:
            answer = self._ask("secretsmanager", "get_secret_value", reference, SecretId=name, VersionStage=_CURRENT)
        if isinstance(answer, Unseen):
            return answer
        request = str(answer.get("ResponseMetadata", {}).get("RequestId") or "")
        event = "GetParameter" if reference.startswith("aws-ssm:") else "GetSecretValue"
        return ReadMark(request, event) if request else Unseen(Reason.INCOMPLETE, f"{reference}: no request id")

    def recorded(self, mark: ReadMark, since: datetime) -> bool | Unseen:
        """Whether CloudTrail's event history has a request; it is there some minutes later.

        Source: CloudTrail user guide, "Viewing events with CloudTrail event history"; `requestID` of an event.
        """
        attributes = [{"AttributeKey": "EventName", "AttributeValue": mark.path}]
        given: dict[str, object] = {"LookupAttributes": attributes, "StartTime": since, "MaxResults": 50}
        for _ in range(MAX_EVENT_PAGES):
            answer = self._ask("cloudtrail", "lookup_events", "the event history", **given)
            if isinstance(answer, Unseen):
                return answer
            for event in answer.get("Events", ()):
                try:
                    whole = json.loads(event.get("CloudTrailEvent") or "{}")
                except (ValueError, RecursionError):
                    continue
                if isinstance(whole, dict) and whole.get("requestID") == mark.request:
                    return True
            if not answer.get("NextToken"):
                return False
            given["NextToken"] = answer["NextToken"]
        return Unseen(Reason.INCOMPLETE, f"the event history has more than {MAX_EVENT_PAGES} pages of {mark.path}")

    def earlier(self, reference: str) -> tuple[Secret, ...]:
        name, field = _named(reference)
        if reference.startswith("aws-ssm:"):
            return ()
        given = {"SecretId": name, "VersionStage": "AWSPREVIOUS"}
        answer = self._ask("secretsmanager", "get_secret_value", reference, **given)
        value = None if isinstance(answer, Unseen) else answer.get("SecretString", answer.get("SecretBinary"))
        if value is None:
            return ()
        found = value_of(reference, value) if field is None else _field(reference, value, field)
        return () if isinstance(found, Unseen) else (found,)

    def describe(self, reference: str) -> SecretDescription | Unseen:
        name, _ = _named(reference)
        if reference.startswith("aws-ssm:"):
            return self._parameter(reference, name)
        answer = self._ask("secretsmanager", "describe_secret", reference, SecretId=name)
        if isinstance(answer, Unseen):
            return self._none(reference, answer)
        listed = self._ask(
            "secretsmanager",
            "list_secret_version_ids",
            reference,
            SecretId=name,
            MaxResults=100,
            IncludeDeprecated=True,
        )
        stages = {str(id): tuple(sorted(given)) for id, given in answer.get("VersionIdsToStages", {}).items()}
        made: dict[str, datetime | None] = {}
        if not isinstance(listed, Unseen):
            for item in listed.get("Versions", ()):
                made[str(item["VersionId"])] = item.get("CreatedDate")
                stages.setdefault(str(item["VersionId"]), tuple(sorted(item.get("VersionStages", ()))))
        current = next((id for id, given in stages.items() if _CURRENT in given), "")
        deleted = answer.get("DeletedDate")
        return SecretDescription(
            reference=reference,
            store=self.kind,
            found=deleted is None and bool(current),
            detail="is about to be deleted" if deleted else "" if current else "has no current version",
            # Without the list of versions there is no age of the current one; when the secret was changed last
            # may have been a new description.
            created=made.get(current),
            version=current,
            versions=tuple(SecretVersion(id=id, created=made.get(id), stages=stages[id]) for id in sorted(stages)),
            rotation=_rotation(answer),
            key=str(answer.get("KmsKeyId") or "alias/aws/secretsmanager"),
            tags=_tags(answer.get("Tags", ())),
            last_read=answer.get("LastAccessedDate"),
        )

    def names(self) -> SecretListing:
        gaps: list[Unseen] = []
        found = self._paged(gaps, "secretsmanager", "list_secrets", "SecretList")
        found += self._paged(gaps, "ssm", "describe_parameters", "Parameters")
        found.sort(key=lambda item: (item.name, item.path))
        return SecretListing(secrets=tuple(found), gaps=tuple(gaps))

    def posture(self) -> ManagerPosture | Unseen:
        return posture_of(self._aws, self._roles, self._trail, self._ca, self._limits)

    def writer(self) -> SecretWriter | Unseen:
        return AwsWriter(self._ask)

    def close(self) -> None:
        self._aws.close()

    def _ask(self, service: str, action: str, what: str, **given: object) -> "dict[str, Any] | Unseen":
        try:
            call: Callable[..., dict[str, Any]] = getattr(self._aws.client(service), action)
            return call(**given)
        except Exception as error:
            if code_of(error) == "InvalidRequestException":
                # Of a value, that is what AWS answers for a secret that is scheduled for deletion.
                return Unseen(Reason.NOT_CONFIGURED, f"{what}: is about to be deleted")
            return why(error, what)

    def _none(self, reference: str, seen: Unseen) -> SecretDescription | Unseen:
        if seen.why is not Reason.NOT_CONFIGURED or not any(code in seen.detail for code in ABSENT):
            return seen
        return SecretDescription(reference=reference, store=self.kind, found=False, detail="there is none")

    def _parameter(self, reference: str, name: str) -> SecretDescription | Unseen:
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        answer = self._ask("ssm", "describe_parameters", reference, ParameterFilters=filters)
        if isinstance(answer, Unseen):
            return self._none(reference, answer)
        found = next(iter(answer.get("Parameters", ())), None)
        if found is None:
            return SecretDescription(reference=reference, store=self.kind, found=False, detail="there is none")
        secure = found.get("Type") == "SecureString"
        tagged = self._ask(
            "ssm", "list_tags_for_resource", reference, ResourceType="Parameter", ResourceId=found["Name"]
        )
        return SecretDescription(
            reference=reference,
            store=self.kind,
            found=True,
            detail="" if secure else f"is a {found.get('Type', 'String')}: not encrypted with a key",
            created=found.get("LastModifiedDate"),
            version=str(found.get("Version", "")),
            key=str(found.get("KeyId") or "") if secure else "",
            tags=() if isinstance(tagged, Unseen) else _tags(tagged.get("TagList", ())),
        )

    def _paged(self, gaps: list[Unseen], service: str, action: str, key: str) -> list[ListedSecret]:
        found: list[ListedSecret] = []
        given: dict[str, object] = {"MaxResults": 50}
        while True:
            answer = self._ask(service, action, f"the list of {service}", **given)
            if isinstance(answer, Unseen):
                gaps.append(answer)
                return found
            found += [
                ListedSecret(name=str(item["Name"]), path=str(item.get("ARN") or item["Name"]))
                for item in answer.get(key, ())
            ]
            token = answer.get("NextToken")
            if not token:
                return found
            if len(found) > MAX_NAMES or token == given.get("NextToken"):
                gaps.append(Unseen(Reason.INCOMPLETE, f"more than {len(found)} names of {service}"))
                return found
            given["NextToken"] = token


def _valueless(reference: str) -> Unseen:
    return Unseen(Reason.INCOMPLETE, f"{reference}: the answer holds no value")


def _named(reference: str) -> tuple[str, str | None]:
    name, separator, field = rest(reference).partition("#")
    return name, field if separator else None


def _field(reference: str, value: str | bytes, field: str) -> Secret | Unseen:
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return Unseen(Reason.INCOMPLETE, f"{reference}: the secret is no JSON document")
    found = document.get(field) if isinstance(document, dict) else None
    if found is None:
        return Unseen(Reason.NOT_CONFIGURED, f"{reference}: the secret has no such field")
    if not isinstance(found, (str, int, float)) or isinstance(found, bool):
        return Unseen(Reason.INCOMPLETE, f"{reference}: the field is no text")
    return value_of(reference, str(found))


def _rotation(answer: dict[str, Any]) -> Rotation:
    rules = answer.get("RotationRules") or {}
    days = rules.get("AutomaticallyAfterDays")
    return Rotation(
        enabled=bool(answer.get("RotationEnabled")),
        period=int(days) * DAY if days else None,
        schedule=str(rules.get("ScheduleExpression") or ""),
        last=answer.get("LastRotatedDate"),
        due=answer.get("NextRotationDate"),
        by=str(answer.get("RotationLambdaARN") or ("aws" if answer.get("OwningService") else "")),
    )


def _tags(given: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(item["Key"]), str(item["Value"])) for item in given if "Key" in item and "Value" in item))
