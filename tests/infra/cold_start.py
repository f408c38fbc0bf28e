"""The cold start of the voice webhook, from the start of its process to its first TwiML: `make cold-start`.

What `sam build` made, under Lambda's Runtime Interface Emulator, beside the same webhook on FastAPI and Mangum with
OpenAI's SDK imported (fastapi_voice.py), by turns. Both have their bytecode, the settings of a deployment, the same
table, secret and watchdog's queue (ministack), and a signed webhook of a call that is new. What is done with these is
the same code, so a request to AWS that is made quicker is so for both. Not in it: what AWS takes to fetch the code and
start a micro-VM; and a Lambda of 1 GB has 0.6 of a processor outside its init. So the ratio says more than the
milliseconds.
"""

import argparse
import base64
import json
import shutil
import statistics
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import boto3
from rich.console import Console
from rich.table import Table
from twilio.request_validator import RequestValidator

import artefact
from calls.dynamo import create_table
from offhook.stack import ministack
from offhook.stack.environment import LOCAL_KEY, REGION
from tests.infra import emulator
from tests.infra.cloudformation import ROOT
from tests.infra.emulator import Environment, Function

BUILT = ROOT / ".aws-sam" / "build" / "VoiceFunction"
OTHERS = ROOT / ".cache" / "cold-start"
SECRET = "offhook"
PUBLIC_URL, TOKEN = "https://calls.example.com", "t" * 32
PATH = "/twilio/voice"
MOST = 1 / 3
LONGEST_S = 60
"""Far above what the deployed function has: on a busy machine a cold start is measured, not refused."""
CONSOLE = Console(width=120, highlight=False)


def environment(aws: str, queue: str) -> dict[str, str]:
    """The settings of a webhook whose calls stream, as template.yaml has them."""
    return {
        "OFFHOOK_PUBLIC_URL": PUBLIC_URL,
        "OFFHOOK_STREAM_URL": "wss://stream.example.com",
        "OFFHOOK_TABLE": "calls",
        "OFFHOOK_AGENTS": "/var/task/agents",
        "OFFHOOK_SECRET": f"arn:aws:secretsmanager:{REGION}:000000000000:secret:{SECRET}",
        "OFFHOOK_SECRETS_GRACE_S": "0",  # as where the secret was not changed in the last quarter of an hour
        "OFFHOOK_WATCHDOG_QUEUE": queue,
        "OFFHOOK_METRICS_NAMESPACE": "Offhook/cold-start",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "AWS_ENDPOINT_URL": aws,
    }


def furnish(aws: str) -> str:
    """Make the table, the secret and the queue; the queue's URL."""
    create_table(ministack.local_client(aws), "calls")
    session = boto3.session.Session(LOCAL_KEY, LOCAL_KEY, region_name=REGION)
    secrets = {"TWILIO_AUTH_TOKEN": TOKEN, "OFFHOOK_STREAM_SECRET": "s" * 32, "OPENAI_API_KEY": "k" * 32}
    session.client("secretsmanager", endpoint_url=aws).create_secret(Name=SECRET, SecretString=json.dumps(secrets))
    return str(session.client("sqs", endpoint_url=aws).create_queue(QueueName="watchdog")["QueueUrl"])


def event() -> dict[str, object]:
    """An inbound call that nobody knows yet, signed as Twilio signs."""
    form = {"CallSid": f"CA{uuid.uuid4().hex}", "From": "+14155550123", "To": "+14155550100", "Direction": "inbound"}
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}{PATH}", form)
    http = {"method": "POST", "path": PATH, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "TwilioProxy"}
    return {
        "version": "2.0",
        "routeKey": f"POST {PATH}",
        "rawPath": PATH,
        "rawQueryString": "",
        "headers": {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "host": "calls.example.com",
            "x-twilio-signature": signature,
        },
        "requestContext": {"http": http, "routeKey": f"POST {PATH}", "stage": "$default", "requestId": "r"},
        "isBase64Encoded": True,
        "body": base64.b64encode(urlencode(form).encode()).decode(),
    }


def once(function: Function, python: str, log: Path, *packages: Path) -> tuple[float, list[str]]:
    """The ms from the start of the process to the TwiML, and the TwiML's verbs."""
    asked = event()
    started = Environment(function, BUILT, python, log, *packages)
    try:
        answer = started.invoke(asked)
        took_ms = (time.perf_counter() - started.started_s) * 1000
    finally:
        started.close()
    assert answer["statusCode"] == 200, json.dumps(answer)
    body = base64.b64decode(answer["body"]).decode() if answer.get("isBase64Encoded") else answer["body"]
    return took_ms, [verb.tag for verb in ElementTree.fromstring(body).iter()]


def measure(runs: int) -> dict[str, list[float]]:
    """Of both, by turns; the first of each, which finds nothing in the machine's caches, is left out."""
    python = artefact.lambda_python()
    assert python is not None, f"this needs Python {artefact.LAMBDA_PYTHON}"
    took: dict[str, list[float]] = {"Offhook": [], "FastAPI + Mangum + openai": []}
    with tempfile.TemporaryDirectory() as name, ministack.running(Path(name) / "ministack.log") as aws:
        folder = Path(name)
        settings = environment(aws, furnish(aws))
        shutil.copy(ROOT / "tests" / "infra" / "fastapi_voice.py", folder)
        for packages in (OTHERS, emulator.RUNTIME, folder):
            subprocess.run([python, "-m", "compileall", "-qq", str(packages)], check=False)
        ours = Function("VoiceFunction", "handlers.voice.handler", LONGEST_S, 1024, settings)
        theirs = Function("FastApiVoice", "fastapi_voice.handler", LONGEST_S, 1024, settings)
        for number in range(runs + 1):
            one, verbs = once(ours, python, folder / "ours.log")
            other, same = once(theirs, python, folder / "theirs.log", folder, OTHERS)
            assert verbs == same, (verbs, same)
            assert verbs[:3] == ["Response", "Connect", "Stream"], verbs
            if number:
                took["Offhook"].append(one)
                took["FastAPI + Mangum + openai"].append(other)
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="cold starts of each (10)")
    took = measure(parser.parse_args().runs)
    table = Table("voice webhook", "median, ms", "least", "most", "n")
    for name, times in took.items():
        table.add_row(
            name, *(f"{ms:.0f}" for ms in (statistics.median(times), min(times), max(times))), str(len(times))
        )
    CONSOLE.print(table)
    ours, theirs = (statistics.median(times) for times in took.values())
    CONSOLE.print(f"Offhook's is {ours / theirs:.2f} of the other; at most {MOST:.2f} is wanted.")
    return 0 if ours / theirs <= MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())
