"""The voice webhook as it would be on FastAPI and Mangum, with OpenAI's SDK imported: what `cold_start` compares with.

What is done for the call is the same code; the way to it is the other one. Run by Lambda's runtime, as `handler`.
"""

from functools import cache

import openai
from fastapi import FastAPI, Request, Response
from mangum import Mangum
from twilio.request_validator import RequestValidator
from ulid import ULID

from calls.record import CallRecord, Direction
from calls.route import VoiceAnswered
from handlers.conduct import conduct
from handlers.wiring import wired

app = FastAPI()


@cache
def model() -> openai.OpenAI:
    """For the turns that come after the first."""
    return openai.OpenAI()


@app.post("/twilio/voice")
async def voice(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    here = wired()
    url, signature = f"{here.settings.public_url}{request.url.path}", request.headers["x-twilio-signature"]
    if not RequestValidator(here.settings.twilio_auth_token).validate(url, form, signature):
        return Response(status_code=403)
    record = here.store.by_sid(form["CallSid"]) or CallRecord(
        call_id=str(ULID()),
        direction=Direction.INBOUND,
        agent=here.settings.inbound_agent,
        from_number=form["From"],
        to_number=form["To"],
        created_at_ms=here.now_ms(),
        twilio_sid=form["CallSid"],
    )
    here.store.create(record)
    return Response(conduct(here, record, VoiceAnswered(), "voice"), media_type="text/xml")


handler = Mangum(app, lifespan="off")
