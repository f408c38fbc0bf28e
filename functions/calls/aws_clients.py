"""Clients of AWS's services, made as quickly as botocore can: a caller waits for every cold start.

By botocore itself. What boto3 would add is resources, transfers to S3 and, with these, multiprocessing: a third of what
it imports, and nothing of it is used here.
"""

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.loaders import Loader

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def client(service: str, endpoint_url: str | None, config: "Config") -> Any:
    """A client with credentials and region from the environment, as in Lambda and ECS; safe to share between threads.

    Without `endpoint_url` botocore takes AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL, or else AWS itself. An engine
    on this machine (an `endpoint_url` on loopback) checks neither region nor key, so stand-ins serve where there is no
    region. botocore's NoRegionError where AWS's own region is not set.
    """
    from botocore.session import Session  # a third of botocore, which `aws_json` does without

    session = Session()
    # Every session would read endpoints, partitions and the service's model anew. What has been read is not changed.
    session.register_component("data_loader", _data())
    if urlsplit(endpoint_url or "").hostname in _LOOPBACK and session.get_config_variable("region") is None:
        session.set_credentials("local", "local")
        return session.create_client(service, region_name="us-east-1", endpoint_url=endpoint_url, config=config)
    return session.create_client(service, endpoint_url=endpoint_url, config=config)


@cache
def _data() -> "Loader":
    from botocore.loaders import Loader

    return Loader()
