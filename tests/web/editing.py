"""A record form as a browser sends it: every control's value, what was typed put in by label."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.pages import Visitor


@dataclass
class Control:
    """One control of the form."""

    name: str
    kind: str
    values: list[str]
    value: str = ""
    options: dict[str, str] = field(default_factory=dict)
    """Label → value, of a select."""


class RecordForm(HTMLParser):
    """Reads the edit form of a page. ``type`` and ``choose`` are what a person does, ``data`` what the browser then posts."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.controls: list[Control] = []
        self.labels: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.buttons: list[tuple[str, str, str]] = []
        self._inside = False
        self._label: str | None = None
        self._text: list[str] | None = None
        self._option: str | None = None
        self.path = answer.request.path
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._inside = given.get("id") == "edit"
        if tag == "label" and "for" in given:
            self._label, self._text = given["for"], []
        if tag == "button":
            self.buttons.append((given.get("name", ""), given.get("value", ""), given.get("form", "")))
            self._text, self._label = [], None
        if self._inside:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if name and "aria-label" in given:
            self.labels.setdefault(given["aria-label"], name)
        if tag == "input" and given.get("type") == "file":
            self.controls.append(Control(name, "file", []))
        elif tag == "input" and name:
            kind = given.get("type", "text")
            is_off = kind in ("checkbox", "radio") and "checked" not in given
            self.controls.append(Control(name, kind, [] if is_off else [given.get("value", "on")], given.get("value", "on")))
        elif tag == "textarea":
            self.controls.append(Control(name, tag, [""]))
            self._text = []
        elif tag == "select":
            self.controls.append(Control(name, "select-multiple" if "multiple" in given else "select", []))
        elif tag == "option":
            self._option, self._text = given.get("value"), []
            if "selected" in given:
                self.controls[-1].values.append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self._text or ())
        if tag == "form":
            self._inside = False
        elif tag == "label" and self._label is not None:
            self.labels.setdefault(text, self._label)
            self._label = self._text = None
        elif tag == "textarea" and self._inside:
            self.controls[-1].values = [text.removeprefix("\n").replace("\n", "\r\n")]
            self._text = None
        elif tag == "option" and self._inside:
            value = text if self._option is None else self._option
            self.controls[-1].options[text] = value
            self._text = None
        elif tag == "select" and self._inside:
            control = self.controls[-1]
            if control.kind == "select" and not control.values and control.options:
                control.values = [next(iter(control.options.values()))]

    def control(self, label: str) -> Control:
        """The control that has this label, or this name. Raises KeyError."""
        name = self.labels.get(label, label)
        for control in self.controls:
            if control.name == name:
                return control
        raise KeyError(label)

    def type(self, label: str, *values: str) -> RecordForm:
        """Put text into a control, or nothing to empty it."""
        self.control(label).values = list(values)
        return self

    def tick(self, label: str, value: str) -> RecordForm:
        """Tick the box of this value among those that share a label or a name."""
        name = self.labels.get(label, label)
        box = next(one for one in self.controls if one.name == name and one.value == value)
        box.values = [value]
        return self

    def attach(self, label: str, *files: tuple[str, bytes]) -> RecordForm:
        """Choose files by name and content."""
        self.control(label).values = [(BytesIO(content), name) for name, content in files]  # type: ignore[misc]
        return self

    def choose(self, label: str, *options: str) -> RecordForm:
        """Choose options of a select by their labels."""
        control = self.control(label)
        control.values = [control.options[option] for option in options]
        return self

    def data(self, **more: str) -> MultiDict[str, str]:
        """What the browser posts when the button of ``more`` (``action="save"``) is pressed."""
        pairs = [(control.name, value) for control in self.controls for value in control.values]
        return MultiDict([*pairs, *more.items()])


def open_form(client: Visitor, connection_id: UUID, product: str, module: str, record_id: str, **query: Any) -> RecordForm:
    """Open the edit page."""
    answer = client.get(edit_path(connection_id, product, module, record_id), query_string=query)
    assert answer.status_code == 200, answer.text
    return RecordForm(answer)


def edit_path(connection_id: UUID, product: str, module: str, record_id: str) -> str:
    """Address of the edit page."""
    return f"/connections/{connection_id}/records/{product}/{module}/{record_id}"


def press(client: Visitor, form: RecordForm, action: str = "save", **more: str) -> TestResponse:
    """Send the form by one of its buttons."""
    return client.client.post(form.path, data=form.data(action=action, **more))


def decide(client: Visitor, form: RecordForm, whose: str, name: str) -> TestResponse:
    """Press one of the two buttons of a contested field."""
    return client.client.post(form.path, data=form.data(decide=f"{whose}:{name}"))


def receipt_of(client: Visitor, answer: TestResponse) -> TestResponse:
    """Follow a save to its receipt."""
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith("/history/")
    shown = client.get(answer.location)
    assert shown.status_code == 200
    return shown
