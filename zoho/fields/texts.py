"""Text kinds: one line, several lines, HTML source. What was typed is what is sent, blanks included."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Behaviour, last
from zoho.fields.shown import is_scalar, lf, text_of
from zoho.fields.words import FieldError

if TYPE_CHECKING:
    from zoho.fields.field import Field


class Text(Behaviour):
    """One line; but a value that holds a line end, or a very long one, gets a textarea, for an input would change it."""

    def parse(self, field: Field, posted: Sequence[str], zone: tzinfo, was: Any) -> Any:
        """The text as typed; line ends as Zoho had them, else LF."""
        text = last(posted)
        check_length(text, field.max_length)
        return text.replace("\n", "\r\n") if isinstance(was, str) and "\r\n" in was else text

    def key(self, field: Field, wire: Any) -> Hashable | None:
        """The text with LF line ends."""
        return lf(text_of(wire)) if is_scalar(wire) else None


class Lines(Text):
    """Several lines: always a textarea."""

    def input_type(self, field: Field, wire: Any) -> str:
        """A textarea, unless the value is no text."""
        return "textarea" if self.fits(wire) else "readonly"


def check_length(text: str, limit: int | None) -> None:
    """Raises FieldError past ``limit`` characters, as Unicode counts them."""
    if limit is not None and len(text) > limit:
        raise FieldError(f"Zoho accepts at most {limit} characters here (you typed {len(text)}).")
