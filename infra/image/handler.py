"""The Lambda behind Custom::StreamerImage: CloudFormation asks for an image, EventBridge tells of a build's end."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from infra.image import answers
from infra.image.answers import NotUnderstood
from infra.image.builds import AwsBuilds, AwsRefused, Builds

log = logging.getLogger()
log.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], _context: object) -> None:
    repository = os.environ["REPOSITORY"]
    builds = AwsBuilds(os.environ["PROJECT"], repository, os.environ["REPOSITORY_URI"])
    if "RequestType" in event:
        requested(event, repository, builds)
    else:
        build_ended(event, builds)


def requested(event: Mapping[str, Any], repository: str, builds: Builds) -> None:
    """Answer at once where nothing is to be built (the image is there, or its resource is deleted: the images go with
    their repository); else start a build, which is answered when it has ended. Raises NotUnderstood for an event that
    names nobody to answer, and AwsRefused where the answer could not be sent: Lambda then asks again."""
    request = answers.request_of(event, repository)
    if event["RequestType"] == "Delete":
        builds.answer(request.url, answers.done(request, ""))
        return
    try:
        properties = event.get("ResourceProperties", {})
        tag = answers.tag(properties)
        image = builds.image(tag)
        if image is None:
            builds.start(answers.variables(request, properties["Source"], tag), request.request_id)
            log.info("build of %s started", tag)
            return
    except (AwsRefused, NotUnderstood) as error:
        log.error("no build: %s", error)
        builds.answer(request.url, answers.failed(request, f"The image's build did not start. {error}"))
        return
    log.info("%s is there", tag)
    builds.answer(request.url, answers.done(request, image))


def build_ended(event: Mapping[str, Any], builds: Builds) -> None:
    """Answer the request that the build was started for. Raises NotUnderstood for a build that was started by hand, and
    AwsRefused where AWS cannot be asked or answered: Lambda then asks again."""
    ended = answers.ended(builds.build(answers.build_id(event)))
    image = None if ended.trouble else builds.image(ended.tag)
    if image is None:
        trouble = ended.trouble or f"The build succeeded, but {ended.tag} is not in the repository."
        log.error("%s", trouble)
        builds.answer(ended.request.url, answers.failed(ended.request, trouble))
        return
    builds.answer(ended.request.url, answers.done(ended.request, image))
