"""`sam delete` of a stack in an AWS of this machine. Run by SAM's own Python, not by ours, with SAM's arguments.

SAM reads the artefacts that it takes away by S3's own address; this machine's is read as that. It looks every 30 s
whether a stack is gone, and here every half second. Nothing else differs.
"""

import re
import sys
from importlib import import_module
from typing import Any

S3 = "https://s3.us-east-1.amazonaws.com/"
plain: Any = import_module("samcli.lib.utils.s3").parse_s3_url


def parse(url: str, *names: str, **more: str) -> dict[str, str]:
    parsed: dict[str, str] = plain(re.sub(r"^http://127\.0\.0\.1:\d+/", S3, url), *names, **more)
    return parsed


def wait_for_delete(self: Any, stack_name: str) -> None:
    waiter = self._client.get_waiter("stack_delete_complete")
    waiter.wait(StackName=stack_name, WaiterConfig={"Delay": 0.5})


import_module("samcli.commands.delete.delete_context").CfnUtils.wait_for_delete = wait_for_delete
for name in ("artifact_exporter", "packageable_resources"):
    module: Any = import_module(f"samcli.lib.package.{name}")
    if hasattr(module, "parse_s3_url"):
        module.parse_s3_url = parse
import_module("samcli.cli.main").cli(["delete", *sys.argv[1:]], prog_name="sam")
