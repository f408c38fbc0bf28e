"""Clients of AWS's services, made as quickly as botocore can: a caller waits for every cold start.

By botocore itself. What boto3 would add is resources, transfers to S3 and, with these, multiprocessing: a third of what
it imports, and nothing of it is used here.
"""

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore import exceptions

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.loaders import Loader
    from botocore.session import Session

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# botocore looks these up itself: name in a configuration file, names in the environment, what else, what to make of it.
_VARIABLES = {
    "region": ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None),
    "access_key": (None, "AWS_ACCESS_KEY_ID", None, None),
}

_CREDENTIALS = (
    exceptions.CredentialRetrievalError,
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
)
_FILES = (exceptions.ConfigNotFound, exceptions.ConfigParseError, exceptions.ProfileNotFound)
_ON_THE_WAY = (exceptions.ConnectionError, exceptions.HTTPClientError)


def client(service: str, endpoint_url: str | None, config: "Config") -> Any:
    """A client with credentials and region from the environment, as in Lambda and ECS; safe to share between threads.

    Without `endpoint_url` botocore takes AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL, or else AWS itself. An engine
    on this machine (an `endpoint_url` on loopback) checks neither region nor key, so stand-ins serve where the
    environment has none. botocore's NoRegionError where AWS's own region is not set, and its other errors where there
    are no credentials (those of ECS are fetched here) or it is told of AWS in files that it cannot read.
    """
    return session(endpoint_url).create_client(service, endpoint_url=endpoint_url, config=config)


def session(endpoint_url: str | None) -> "Session":
    """botocore's, with the environment's credentials and region, or with stand-ins as `client` says.

    AWS_REGION is what AWS's SDKs share and what ECS sets; botocore itself looks at AWS_DEFAULT_REGION only.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
    """
    from botocore.session import Session  # a third of botocore, which `aws_json` does without

    made = Session(session_vars=_VARIABLES)
    # Every session would read endpoints, partitions and the service's model anew. What has been read is not changed.
    made.register_component("data_loader", _data())
    if urlsplit(endpoint_url or "").hostname in _LOOPBACK:
        if made.get_config_variable("access_key") is None:
            made.set_credentials("local", "local")
        if made.get_config_variable("region") is None:
            made.set_config_variable("region", "us-east-1")
    return made


def what_to_do(error: exceptions.BotoCoreError) -> str:
    """About a client that could not be made or a request that had no answer: a sentence for whoever runs this."""
    if isinstance(error, exceptions.NoRegionError):
        return "Set AWS_REGION."
    if isinstance(error, _CREDENTIALS):
        return (
            "Look at the AWS credentials: in ECS at the task's role, elsewhere at AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS's files."
        )
    if isinstance(error, _FILES):
        return "Look at AWS_PROFILE, AWS_CONFIG_FILE and what the file says."
    if isinstance(error, _ON_THE_WAY):
        return "Look at the way to it: subnets, security groups, and NAT or a VPC endpoint."
    return "It is a defect of Offhook's, or of how it was built: report it."


@cache
def _data() -> "Loader":
    from botocore.loaders import Loader

    return Loader()
