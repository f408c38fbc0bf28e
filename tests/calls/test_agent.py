import pytest

from calls.agent import Limits, Models, TurnTaking, Voice, parse, read
from calls.errors import Blame, ConfigurationInvalid
from calls.record import Mode

SMALLEST = """
name = "desk"
prompt = "You keep a desk."
greeting = "Hello."
"""


def problems_of(text: str, file: str = "desk.toml") -> list[str]:
    agent, problems = read(text, file)
    assert (agent is None) == bool(problems)
    return problems


def test_everything_but_name_prompt_and_greeting_has_a_default() -> None:
    agent = parse(SMALLEST, "agents/desk.toml")
    assert (agent.name, agent.prompt, agent.greeting) == ("desk", "You keep a desk.", "Hello.")
    assert agent.modes == (Mode.PIPELINE, Mode.TRADITIONAL)
    assert agent.models == Models("embedded", "scripted", "embedded")
    assert agent.voice == Voice("heart", "Polly.Joanna", "en-US")
    assert agent.limits == Limits(900, 8.0, 8.0)
    assert agent.turn_taking == TurnTaking(300, 500)
    assert agent.closing == "Thank you for calling. Goodbye."
    assert agent.transfer_number == ""
    assert agent.desk == {}


def test_what_the_file_says_is_what_the_agent_is() -> None:
    agent = parse(
        SMALLEST
        + """
        modes = ["realtime", "traditional"]
        transfer_number = "+12025550143"
        closing = "Bye."
        voice = {speech = "nova", twilio = "Polly.Matthew", language = "es-419"}
        models = {recogniser = "deepgram/flux-general-en", reply = "openai/gpt-6-luna", speech = "elevenlabs"}
        limits = {call_s = 30, silence_s = 2.5, reply_s = 3}
        turn_taking = {barge_in_ms = 60, greeting_protected_ms = 0}
        phrases = {bridge = "A moment."}
        desk = {business = "Us"}
        """,
        "desk.toml",
    )
    assert agent.modes == (Mode.REALTIME, Mode.TRADITIONAL)
    assert agent.transfer_number == "+12025550143"
    assert agent.voice == Voice("nova", "Polly.Matthew", "es-419")
    assert agent.models == Models("deepgram/flux-general-en", "openai/gpt-6-luna", "elevenlabs")
    assert agent.limits == Limits(30, 2.5, 3.0)
    assert agent.turn_taking == TurnTaking(60, 0)
    assert (agent.phrases.bridge, agent.phrases.still_there) == ("A moment.", "Are you still there?")
    assert agent.desk == {"business": "Us"}


def test_one_error_names_the_file_and_every_wrong_field() -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse('name = "desk"\nprompt = ""\n[limits]\ncall_s = "long"\n[desk.hours]\nmonday = "9-5"', "desk.toml")
    assert caught.value.failure.blame is Blame.CONFIGURATION
    sentence = str(caught.value)
    assert sentence.startswith("desk.toml: ")
    assert 'limits.call_s must be a whole number from 30 to 14400, not "long"' in sentence
    assert 'prompt must be a text of 1 to 20000 characters, not ""' in sentence
    assert "greeting is missing" in sentence
    assert "desk.hours.monday must be" in sentence


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("greting = 'x'", "greting is not a field; did you mean greeting?"),
        ("[limits]\ncalls_s = 60", "limits.calls_s is not a field; did you mean limits.call_s?"),
        ("[limits]\nreply_s = 15", "limits.reply_s must be a number from 1 to 10, not 15"),
        ("[limits]\ncall_s = true", "limits.call_s must be a whole number from 30 to 14400, not true"),
        ("limits = 3", "limits must be a table, not 3"),
        ("[models]\nreply = 'openai/'", 'models.reply must be "provider" or "provider/model", not "openai/"'),
        ("[voice]\nlanguage = 'english'", 'voice.language must be a language tag such as "en-US", not "english"'),
        ("[turn_taking]\nbarge_in_ms = 10", "turn_taking.barge_in_ms must be a whole number from 60 to 3000, not 10"),
        ("[phrases]\nbridge = ''", 'phrases.bridge must be a text of 1 to 1000 characters, not ""'),
        ("[desk]\nslotz = []", "desk.slotz is not a field; did you mean desk.slots?"),
    ],
)
def test_a_wrong_field(line: str, problem: str) -> None:
    assert problems_of(f"{SMALLEST}\n{line}") == [problem]


@pytest.mark.parametrize(
    "modes", ["[]", '"traditional"', '["pipeline"]', '["traditional", "traditional"]', '["fast", "traditional"]', "[1]"]
)
def test_a_ladder_that_does_not_hold(modes: str) -> None:
    (problem,) = problems_of(f"{SMALLEST}\nmodes = {modes}")
    assert problem.startswith("modes must be a list of realtime, pipeline, traditional, best first, none twice")


@pytest.mark.parametrize("number", ["2025550143", "+0202555", "+1 202 555 0143", "+1202555014399999", "sip:desk"])
def test_a_wrong_transfer_number_is_not_repeated(number: str) -> None:
    (problem,) = problems_of(f'{SMALLEST}\ntransfer_number = "{number}"')
    assert problem.startswith("transfer_number must be empty or a number in E.164")
    assert number not in problem


def test_the_name_is_the_files() -> None:
    assert problems_of(SMALLEST, "front.toml") == ['name must be "front", as the file is called, not "desk"']
    assert problems_of(SMALLEST.replace('"desk"', '"De sk"')) == [
        'name must be lower-case letters, digits and hyphens, not "De sk"'
    ]


def test_a_syntax_error_names_its_line() -> None:
    (problem,) = problems_of('name = "desk"\nprompt =\n')
    assert problem.startswith("line 2, column 9 is not TOML: ")
    (problem,) = problems_of('name = "desk"\nprompt = """')
    assert problem.startswith("line 2 is not TOML: ")
