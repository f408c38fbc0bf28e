"""Nova: messages to events with literal values, and whole turns over real sockets to a simulated Deepgram."""

from functools import partial
from typing import Any

import pytest

from calls.errors import ProviderFailed
from streamer.events import Draft, Heard, SpeechStarted, SpeechStopped, TurnEnded, TurnLikely, TurnResumed
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.deepgram_nova import DEFAULTS, DeepgramNovaRecogniser, NovaOptions, NovaTurns, nova_url
from streamer.providers.deepgram_recogniser import Patience
from streamer.providers.sent_audio import MediaClock
from streamer.providers.vendor_socket import VendorSockets
from tests.streamer.providers.deepgram_calls import SILENCE, VOICE, Listener, frames
from tests.vendors.script import DeepgramScript, Fault, Listening, Script, Utterance
from tests.vendors.vendors import Vendors

HELLO = ("Hello", 0.5, 0.8)
THERE = ("there.", 0.9, 1.2)
FINAL: Any = {"is_final": True}
OVER: Any = {"is_final": True, "speech_final": True}


def results(*words: tuple[str, float, float], end_s: float, is_final: bool = False, speech_final: bool = False) -> Any:
    """Results as Nova sends them, heard up to `end_s`."""
    timed = [{"word": w.lower(), "punctuated_word": w, "start": a, "end": b, "confidence": 0.9} for w, a, b in words]
    transcript = " ".join(word for word, _, _ in words)
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": 0.0,
        "duration": end_s,
        "is_final": is_final,
        "speech_final": speech_final,
        "channel": {"alternatives": [{"transcript": transcript, "confidence": 0.9, "words": timed}]},
    }


def told_by(turns: NovaTurns, *messages: Any, now_s: float = 100.0) -> list[Heard]:
    clock = MediaClock()
    clock.sent(60_000 * 8, 0)
    return [event for message in messages for event in turns.take(message, clock, now_s)]


def test_the_url_asks_for_telephone_audio_and_the_agents_words() -> None:
    assert nova_url("https://api.deepgram.com", "nova-3", "en-US", ("Acme",)) == (
        "wss://api.deepgram.com/v1/listen?model=nova-3&language=en-US&encoding=mulaw&sample_rate=8000&channels=1"
        "&interim_results=true&vad_events=true&smart_format=true&endpointing=300&utterance_end_ms=1000"
        "&keyterm=Acme&mip_opt_out=true"
    )


def test_a_turn_ends_once_whatever_comes_after_it() -> None:
    turns = NovaTurns()
    told = told_by(
        turns,
        {"type": "SpeechStarted", "channel": [0, 1], "timestamp": 0.48},
        results(HELLO, end_s=0.85),
        results(HELLO, THERE, end_s=1.25),
        results(HELLO, THERE, end_s=1.5, **OVER),
        {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 1.2},
    )
    told += turns.due(1_000.0)

    assert told == [
        SpeechStarted(480),
        Draft("Hello"),
        Draft("Hello there."),
        TurnEnded("Hello there.", 500, 1200),
    ]
    assert turns.confirmed_ms == 1200


def test_finals_add_up_and_utterance_end_ends_them() -> None:
    told = told_by(
        NovaTurns(),
        results(HELLO, end_s=0.85, **FINAL),
        results(THERE, end_s=1.25),
        {"type": "UtteranceEnd", "last_word_end": 1.2},
    )

    assert told == [
        SpeechStarted(500),
        Draft("Hello"),
        Draft("Hello there."),
        TurnEnded("Hello there.", 500, 1200),
    ]


def test_our_own_deadline_ends_a_turn_that_no_message_ends() -> None:
    turns = NovaTurns(NovaOptions(final_s=1.2))
    told_by(turns, results(HELLO, end_s=0.85, **FINAL), now_s=100.0)

    assert turns.due_at_s == 101.2
    assert turns.due(101.1) == ()
    assert turns.due(101.2) == (TurnEnded("Hello", 500, 800),)
    assert turns.due(200.0) == ()


def test_words_that_are_not_final_are_waited_for_longer() -> None:
    turns = NovaTurns(NovaOptions(final_s=1.2, interim_s=2.5))
    told_by(turns, results(HELLO, end_s=0.85), now_s=100.0)
    assert turns.due_at_s == 102.5

    told_by(turns, results(HELLO, end_s=0.9, **FINAL), now_s=100.5)
    assert turns.due_at_s == 101.7


def test_late_words_of_a_finished_turn_do_not_begin_another() -> None:
    turns = NovaTurns()
    told_by(turns, results(HELLO, THERE, end_s=1.3))
    turns.due(1_000.0)

    assert told_by(turns, results(HELLO, THERE, end_s=1.6, **OVER)) == []
    assert told_by(turns, {"type": "UtteranceEnd", "last_word_end": 1.2}) == []
    assert told_by(turns, results(THERE, ("Yes", 3.0, 3.2), end_s=3.5, **OVER)) == [
        SpeechStarted(3000),
        TurnEnded("Yes", 3000, 3200),
    ]


def test_words_that_stay_the_same_in_silence_are_likely_all() -> None:
    told = told_by(
        NovaTurns(),
        results(HELLO, end_s=0.85),
        results(HELLO, end_s=1.1),
        results(HELLO, end_s=1.2),
        results(HELLO, THERE, end_s=1.25),
        results(HELLO, THERE, end_s=1.5),
        results(HELLO, THERE, end_s=1.6, **OVER),
    )

    assert told == [
        SpeechStarted(500),
        Draft("Hello"),
        TurnLikely("Hello", 500, 800),
        TurnResumed(),
        Draft("Hello there."),
        TurnLikely("Hello there.", 500, 1200),
        TurnEnded("Hello there.", 500, 1200),
    ]


def test_a_voice_without_words_was_none() -> None:
    turns = NovaTurns()
    told = told_by(turns, {"type": "SpeechStarted", "timestamp": 2.0}, results(end_s=3.0, **FINAL), now_s=100.0)
    told += turns.due(101.5)

    assert told == [SpeechStarted(2000), SpeechStopped()]


def test_silence_tells_nothing() -> None:
    assert told_by(NovaTurns(), results(end_s=3.0, **FINAL), {"type": "Metadata"}, {"type": "News"}) == []


def test_a_new_connection_tells_the_turn_again_and_it_is_one_turn() -> None:
    turns = NovaTurns()
    told = told_by(turns, results(HELLO, end_s=0.85, **FINAL))
    turns.reopened(1_000, 103.0)
    told += told_by(turns, results(HELLO, THERE, end_s=1.3, **OVER))

    assert told == [SpeechStarted(500), Draft("Hello"), TurnEnded("Hello there.", 500, 1200)]


def test_an_error_is_a_lost_connection() -> None:
    with pytest.raises(ProviderFailed) as caught:
        told_by(NovaTurns(), {"type": "Error", "variant": "InternalServerError", "description": "d", "message": "m"})
    assert caught.value.failure.code == "deepgram-lost"


def of_deepgram(*connections: Listening, **rest: Any) -> Script:
    return Script(deepgram=DeepgramScript(connections, **rest))


def recogniser(
    vendors: Vendors, options: NovaOptions = DEFAULTS, stalled_s: float = 8.0, keep_alive_s: float = 4.0
) -> DeepgramNovaRecogniser:
    headers = {"Authorization": "Token deepgram-key"}
    sockets = VendorSockets(DEEPGRAM, headers, open_timeout_s=2.0, close_timeout_s=0.1)
    url = nova_url(vendors.deepgram_url, "nova-3", "en-US", ("Acme",))
    return DeepgramNovaRecogniser(partial(sockets.open, url), options, Patience(stalled_s, keep_alive_s))


def ends(count: int) -> Any:
    return lambda told: sum(isinstance(event, TurnEnded) for event in told) >= count


async def test_two_turns_over_a_socket() -> None:
    script = of_deepgram(Listening((Utterance("Hello there."), Utterance("Yes."))))
    async with Vendors(script) as vendors, Listener(recogniser(vendors)) as listener:
        listener.hear(frames((SILENCE, 400), (VOICE, 600)))
        await listener.until(ends(1))
        second_ms = listener.media_ms
        listener.hear(frames((VOICE, 300)))
        told = await listener.until(ends(2))
        moments = vendors.meters.deepgram.moments
        await listener.until(lambda _: [moment.what for moment in moments].count("UtteranceEnd") == 1)

    assert told[0] == SpeechStarted(400)
    assert [event for event in told if isinstance(event, TurnEnded)] == [
        TurnEnded("Hello there.", 400, 1000),
        TurnEnded("Yes.", second_ms, second_ms + 300),
    ]
    assert list(vendors.meters.deepgram.refusals) == []


@pytest.mark.parametrize(
    ("utterance", "options"),
    [
        (Utterance("Hello there.", speech_final=False), DEFAULTS),
        (Utterance("Hello there.", speech_final=False, utterance_end=False), NovaOptions(final_s=0.3)),
    ],
    ids=["utterance-end", "deadline"],
)
async def test_a_turn_without_speech_final_ends_all_the_same(utterance: Utterance, options: NovaOptions) -> None:
    script = of_deepgram(Listening((utterance,)))
    async with Vendors(script) as vendors, Listener(recogniser(vendors, options)) as listener:
        listener.hear(frames((SILENCE, 400), (VOICE, 600)))
        told = await listener.until(ends(1))

    assert told[-1] == TurnEnded("Hello there.", 400, 1000)


async def test_a_drop_in_mid_utterance_loses_no_words() -> None:
    dropping = Listening((Utterance("this is never final"),), fault=Fault("drop", after_messages=3))
    script = of_deepgram(dropping, Listening((Utterance("I want to book for Tuesday."),)))
    async with Vendors(script) as vendors, Listener(recogniser(vendors)) as listener:
        listener.hear(frames((SILENCE, 200), (VOICE, 600)))
        told = await listener.until(ends(1))

    assert told[-1] == TurnEnded("I want to book for Tuesday.", 200, 800)
    assert sum(isinstance(event, SpeechStarted) for event in told) == 1


async def test_without_audio_the_connection_is_kept_alive() -> None:
    script = of_deepgram(Listening((Utterance("Hello."),)), idle_timeout_ms=700.0)
    async with Vendors(script) as vendors, Listener(recogniser(vendors, keep_alive_s=0.3)) as listener:
        listener.hear([SILENCE])
        with pytest.raises(TimeoutError):
            await listener.ended(within_s=1.6)

    assert list(vendors.meters.deepgram.refusals) == []
    assert vendors.meters.deepgram.sockets_opened == 1


async def test_a_vendor_that_stays_silent_is_given_up() -> None:
    script = of_deepgram(Listening(fault=Fault("stall", after_messages=1)))
    async with Vendors(script) as vendors, Listener(recogniser(vendors, stalled_s=0.3)) as listener:
        listener.hear(frames((SILENCE, 100), (VOICE, 300)))
        with pytest.raises(ProviderFailed) as caught:
            await listener.until(lambda told: False, within_s=3.0)

    assert caught.value.failure.code == "deepgram-stalled"
