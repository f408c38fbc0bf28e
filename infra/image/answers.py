"""What CloudFormation asks of an image, and what it is answered. No I/O.

CloudFormation sends a request and waits, up to the resource's ServiceTimeout, for an answer at the request's own URL:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html. A build takes longer than a
Lambda may, so the request travels with the build, as one of its variables, and is answered when the build has ended.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

REQUEST = "REQUEST"
TAG = "TAG"
SOURCE = "SOURCE"
_LONGEST_REASON_CHARS = 1000
"""An answer may have 4,096 bytes in all."""


class NotUnderstood(Exception):
    """An event, or a build, that lacks what it should hold; the sentence names it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an answer has to repeat, where it goes (a presigned URL), and the name the image has in CloudFormation."""

    url: str
    stack_id: str
    request_id: str
    logical_id: str
    physical_id: str


def request_of(event: Mapping[str, Any], repository: str) -> Request:
    """Raises NotUnderstood. The physical id never changes: if it did, CloudFormation would delete the old image."""
    try:
        return Request(
            url=event["ResponseURL"],
            stack_id=event["StackId"],
            request_id=event["RequestId"],
            logical_id=event["LogicalResourceId"],
            physical_id=event.get("PhysicalResourceId") or f"image-in-{repository}",
        )
    except KeyError as missing:
        raise NotUnderstood(f"The request lacks {missing}.") from missing


def tag(properties: Mapping[str, Any]) -> str:
    """The image's tag: the same for the same source, architecture and revision, so that a rollback builds nothing.

    `Source` is the ARN of a layer version, which never stands for anything else. Raises NotUnderstood.
    """
    try:
        layer, version = str(properties["Source"]).rsplit(":", 2)[1:]
        architecture, revision = properties["Architecture"], properties["Revision"]
    except (KeyError, ValueError) as error:
        raise NotUnderstood(
            "The image's properties must be Source (a layer version's ARN), Architecture, Revision."
        ) from error
    return f"{layer[-60:]}-{version}-{architecture}-{revision}"


def variables(request: Request, source: str, image_tag: str) -> dict[str, str]:
    """The variables of a build."""
    return {SOURCE: source, TAG: image_tag, REQUEST: json.dumps(asdict(request))}


def build_id(event: Mapping[str, Any]) -> str:
    """The build that an event of CodeBuild's is about: the last part of its ARN. Raises NotUnderstood."""
    try:
        return str(event["detail"]["build-id"]).rsplit("/", 1)[-1]
    except (KeyError, TypeError) as error:
        raise NotUnderstood("The event names no build.") from error


@dataclass(frozen=True, slots=True)
class Ended:
    """A build that has ended: whose it was, its tag, and what went wrong, empty where nothing did."""

    request: Request
    tag: str
    trouble: str


def ended(build: Mapping[str, Any]) -> Ended:
    """What a build, as CodeBuild describes it, has come to. Raises NotUnderstood."""
    given = {variable["name"]: variable["value"] for variable in build["environment"]["environmentVariables"]}
    try:
        request, image_tag = Request(**json.loads(given[REQUEST])), given[TAG]
    except (KeyError, TypeError, ValueError) as error:
        raise NotUnderstood("The build does not carry the request that it was started for.") from error
    return Ended(request, image_tag, "" if build["buildStatus"] == "SUCCEEDED" else _trouble(build))


def _trouble(build: Mapping[str, Any]) -> str:
    log = build.get("logs", {}).get("deepLink", "CodeBuild has none")
    for phase in build.get("phases", ()):
        if phase.get("phaseStatus") not in (None, "SUCCEEDED"):
            said = " ".join(context.get("message", "") for context in phase.get("contexts", ())).strip()
            return f"The image was not built: {phase['phaseType']} {phase['phaseStatus']}. Log: {log} {said}"
    return f"The image was not built: {build['buildStatus']}. Log: {log}"


def done(request: Request, image_uri: str) -> bytes:
    """The answer for an image that is there."""
    return _answer(request, "SUCCESS", "", {"ImageUri": image_uri})


def failed(request: Request, reason: str) -> bytes:
    """The answer that makes CloudFormation roll back; `reason` is what its events show."""
    return _answer(request, "FAILED", reason[:_LONGEST_REASON_CHARS], {})


def _answer(request: Request, status: str, reason: str, data: Mapping[str, str]) -> bytes:
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": request.physical_id,
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_id,
        "Data": data,
    }
    return json.dumps(answer).encode()
