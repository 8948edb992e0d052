"""What somebody may have meant by a text: the same but for case, accents and blanks, or spelt nearly so."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

from zoho.answers import Choice, Question
from zoho.fields import Field, Option
from zoho.fields.choices import option_value

MAX_OPTIONS = 20
CLOSE = 0.7
"""How like a text must be to be offered, 1 being the same."""
_PERSON = re.compile(r"(.*) \((\S+@\S+)\)")


class Unknown(Exception):
    """Nothing is meant that could be found. The message is for the person."""


class Ambiguous(Exception):
    """Carries the Question that must be answered first."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.prompt)
        self.question = question


def folded(text: str) -> str:
    """Without case, accents, and doubled or surrounding blanks."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))
    return " ".join(plain.casefold().split())


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same to somebody who types them: case and blanks apart. Accents count."""
    return plain(one) == plain(other) != ""


def plain(text: str) -> str:
    """Equal for texts that ``same_text`` takes for the same."""
    return " ".join(text.casefold().split())


def question(name: str, prompt: str, options: Sequence[Choice], *, more: bool = False) -> Question:
    """A question with at most 20 options; when there are more, it says so, and takes an answer that is not listed."""
    shown = tuple(options[:MAX_OPTIONS])
    is_cut = more or len(options) > MAX_OPTIONS
    answer = {"type": "string"} if is_cut else {"type": "string", "enum": [option.value for option in shown]}
    told = f"{prompt} There are more than these: say it more exactly, or give the id." if is_cut else prompt
    return Question(told, {"type": "object", "properties": {name: answer}, "required": [name]}, shown, name)


def options_like(field: Field, text: str, name: str) -> str:
    """The value of the option that ``text`` is, by value or by a label that only one has.

    Raises Ambiguous for one that is only like it, Unknown for one that is like none.
    """
    value = option_value(field, text)
    if any(option.value == value for option in field.options):
        return value
    near = _near(text, {option.value: (option.value, option.label) for option in field.options})
    if not near:
        raise Unknown(f"“{text[:80]}” is not one of the values that Zoho offers here: {_listed(field.options)}.")
    options = [Choice(option.value, option.label, _stored(option)) for option in field.options if option.value in near]
    raise Ambiguous(question(name, f"{field.label}: “{text[:80]}” is not one of the values. Which one do you mean?", options))


def people_like(field: Field, text: str, name: str) -> str:
    """The id of the person whose name or e-mail ``text`` is. Raises Ambiguous and Unknown."""
    if not field.options:
        raise Unknown("Give the id of the person: Zoho does not show this connection who there is.")
    known = {option.value: _person(option) for option in field.options}
    exact = [value for value, texts in known.items() if any(same_text(text, one) for one in texts)]
    if len(exact) == 1:
        return exact[0]
    found = exact or [*_near(text, known), *(value for value, texts in known.items() if folded(text) in folded(texts[0]))]
    if not found:
        raise Unknown(f"Nobody who can stand here is called “{text[:80]}”.")
    options = [Choice(value, known[value][0], " · ".join((*known[value][1:], value))) for value in dict.fromkeys(found)]
    raise Ambiguous(question(name, f"{field.label}: who is meant by “{text[:80]}”?", options))


def _near(text: str, known: dict[str, tuple[str, ...]]) -> list[str]:
    """The keys whose texts are the same when folded, else those that are spelt nearly so."""
    wanted = folded(text)
    plain = {value: [folded(one) for one in texts] for value, texts in known.items()}
    same = [value for value, texts in plain.items() if wanted in texts]
    close = set(difflib.get_close_matches(wanted, [one for texts in plain.values() for one in texts], n=MAX_OPTIONS, cutoff=CLOSE))
    return same or [value for value, texts in plain.items() if close & set(texts)]


def _person(option: Option) -> tuple[str, ...]:
    """Name and e-mail of somebody who is shown as ``Name (e-mail)``."""
    found = _PERSON.fullmatch(option.label)
    return (found[1], found[2]) if found else (option.label,)


def _stored(option: Option) -> str:
    return f"stored as {option.value}" if option.value != option.label else ""


def _listed(options: Sequence[Option]) -> str:
    more = f" and {len(options) - MAX_OPTIONS} more" if len(options) > MAX_OPTIONS else ""
    return ", ".join(option.label[:80] for option in options[:MAX_OPTIONS]) + more
