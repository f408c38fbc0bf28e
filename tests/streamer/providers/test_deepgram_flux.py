"""Flux: messages to events with literal values, and whole turns over real sockets to a simulated Deepgram."""

from functools import partial
from typing import Any

import pytest

from calls.errors import Blame, ProviderFailed
from streamer.events import Draft, Heard, SpeechStarted, SpeechStopped, TurnEnded, TurnLikely, TurnResumed
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.deepgram_flux import DeepgramFluxRecogniser, FluxOptions, FluxTurns, flux_url
from streamer.providers.deepgram_recogniser import Patience
from streamer.providers.sent_audio import MediaClock
from streamer.providers.vendor_socket import VendorSockets
from tests.streamer.providers.deepgram_calls import SILENCE, VOICE, Listener, frames
from tests.vendors.script import DeepgramScript, Fault, Listening, Script, Utterance
from tests.vendors.vendors import Vendors


def info(event: str, text: str, words: list[tuple[str, float, float]] | None = None, end_s: float = 2.0) -> Any:
    """A TurnInfo as Flux sends it, with word times where `words` gives them."""
    timed = [{"word": word, "confidence": 0.9, "start": start, "end": end} for word, start, end in words or []]
    return {
        "type": "TurnInfo",
        "request_id": "r",
        "sequence_id": 3,
        "event": event,
        "turn_index": 0,
        "audio_window_start": 0.0,
        "audio_window_end": end_s,
        "transcript": text,
        "words": timed,
        "end_of_turn_confidence": 0.5,
    }


def clock_from(media_ms: int) -> MediaClock:
    """A minute of audio without a gap that began at `media_ms`."""
    clock = MediaClock()
    clock.sent(60_000 * 8, media_ms)
    return clock


def told_by(turns: FluxTurns, *messages: Any, clock: MediaClock | None = None) -> list[Heard]:
    return [event for message in messages for event in turns.take(message, clock or clock_from(0), 0.0)]


def test_the_url_asks_for_telephone_audio_and_the_agents_words() -> None:
    assert flux_url("https://api.deepgram.com", "flux-general-en", ("Acme", "Dr. Who & Sons")) == (
        "wss://api.deepgram.com/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000"
        "&eager_eot_threshold=0.4&eot_threshold=0.7&eot_timeout_ms=5000"
        "&keyterm=Acme&keyterm=Dr.+Who+%26+Sons&mip_opt_out=true"
    )


def test_without_an_eager_threshold_none_is_asked_for() -> None:
    url = flux_url("ws://127.0.0.1:9", "flux-general-en", (), FluxOptions(eager_threshold=None, mip_opt_out=False))

    assert url == (
        "ws://127.0.0.1:9/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000"
        "&eot_threshold=0.7&eot_timeout_ms=5000"
    )


def test_a_turn_that_pauses_and_ends() -> None:
    words = [("Hello", 0.5, 0.8), ("there", 0.9, 1.25)]
    told = told_by(
        FluxTurns(),
        {"type": "Connected", "request_id": "r", "sequence_id": 0},
        info("Update", ""),
        info("StartOfTurn", "Hello", words[:1]),
        info("EagerEndOfTurn", "Hello", words[:1]),
        info("TurnResumed", "Hello there", words),
        info("Update", "Hello there", words),
        info("EagerEndOfTurn", "Hello there", words),
        info("EndOfTurn", "Hello there", words),
        info("Update", ""),
        clock=clock_from(10_000),
    )

    assert told == [
        SpeechStarted(10_500),
        Draft("Hello"),
        TurnLikely("Hello", 10_500, 10_800),
        TurnResumed(),
        Draft("Hello there"),
        TurnLikely("Hello there", 10_500, 11_250),
        TurnEnded("Hello there", 10_500, 11_250),
    ]


def test_without_word_times_the_moment_of_noticing_counts() -> None:
    told = told_by(FluxTurns(), info("StartOfTurn", "Yes", end_s=1.0), info("EndOfTurn", "Yes", end_s=1.5))

    assert told == [SpeechStarted(1000), Draft("Yes"), TurnEnded("Yes", 1000, 1500)]


def test_an_end_with_other_words_than_were_likely_takes_the_likelihood_back() -> None:
    told = told_by(
        FluxTurns(), info("StartOfTurn", "No"), info("EagerEndOfTurn", "No"), info("EndOfTurn", "No thanks", end_s=3)
    )

    assert told[-3:] == [TurnLikely("No", 2000, 2000), TurnResumed(), TurnEnded("No thanks", 2000, 3000)]


def test_a_turn_without_words_was_none() -> None:
    told = told_by(FluxTurns(), info("StartOfTurn", "", end_s=1.0), info("EndOfTurn", ""))

    assert told == [SpeechStarted(1000), SpeechStopped()]


def test_a_new_connection_does_not_begin_the_turn_again() -> None:
    turns = FluxTurns()
    told = told_by(turns, info("StartOfTurn", "I want"), info("EagerEndOfTurn", "I want"))
    turns.reopened(2_000, 0.0)
    told += told_by(turns, info("StartOfTurn", "I want", end_s=0.5), info("EagerEndOfTurn", "I want", end_s=0.9))
    told += told_by(turns, info("EndOfTurn", "I want", end_s=2.1))

    assert told == [
        SpeechStarted(2000),
        Draft("I want"),
        TurnLikely("I want", 2000, 2000),
        TurnEnded("I want", 2000, 2100),
    ]


def test_a_turn_of_which_a_new_connection_hears_nothing_is_over() -> None:
    turns = FluxTurns()
    told_by(turns, info("StartOfTurn", "I", end_s=9.0))
    turns.reopened(2_000, 0.0)

    assert told_by(turns, info("Update", "", end_s=3.4)) == []
    assert told_by(turns, info("Update", "", end_s=3.6)) == [SpeechStopped()]
    assert not turns.is_speaking


def test_what_is_confirmed_ends_with_the_turn() -> None:
    turns = FluxTurns()
    told_by(turns, info("EndOfTurn", "Yes", [("Yes", 1.0, 1.4)]), clock=clock_from(500))

    assert turns.confirmed_ms == 2_000


def test_an_error_names_its_code_only() -> None:
    with pytest.raises(ProviderFailed) as caught:
        told_by(FluxTurns(), {"type": "Error", "code": "INTERNAL_SERVER_ERROR", "description": "the caller said hi"})

    assert caught.value.failure.code == "deepgram-lost"
    assert caught.value.failure.sentence == (
        "The connection to Deepgram was lost: Deepgram reported INTERNAL_SERVER_ERROR. "
        "Check its status page if that happens often."
    )


def of_deepgram(*connections: Listening, **rest: Any) -> Script:
    return Script(deepgram=DeepgramScript(connections, **rest))


def recogniser(
    vendors: Vendors, key: str = "deepgram-key", stalled_s: float = 3.0, open_s: float = 2.0
) -> DeepgramFluxRecogniser:
    sockets = VendorSockets(DEEPGRAM, {"Authorization": f"Token {key}"}, open_timeout_s=open_s, close_timeout_s=0.1)
    url = flux_url(vendors.deepgram_url, "flux-general-en", ("Acme",))
    return DeepgramFluxRecogniser(partial(sockets.open, url), Patience(stalled_s))


def ends(count: int) -> Any:
    return lambda told: sum(isinstance(event, TurnEnded) for event in told) >= count


async def test_a_turn_over_a_socket_with_audio_from_before_it_was_open() -> None:
    script = of_deepgram(Listening((Utterance("I want to book | for Tuesday"),), accept_ms=60))
    async with Vendors(script) as vendors, Listener(recogniser(vendors)) as listener:
        listener.hear(frames((SILENCE, 400), (VOICE, 1000), (SILENCE, 200), (VOICE, 800)))
        told = await listener.until(ends(1))

    assert told[0] == SpeechStarted(400)
    assert told[-1] == TurnEnded("I want to book for Tuesday", 400, 2400)
    assert told[-2] == TurnLikely("I want to book for Tuesday", 400, 2400)
    assert TurnLikely("I want to book", 400, 1400) in told
    assert told.count(TurnResumed()) == 1
    assert list(vendors.meters.deepgram.refusals) == []


async def test_media_times_hold_when_frames_are_lost() -> None:
    async with Vendors(of_deepgram(Listening((Utterance("yes"),)))) as vendors, Listener(recogniser(vendors)) as line:
        line.hear(frames((SILENCE, 400)))
        line.media_ms += 5_000
        line.hear(frames((SILENCE, 200), (VOICE, 300)))
        told = await line.until(ends(1))

    assert told[-1] == TurnEnded("yes", 5_600, 5_900)


async def test_a_drop_in_mid_utterance_loses_no_words() -> None:
    dropping = Listening((Utterance("this is never confirmed"),), fault=Fault("drop", after_messages=4))
    healthy = Listening((Utterance("I want to book for Tuesday"),))
    async with Vendors(of_deepgram(dropping, healthy)) as vendors, Listener(recogniser(vendors)) as listener:
        listener.hear(frames((SILENCE, 200), (VOICE, 600)))
        await listener.until(bool)
        told = await listener.until(ends(1))

    assert told[-1] == TurnEnded("I want to book for Tuesday", 200, 800)
    assert sum(isinstance(event, SpeechStarted) for event in told) == 1
    assert vendors.meters.deepgram.sockets_opened == 2
    assert vendors.meters.deepgram.audio_s_received > 1.2


async def test_the_second_drop_is_the_end() -> None:
    dropping = Listening(fault=Fault("drop", after_messages=1))
    async with Vendors(of_deepgram(dropping)) as vendors, Listener(recogniser(vendors)) as listener:
        with pytest.raises(ProviderFailed) as caught:
            await listener.until(lambda told: False)

    assert caught.value.failure.code == "deepgram-lost"
    assert caught.value.failure.retryable
    assert vendors.meters.deepgram.sockets_opened == 2


async def test_a_vendor_that_falls_silent_is_left_and_called_again() -> None:
    stalling = Listening(fault=Fault("stall", after_messages=1))
    healthy = Listening((Utterance("hello"),))
    script = of_deepgram(stalling, healthy)
    async with Vendors(script) as vendors, Listener(recogniser(vendors, stalled_s=0.6)) as listener:
        listener.hear(frames((SILENCE, 100), (VOICE, 400)))
        told = await listener.until(ends(1))

    assert told[-1] == TurnEnded("hello", 100, 500)


async def test_a_vendor_that_stays_silent_is_given_up() -> None:
    script = of_deepgram(Listening(fault=Fault("stall", after_messages=1)))
    async with Vendors(script) as vendors, Listener(recogniser(vendors, stalled_s=0.3)) as listener:
        with pytest.raises(ProviderFailed) as caught:
            await listener.until(lambda told: False, within_s=3.0)

    assert caught.value.failure.code == "deepgram-stalled"


@pytest.mark.parametrize(
    ("fault", "code", "blame", "retryable"),
    [
        (Fault("status", status=401), "deepgram-unauthorised", Blame.CONFIGURATION, False),
        (Fault("status", status=400), "deepgram-refused", Blame.CONFIGURATION, False),
        (Fault("status", status=402), "deepgram-limit", Blame.PROVIDER, True),
        (Fault("status", status=429, retry_after_s=1), "deepgram-limit", Blame.PROVIDER, True),
        (Fault("status", status=503), "deepgram-unreachable", Blame.PROVIDER, True),
        (Fault("reset"), "deepgram-unreachable", Blame.PROVIDER, True),
        (Fault("stall"), "deepgram-unreachable", Blame.PROVIDER, True),
        (Fault("garbage"), "deepgram-unreachable", Blame.PROVIDER, True),
        (Fault("close", code=1011, reason="NET-0001"), "deepgram-lost", Blame.PROVIDER, True),
        (Fault("close", code=1008, reason="DATA-0000"), "deepgram-refused", Blame.OFFHOOK, False),
        (Fault("error"), "deepgram-lost", Blame.PROVIDER, True),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
async def test_how_a_vendor_that_fails_at_the_door_is_named(
    fault: Fault, code: str, blame: Blame, retryable: bool
) -> None:
    open_s = 0.3 if fault.kind == "stall" else 2.0  # only that one is found out by waiting
    line = of_deepgram(Listening(fault=fault))
    async with Vendors(line) as vendors, Listener(recogniser(vendors, open_s=open_s)) as listener:
        with pytest.raises(ProviderFailed) as caught:
            await listener.ended()

    failure = caught.value.failure
    assert (failure.code, failure.blame, failure.retryable) == (code, blame, retryable)


async def test_nobody_listens() -> None:
    script = Script(deepgram=DeepgramScript(refused=True))
    async with Vendors(script) as vendors, Listener(recogniser(vendors)) as listener:
        with pytest.raises(ProviderFailed) as caught:
            await listener.ended(within_s=1.0)

    assert caught.value.failure.code == "deepgram-unreachable"


async def test_the_wrong_key_is_said_to_be_wrong_and_is_not_in_the_sentence() -> None:
    async with Vendors(of_deepgram(Listening())) as vendors, Listener(recogniser(vendors, "not-the-key")) as listener:
        with pytest.raises(ProviderFailed) as caught:
            await listener.ended(within_s=1.0)

    assert caught.value.failure.sentence == "Deepgram does not accept the key (401). Check DEEPGRAM_API_KEY."


async def test_garbage_among_the_messages_is_skipped() -> None:
    script = of_deepgram(Listening((Utterance("hello"),), fault=Fault("garbage", after_messages=1)))
    async with Vendors(script) as vendors, Listener(recogniser(vendors)) as listener:
        listener.hear(frames((SILENCE, 100), (VOICE, 400)))
        told = await listener.until(ends(1))

    assert told[-1] == TurnEnded("hello", 100, 500)
