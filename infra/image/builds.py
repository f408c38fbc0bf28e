"""What the image function asks of AWS, as a port, and AWS itself behind it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.error import URLError
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ANSWERED_WITHIN_S = 10.0


class AwsRefused(Exception):
    """AWS did not do what it was asked; the sentence is AWS's own."""


class Builds(Protocol):
    """Every method raises AwsRefused."""

    def image(self, tag: str) -> str | None:
        """The image with this tag, named by its digest; None where there is none."""

    def start(self, variables: Mapping[str, str], token: str) -> None:
        """Start a build, once for each token."""

    def build(self, build_id: str) -> Mapping[str, Any]:
        """A build as CodeBuild describes it."""

    def answer(self, url: str, body: bytes) -> None:
        """Send CloudFormation its answer."""


@dataclass(slots=True)
class AwsBuilds:
    """Builds by the CodeBuild `project` into the ECR `repository`, whose images are named `uri`@digest."""

    project: str
    repository: str
    uri: str

    def image(self, tag: str) -> str | None:
        ecr: Any = boto3.client("ecr")  # boto3's types are installed for DynamoDB alone
        with _told():
            try:
                found = ecr.describe_images(repositoryName=self.repository, imageIds=[{"imageTag": tag}])
            except ecr.exceptions.ImageNotFoundException:
                return None
            details = found["imageDetails"]
            return f"{self.uri}@{details[0]['imageDigest']}" if details else None

    def start(self, variables: Mapping[str, str], token: str) -> None:
        codebuild: Any = boto3.client("codebuild")
        given = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()]
        with _told():
            codebuild.start_build(projectName=self.project, environmentVariablesOverride=given, idempotencyToken=token)

    def build(self, build_id: str) -> Mapping[str, Any]:
        codebuild: Any = boto3.client("codebuild")
        with _told():
            builds = codebuild.batch_get_builds(ids=[build_id])["builds"]
        if not builds:
            raise AwsRefused(f"CodeBuild does not know the build {build_id}.")
        described: Mapping[str, Any] = builds[0]
        return described

    def answer(self, url: str, body: bytes) -> None:
        """The URL is signed for a PUT without a content type."""
        asked = HttpRequest(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's own
        try:
            with urlopen(asked, timeout=ANSWERED_WITHIN_S):  # noqa: S310 - see above
                return
        except URLError as error:
            raise AwsRefused(f"CloudFormation did not take the answer: {error}") from error


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise AwsRefused(str(error)) from error
