"""The team's event bus: one of the local engine."""

import json
from typing import Any

import boto3

BUS, EVENTS_QUEUE = "calls-bus", "events"


class Bus:
    """An event bus of the local engine, whose every event goes into a queue that can be read."""

    def __init__(self, endpoint_url: str) -> None:
        session = boto3.session.Session("local", "local", region_name="us-east-1")
        self._sqs = session.client("sqs", endpoint_url=endpoint_url)
        events = session.client("events", endpoint_url=endpoint_url)
        self._url = self._sqs.create_queue(QueueName=EVENTS_QUEUE)["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        events.create_event_bus(Name=BUS)
        events.put_rule(Name="ended", EventBusName=BUS, EventPattern='{"detail-type": ["call.ended"]}')
        target = {"Id": "queue", "Arn": asked["Attributes"]["QueueArn"]}
        events.put_targets(Rule="ended", EventBusName=BUS, Targets=[target])
        self.seen: dict[str, dict[str, Any]] = {}

    def of_call(self, call_id: str) -> dict[str, Any] | None:
        messages = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            event = json.loads(message["Body"])
            self.seen[event["detail"]["callId"]] = event
        return self.seen.get(call_id)
