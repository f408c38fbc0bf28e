"""The image's custom resource: CloudFormation's and CodeBuild's events as they come, AWS played by a fake."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.image import answers, handler
from infra.image.answers import NotUnderstood
from infra.image.builds import AwsRefused

URL = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/arn%3Aaws?signed"
LAYER = "arn:aws:lambda:us-east-1:111122223333:layer:offhook-Image-1ABC-source:7"
TAG = "offhook-Image-1ABC-source-7-arm64-1"
LOG = "https://console.aws.amazon.com/cloudwatch/home#logsV2:log-groups/build"
CREATE: Mapping[str, Any] = {
    "RequestType": "Create",
    "ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:image",
    "ResponseURL": URL,
    "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/offhook-Image-1ABC/guid",
    "RequestId": "7f6b0c1e",
    "LogicalResourceId": "Image",
    "ResourceType": "Custom::StreamerImage",
    "ResourceProperties": {"Source": LAYER, "Architecture": "arm64", "Revision": "1"},
}
UPDATE = {**CREATE, "RequestType": "Update", "PhysicalResourceId": "image-in-repo"}
ENDED: Mapping[str, Any] = {
    "source": "aws.codebuild",
    "detail-type": "CodeBuild Build State Change",
    "detail": {
        "build-status": "SUCCEEDED",
        "project-name": "image",
        "build-id": "arn:aws:codebuild:us-east-1:111122223333:build/image:8745a7a9",
    },
}


@dataclass(slots=True)
class FakeBuilds:
    """A repository and a CodeBuild that never ends a build by itself."""

    images: dict[str, str] = field(default_factory=dict)
    refuses: str = ""
    started: list[tuple[Mapping[str, str], str]] = field(default_factory=list)
    builds: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    answered: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def image(self, tag: str) -> str | None:
        return self.images.get(tag)

    def start(self, variables: Mapping[str, str], token: str) -> None:
        if self.refuses:
            raise AwsRefused(self.refuses)
        self.started.append((variables, token))

    def build(self, build_id: str) -> Mapping[str, Any]:
        return self.builds[build_id]

    def answer(self, url: str, body: bytes) -> None:
        assert len(body) < 4096
        self.answered.append((url, json.loads(body)))

    def ends(self, status: str, **described: Any) -> None:
        """The build that was started last has ended so."""
        given = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in self.started[-1][0].items()]
        environment = {"environmentVariables": [{"name": "REPOSITORY", "value": "r"}, *given]}
        self.builds["image:8745a7a9"] = {"buildStatus": status, "environment": environment, **described}


def asked(builds: FakeBuilds, event: Mapping[str, Any]) -> None:
    handler.requested(event, "repo", builds)


def answer(status: str, reason: str = "", **data: str) -> tuple[str, dict[str, Any]]:
    repeated = {name: CREATE[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    return URL, {"Status": status, "Reason": reason, "PhysicalResourceId": "image-in-repo", **repeated, "Data": data}


@pytest.mark.parametrize("event", [CREATE, UPDATE])
def test_a_new_source_is_built_and_answered_when_the_build_has_ended(event: Mapping[str, Any]) -> None:
    builds = FakeBuilds()
    asked(builds, event)
    ((variables, token),) = builds.started
    assert (variables["SOURCE"], variables["TAG"], token) == (LAYER, TAG, "7f6b0c1e")
    assert builds.answered == [], "CloudFormation waits"
    builds.images[TAG] = "111122223333.dkr.ecr.us-east-1.amazonaws.com/repo@sha256:ab"
    builds.ends("SUCCEEDED")
    handler.build_ended(ENDED, builds)
    assert builds.answered == [
        answer("SUCCESS", ImageUri="111122223333.dkr.ecr.us-east-1.amazonaws.com/repo@sha256:ab")
    ]


def test_a_source_that_was_built_before_is_answered_at_once() -> None:
    builds = FakeBuilds(images={TAG: "repo@sha256:ab"})
    asked(builds, UPDATE)
    assert (builds.answered, builds.started) == ([answer("SUCCESS", ImageUri="repo@sha256:ab")], [])


def test_a_build_that_fails_is_told_with_its_log() -> None:
    builds = FakeBuilds()
    asked(builds, CREATE)
    phases = [
        {"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED"},
        {"phaseType": "PRE_BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "docker build: exit status 1"}]},
        {"phaseType": "COMPLETED"},
    ]
    builds.ends("FAILED", logs={"deepLink": LOG}, phases=phases)
    handler.build_ended(ENDED, builds)
    reason = f"The image was not built: PRE_BUILD FAILED. Log: {LOG} docker build: exit status 1"
    assert builds.answered == [answer("FAILED", reason)]


def test_a_build_that_was_stopped_or_never_began_is_told_too() -> None:
    builds = FakeBuilds()
    asked(builds, CREATE)
    builds.ends("STOPPED", phases=[{"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED"}])
    handler.build_ended(ENDED, builds)
    assert builds.answered == [answer("FAILED", "The image was not built: STOPPED. Log: CodeBuild has none")]


def test_a_build_without_an_image_is_no_success() -> None:
    builds = FakeBuilds()
    asked(builds, CREATE)
    builds.ends("SUCCEEDED")
    handler.build_ended(ENDED, builds)
    assert builds.answered == [answer("FAILED", f"The build succeeded, but {TAG} is not in the repository.")]


def test_a_build_that_cannot_start_is_told_at_once_and_a_long_reason_is_cut() -> None:
    builds = FakeBuilds(refuses="AccessDenied " + "x" * 5000)
    asked(builds, CREATE)
    ((_, told),) = builds.answered
    assert told["Status"] == "FAILED"
    assert told["Reason"].startswith("The image's build did not start. AccessDenied xxx")


def test_properties_that_name_no_source_are_refused() -> None:
    builds = FakeBuilds()
    asked(builds, {**CREATE, "ResourceProperties": {"Source": "layer"}})
    ((_, told),) = builds.answered
    assert told["Reason"].endswith("must be Source (a layer version's ARN), Architecture, Revision.")


def test_deleting_asks_nothing_of_aws() -> None:
    builds = FakeBuilds(refuses="never asked")
    asked(builds, {**UPDATE, "RequestType": "Delete", "ResourceProperties": {}})
    assert [told["Status"] for _, told in builds.answered] == ["SUCCESS"]


def test_the_tag_tells_source_architecture_and_revision_apart_and_fits_ecr() -> None:
    properties = CREATE["ResourceProperties"]
    others = [{"Source": LAYER[:-1] + "8"}, {"Architecture": "x86_64"}, {"Revision": "2"}]
    assert len({answers.tag({**properties, **other}) for other in ({}, *others)}) == 4
    assert len(answers.tag({**properties, "Source": f"arn:aws:lambda:r:1:layer:{'x' * 140}:12345"})) <= 128


def test_a_build_that_was_started_by_hand_has_nobody_to_answer() -> None:
    builds = FakeBuilds(
        builds={"image:8745a7a9": {"buildStatus": "SUCCEEDED", "environment": {"environmentVariables": []}}}
    )
    with pytest.raises(NotUnderstood, match="does not carry the request"):
        handler.build_ended(ENDED, builds)


def test_an_event_that_names_nobody_to_answer_is_not_understood() -> None:
    with pytest.raises(NotUnderstood, match="ResponseURL"):
        asked(FakeBuilds(), {"RequestType": "Create"})
