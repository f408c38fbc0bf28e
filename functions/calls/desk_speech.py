"""What the scripted desk says: every sentence, and how a voice is given days, times, hours and numbers to speak."""

import datetime
from collections.abc import Mapping, Sequence

from calls.desk_slots import WITHHELD
from calls.desk_table import WEEKDAYS, Desk, Opening

SAYS: Mapping[str, str] = {
    "ask anything": "How can I help you? You can ask for our hours, or say a day and time for an appointment.",
    "ask more": "Is there anything else I can do for you?",
    "ask visit": "If you would like to come in, what day and time would suit you?",
    "ask day": "What day would suit you?",
    "ask day and time": "What day and time would suit you?",
    "ask time": "What time would suit you?",
    "ask time of day": "What time would suit you on {day}?",
    "ask phone": "What telephone number can we reach you on? You can say the digits or type them.",
    "ask phone cancel": "What telephone number was the appointment made with? You can say the digits or type them.",
    "ask rest": "I have {digits} so far. What are the other digits?",
    "ask person": "Shall I connect you to a person? Please say yes, or press 1.",
    "ask message": "Shall I have somebody call you back? Please say yes, or press 1.",
    "ask change": "What should I change: the day, the time, or the number?",
    "read back book": "Let me read that back: {what}{when}{phone}. Is that right? Please say yes, or press 1.",
    "read back cancel": "You want to cancel the appointment that was made with the number {digits}. Is that right? "
    "Please say yes, or press 1.",
    "read back message": "We are to call you back on {digits}. Is that right? Please say yes, or press 1.",
    "done book": "Thank you. I have noted {what}{when}.",
    "done cancel": "Thank you. I have noted that the appointment is to be cancelled.",
    "done message": "Thank you. I have noted that somebody is to call you back.",
    "dropped": "All right, I have dropped that.",
    "all right": "All right.",
    "closed": "I am sorry, on {weekday} we are closed.",
    "outside hours": "I am sorry, {time} is not possible. On {weekday} we are open from {opens} until {closes}, and "
    "the last appointment is at {last}.",
    "ask other day": "What other day would suit you?",
    "ask other time": "What other time would suit you?",
    "hours of day": "On {weekday} we are open from {opens} until {closes}.",
    "hours of closed day": "On {weekday} we are closed.",
    "hours": "{business} is open {openings}.",
    "hours closed": "We are closed on {days}.",
    "hours last": "The last appointment of the day begins {minutes} minutes before we close.",
    "hours unknown": "I am sorry, I do not know our opening hours.",
    "services": "We offer {services}.",
    "services unknown": "I can tell you what I know about us, note an appointment, or take a message.",
    "robot": "I am an automated assistant. I follow a script, and I am not a person.",
    "hello": "Hello.",
    "thanks": "You are welcome.",
    "transfer": "I will connect you to a person now. One moment, please.",
    "no transfer": "I am sorry, I cannot connect you to a person on this line, but somebody can call you back.",
    "miss": "I am sorry, I did not understand that.",
}

_GROUPS: Mapping[int, tuple[int, ...]] = {7: (3, 4), 8: (4, 4), 10: (3, 3, 4), 11: (1, 3, 3, 4)}


def says(key: str, **values: str) -> str:
    return SAYS[key].format(**values)


def spoken_day(day: datetime.date) -> str:
    """ "Tuesday, November 25th"."""
    teens = 11 <= day.day % 100 <= 13
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{spoken_weekday(day)}, {day:%B} {day.day}{ending}"


def spoken_weekday(day: datetime.date) -> str:
    return WEEKDAYS[day.weekday()].capitalize()


def spoken_time(minute: int) -> str:
    """ "9 AM", "3:30 PM", "noon": without the full stops that would end a sentence for a voice."""
    hour, past = divmod(minute % (24 * 60), 60)
    if past == 0 and hour in (0, 12):
        return "noon" if hour else "midnight"
    return f"{(hour - 1) % 12 + 1}{f':{past:02}' if past else ''} {'AM' if hour < 12 else 'PM'}"


def spoken_digits(digits: str) -> str:
    """ "5 5 5, 0 1 3 4": one by one, in the groups that people use; part of a number in one group."""
    if digits == WITHHELD:
        return "the one that you gave"
    groups = _GROUPS.get(len(digits)) or ((len(digits),) if len(digits) < 7 else (3,) * -(-len(digits) // 3))
    parts, at = [], 0
    for size in groups:
        parts.append(" ".join(digits[at : at + size]))
        at += size
    return ", ".join(parts)


def spoken_list(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)


def hours_of_week(desk: Desk) -> str:
    """All opening hours in two or three sentences; says so where they are not known."""
    if not any(desk.hours):
        return says("hours unknown")
    runs = _runs(desk.hours)
    openings = [
        f"{days} from {spoken_time(opening.opens_min)} until {spoken_time(opening.closes_min)}"
        for days, opening in runs
        if opening
    ]
    closed = [days.removeprefix("on ") for days, opening in runs if not opening]
    sentences = [says("hours", business=desk.business or "Our desk", openings=spoken_list(openings))]
    if closed:
        sentences.append(says("hours closed", days=spoken_list(closed)))
    sentences.append(says("hours last", minutes=str(desk.appointment_min)))
    return " ".join(sentences)


def _runs(hours: tuple[Opening | None, ...]) -> list[tuple[str, Opening | None]]:
    """Neighbouring days with the same hours together: "Monday to Friday", "on Saturday"."""
    runs: list[list[int]] = []
    for day in range(len(hours)):
        if runs and hours[runs[-1][-1]] == hours[day]:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [(_run_spoken([WEEKDAYS[day].capitalize() for day in run]), hours[run[0]]) for run in runs]


def _run_spoken(names: list[str]) -> str:
    if len(names) > 2:
        return f"{names[0]} to {names[-1]}"
    return f"on {' and '.join(names)}"


def hours_of(desk: Desk, day: datetime.date) -> str:
    """The hours of one day."""
    if not desk.hours:
        return says("hours unknown")
    opening = desk.hours[day.weekday()]
    if opening is None:
        return says("hours of closed day", weekday=spoken_weekday(day))
    return says("hours of day", weekday=spoken_weekday(day), **opening_spoken(opening))


def opening_spoken(opening: Opening) -> dict[str, str]:
    return {"opens": spoken_time(opening.opens_min), "closes": spoken_time(opening.closes_min)}
