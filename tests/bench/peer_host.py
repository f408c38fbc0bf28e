"""What hosts of other frameworks have in common, in .venv-peers: a web server that is ready at once, and a stream of
Twilio's from its start message on. Prints nothing."""
# mypy: disable-error-code="import-not-found, misc, untyped-decorator"

import os
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI, WebSocket


def serve(converse: Callable[[WebSocket, str], Awaitable[None]]) -> None:
    """On PORT, until the process ends. `converse` is given each call's socket and its stream's SID."""
    app = FastAPI()

    @app.get("/readyz")
    def ready() -> str:
        return "ready"

    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        while (message := await socket.receive_json())["event"] != "start":
            pass
        await converse(socket, message["start"]["streamSid"])

    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", log_level="warning")
