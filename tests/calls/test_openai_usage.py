from calls.openai_chat import Chunks, Usage
from calls.openai_usage import ReplyUsage, TokenRatio, characters, measured
from calls.usage import Unit

BODY = {"messages": [{"role": "system", "content": "x" * 900}, {"role": "user", "content": "y" * 100}]}


def chunks(characters: int, usage: Usage | None = None) -> Chunks:
    came = Chunks("gpt-6-luna")
    came.characters, came.usage = characters, usage
    return came


def test_a_whole_reply_used_what_openai_says() -> None:
    usage = Usage("gpt-6-luna", 1_000, 600, 40, 300)
    assert measured(usage) == {
        Unit.TEXT_IN: 100,
        Unit.TEXT_IN_CACHED: 600,
        Unit.TEXT_IN_CACHE_WRITE: 300,
        Unit.TEXT_OUT: 40,
    }
    assert TokenRatio().of(BODY, chunks(160, usage)) == ReplyUsage("gpt-6-luna", measured(usage), is_estimated=False)


def test_a_reply_broken_off_is_estimated_at_four_characters_a_token() -> None:
    assert TokenRatio().of(BODY, chunks(10)) == ReplyUsage(
        "gpt-6-luna", {Unit.TEXT_IN: 250, Unit.TEXT_OUT: 3}, is_estimated=True
    )


def test_after_a_measured_reply_the_estimate_knows_better() -> None:
    ratio = TokenRatio()
    ratio.of(BODY, chunks(100, Usage("gpt-6-luna", 200, 0, 20)))
    assert ratio.of(BODY, chunks(50)).amounts == {Unit.TEXT_IN: 200, Unit.TEXT_OUT: 10}


def test_a_measured_reply_of_nothing_teaches_nothing() -> None:
    ratio = TokenRatio()
    ratio.of(BODY, chunks(0, Usage("gpt-6-luna", 0, 0, 0)))
    assert ratio == TokenRatio()


def test_a_request_is_as_long_as_its_messages() -> None:
    assert characters(BODY) == 1_000
