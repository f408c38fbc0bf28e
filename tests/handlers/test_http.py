from typing import Any

import pytest

from handlers.http import HttpAnswer, HttpRequest, Routes, of_event

EVENT: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "POST /twilio/turn/{step}",
    "rawPath": "/twilio/turn/3",
    "headers": {"X-Twilio-Signature": "s"},
    "body": "Qm9keQ==",
    "isBase64Encoded": True,
}


def told(request: HttpRequest, **path: str) -> HttpAnswer:
    return HttpAnswer(200, f"{request.path} {path}")


def test_a_request_of_api_gateway() -> None:
    assert of_event(EVENT) == HttpRequest("/twilio/turn/3", {"x-twilio-signature": "s"}, "Qm9keQ==", is_base64=True)
    assert of_event({"rawPath": "/twilio/turn"}) == HttpRequest("/twilio/turn", {}, "")


def test_an_answer_to_it() -> None:
    assert HttpAnswer(200, "<Response/>", "text/xml").as_lambda() == {
        "statusCode": 200,
        "headers": {"content-type": "text/xml"},
        "body": "<Response/>",
        "isBase64Encoded": False,
    }
    assert HttpAnswer(204).as_lambda()["headers"] == {}


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/twilio/turn", 200, "/twilio/turn {}"),
        ("/twilio/turn/3", 200, "/twilio/turn/3 {'step': '3'}"),
        ("/twilio/turn/3/4", 404, "There is nothing at this path."),
        ("/twilio/turn/", 404, "There is nothing at this path."),
        ("/prod/twilio/turn", 404, "There is nothing at this path."),
        ("/twilio/status", 200, "/twilio/status {}"),
    ],
)
def test_the_route_of_a_path(path: str, status: int, body: str) -> None:
    turns = Routes({"/twilio/turn": told, "/twilio/turn/<step>": told})
    answer = turns.including(Routes({"/twilio/status": told})).answer(HttpRequest(path, {}, ""))
    assert (answer.status, answer.body) == (status, body)
