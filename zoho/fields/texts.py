"""Text kinds: one line, several lines, HTML source. What was typed is what is sent, blanks included."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from zoho.fields.behaviour import Behaviour, last
from zoho.fields.cut import CUT, may_be_cut
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


class RichText(Lines):
    """HTML as its source. In a cell, a text that may be cut is only shown: nothing can fetch the rest of it."""

    def input_type(self, field: Field, wire: Any) -> str:
        """A textarea, unless the value is no text, or may be the beginning of one."""
        return "readonly" if _is_beginning(field, wire) else super().input_type(field, wire)

    def same(self, field: Field, a: Any, b: Any) -> bool:
        """The same as far as both can be seen."""
        is_cut = isinstance(a, str) and isinstance(b, str) and (_is_beginning(field, a) or _is_beginning(field, b))
        return super().same(field, a, b) or (is_cut and lf(a)[: CUT[0]] == lf(b)[: CUT[0]])

    def restore(self, field: Field, before: Any, now: Any, zone: tzinfo) -> Any:
        """Raises FieldError for an earlier text of which the end is not known."""
        if _is_beginning(field, before):
            raise FieldError("Zoho showed only the beginning of the earlier text, so it cannot be put back.")
        return super().restore(field, before, now, zone)


def _is_beginning(field: Field, wire: Any) -> bool:
    return field.is_cell and isinstance(wire, str) and may_be_cut(wire)


def check_length(text: str, limit: int | None) -> None:
    """Raises FieldError past ``limit`` characters, as Unicode counts them."""
    if limit is not None and len(text) > limit:
        raise FieldError(f"Zoho accepts at most {limit} characters here (you typed {len(text)}).")
