"""The agent's replies on a speech-to-speech engine: fixed words that are kept as audio from a speaker, all others, and
answers, from the model's session.

At most one is in the making. It may outlive the session that began it: what nobody has heard is asked for again, and
what broke off is gone on with behind what has sounded.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from calls.agent import Agent
from calls.conversation import Turn
from calls.errors import Failure, ProviderFailed
from calls.reply import Action
from streamer.engines.making import Making
from streamer.engines.outcomes import (
    MOST_TRIES,
    NOT_POSSIBLE,
    AskAgain,
    Finish,
    Lose,
    SpeakFirst,
    again_or,
    verdict,
)
from streamer.engines.ports import PhraseSpeaker
from streamer.engines.realtime_phrases import Ear, Phrases
from streamer.engines.realtime_talk import Talk
from streamer.engines.told_history import ToldHistory
from streamer.engines.wording import SpeakingRate, Wording
from streamer.events import EngineEvent, ReplyDone, ReplyLost, ReplySpoken, ReplyWorded
from streamer.playback import BYTES_PER_MS
from streamer.providers import openai_realtime_failures as failures

log = logging.getLogger(__name__)


class Replies:
    """One call's. `emit` as in `Engine.run`; phrases are spoken in `tasks`; `now_s` is any steady clock."""

    def __init__(
        self,
        agent: Agent,
        speaker: PhraseSpeaker,
        emit: Callable[[EngineEvent], None],
        tasks: asyncio.TaskGroup,
        now_s: Callable[[], float],
    ) -> None:
        self._agent, self._emit, self._tasks, self._now_s = agent, emit, tasks, now_s
        self._phrases = Phrases(speaker, emit, tasks)
        self._rate = SpeakingRate()
        self._talk: Talk | None = None
        self._history: ToldHistory | None = None
        self._making: Making | None = None
        self._latest: Making | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._sounds_until_s = 0.0

    @property
    def is_quiet(self) -> bool:
        """No reply is in the making, and what was given out must have sounded by now."""
        return self._making is None and self._now_s() >= self._sounds_until_s

    @property
    def is_making(self) -> bool:
        return self._making is not None

    # --- the session under it ----------------------------------------------------------------------------------------

    def stand_on(self, talk: Talk, history: ToldHistory, is_known: Callable[[int], bool]) -> None:
        """Go on with another session. `is_known`: whether it was told of the reply already, as it is in the record."""
        self._talk, self._history = talk, history
        if self._making:
            history.broken_off(self._making.asked)
        latest = self._latest
        if latest and latest.said.strip() and not is_known(latest.id):
            history.says(latest.id, latest.said)
        if latest:
            latest.goes_elsewhere()
        if self._making and self._speaking is None:
            self._ask(self._making)

    def leave(self, failed: ProviderFailed) -> None:
        """The session is gone, and another one is to come."""
        self._talk = self._history = None
        making = self._making
        if making is None or making.is_fixed:
            return
        making.forget_unspoken()
        making.tries += 1
        if making.tries > MOST_TRIES:
            self._lose(making, failed.failure)

    # --- orders ------------------------------------------------------------------------------------------------------

    def say(self, reply_id: int, text: str) -> None:
        self._say(self._begin(reply_id), text, None)

    def answer(self, reply_id: int, turns: tuple[Turn, ...] = ()) -> None:
        """`turns` are the conversation that is answered."""
        making = self._begin(reply_id)
        making.asked = turns
        if self._history:
            self._history.keys(turns)
            self._history.broken_off(turns)
        self._ask(making)

    def fill(self, reply_id: int, text: str) -> None:
        self._phrases.fill(reply_id, text)

    def cancel(self, reply_id: int, played_ms: int, heard: str) -> None:
        """Nothing more of it may be given out, and of what was, so much was heard."""
        latest = self._latest
        heard_ms = latest.here_ms(played_ms) if latest and latest.id == reply_id else max(0, played_ms)
        if self._making and self._making.id == reply_id:
            self._stop()
        if latest and latest.id == reply_id:
            latest.said = heard
        self._sounds_until_s = 0.0
        if self._history:
            self._history.cut(reply_id, heard)
        if self._talk:
            self._talk.cancel(reply_id, heard_ms)

    def _begin(self, reply_id: int) -> Making:
        self._stop()
        until_s = self._now_s() + self._agent.limits.reply_s
        self._making = self._latest = Making(reply_id, Wording(self._rate), until_s)
        return self._making

    def _ask(self, making: Making) -> None:
        """Have the session make the reply, or what is left of it; one that is to come does it once it is there."""
        if making.words and not making.left:
            self._done(making, making.action)
        elif self._talk:
            self._talk.ask(making.id, making.left)

    async def _ask_after(self, making: Making, pause_s: float) -> None:
        """When the vendor wants to be asked."""
        await asyncio.sleep(pause_s)
        self._speaking = None
        self._ask(making)

    def _stop(self) -> None:
        self._making = None
        if self._speaking:
            self._speaking.cancel()
            self._speaking = None

    # --- fixed words -------------------------------------------------------------------------------------------------

    def _say(self, making: Making, text: str, action: Action | None) -> None:
        """Words that the model does not know of: at once where they are kept, else it says them itself."""
        if self._phrases.has(text):
            if self._history:
                self._history.says(making.id, text)
            self._speak(making, text, action)
        else:
            making.words, making.action = text, action
            self._ask(making)

    def _speak(self, making: Making, text: str, action: Action | None) -> None:
        making.is_fixed, making.said = True, f"{making.said}{text}"
        self._emit(ReplyWorded(making.id, text))
        ear = Ear(
            lambda mulaw, words: self._sound(making, mulaw, words),
            lambda: self._done(making, action),
            lambda failure: self._lose(making, failure),
        )
        self._speaking = self._phrases.speak(making.id, text, ear)

    # --- what the model says -----------------------------------------------------------------------------------------

    def worded(self, reply_id: int, text: str, *, is_spoken: bool) -> None:
        making = self._of(reply_id)
        if making is None:
            return
        if not is_spoken:
            making.text += text
            return
        making.said += text
        making.wording.add(text)
        if making.lead_in.has_voice:
            self._emit(ReplyWorded(reply_id, text))
        else:
            making.untold += text  # with the voice, if one comes: an answer may be silence, whatever its transcript

    def sounded(self, reply_id: int, mulaw: bytes) -> None:
        making = self._of(reply_id)
        if making is None:
            return
        if heard := making.lead_in.take(mulaw):
            if making.untold:
                self._emit(ReplyWorded(reply_id, making.untold))
                making.untold = ""
            self._sound(making, heard, making.wording.with_audio(heard))
        elif making.lead_in.is_too_long and self._talk is not None:
            self._talk.cancel(reply_id, 0)
            self._failed(making, failures.silent(self._talk.session.model))

    def over(self, reply_id: int, response: Mapping[str, Any], model: str) -> None:
        """The response that makes the reply has ended."""
        making = self._of(reply_id)
        if making is None:
            return
        limited_for_s = self._talk.limited_for_s if self._talk else 0.0
        match verdict(making.outcome(response, model, limited_for_s, self._now_s()), self._agent):
            case Finish(action):
                if rest := making.wording.rest():
                    self._emit(ReplySpoken(reply_id, b"", rest))
                if making.words:
                    self._keep(making, model)
                self._done(making, action or making.action)
            case SpeakFirst(text, action, is_new) if is_new:
                making.forget_unspoken()
                self._say(making, text, action)
            case SpeakFirst(text, action):
                self._speak(making, making.words or text, action or making.action)
            case AskAgain(outputs, after_s):
                if self._talk and not outputs:
                    self._talk.forget(reply_id, response)
                self._again(making, outputs, after_s)
            case Lose(failure):
                self._lose(making, failure)

    def refused(self, reply_id: int, failed: ProviderFailed) -> None:
        """The vendor would not begin a response."""
        making = self._of(reply_id)
        if making is not None:
            self._failed(making, failed)

    def _failed(self, making: Making, failed: ProviderFailed) -> None:
        """Without a sound: it is asked for once more, or lost."""
        limited_for_s = self._talk.limited_for_s if self._talk else 0.0
        verdict_on = again_or(failed, making.tries, limited_for_s, making.until_s - self._now_s())
        if isinstance(verdict_on, AskAgain):
            self._again(making, (), verdict_on.after_s)
        else:
            self._lose(making, verdict_on.failure)

    def _again(self, making: Making, outputs: tuple[Any, ...], after_s: float) -> None:
        talk = self._talk
        if talk is None:
            return
        if outputs:
            making.rounds += 1
        else:
            making.tries += 1
        making.forget_unspoken()
        for call in outputs:
            talk.client.answer_call(call, NOT_POSSIBLE)
        if after_s:
            self._speaking = self._tasks.create_task(self._ask_after(making, after_s), name=f"pause {making.id}")
        else:
            self._ask(making)

    def _keep(self, making: Making, model: str) -> None:
        """What the model was told to say, and said in one piece, is there at once for the next call."""
        if not making.is_said_as_told:
            log.warning("%s did not say a phrase as it was given, or not at once; it is not kept", model)
        else:
            self._phrases.keep(making.id, making.words, bytes(making.mulaw))

    def _of(self, reply_id: int) -> Making | None:
        return self._making if self._making and self._making.id == reply_id else None

    def _sound(self, making: Making, mulaw: bytes, text: str) -> None:
        sound_ms = len(mulaw) / BYTES_PER_MS
        making.sounded_ms += sound_ms
        if making.words:
            making.mulaw += mulaw
        self._sounds_until_s = max(self._sounds_until_s, self._now_s()) + sound_ms / 1000
        self._emit(ReplySpoken(making.id, mulaw, text))

    def _done(self, making: Making, action: Action | None) -> None:
        self._give_up(making)
        self._emit(ReplyDone(making.id, action))

    def _lose(self, making: Making, failure: Failure) -> None:
        self._give_up(making)
        self._emit(ReplyLost(making.id, failure))

    def _give_up(self, making: Making) -> None:
        if self._making is making:
            self._making = self._speaking = None
