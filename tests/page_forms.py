"""The forms of a page, as a browser has them: their fields, the choices of each, and the messages beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = ("text", "search", "number", "date", "datetime-local", "email", "url", "textarea", "tel")


@dataclass
class Field:
    """A field of a form: its name, kind and label, its value, and for choices their values and the chosen ones."""

    name: str
    kind: str
    label: str = ""
    value: str = ""
    choices: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form: its URL, its fields by name, and its first button with a name."""

    action: str
    fields: dict[str, Field] = field(default_factory=dict)
    button: tuple[str, str] = ("", "")

    def has_typed(self) -> bool:
        return any(each.kind in TYPED for each in self.fields.values())


class Reader(HTMLParser):
    """Reads the forms of a page, and its messages with the names of the fields that they describe."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.faults: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._field: Field | None = None
        self._label = self._legend = ""
        self._in: list[str] = []
        self._option: str | None = ""
        self._is_selected = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, a field, a choice or the start of words."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(values.get("action", ""))
            if values.get("method") == "post":
                self.forms.append(self._form)
        elif tag in ("label", "legend", "p") and (tag != "p" or values.get("role") == "alert"):
            self._in.append(tag)
            if tag == "label":
                self._label = ""
            elif tag == "legend":
                self._legend = ""
            else:
                self.faults.append((values.get("id", "").removeprefix("fault-"), ""))
        elif self._form is not None and values.get("name"):
            self._take_field(tag, values)
        elif tag == "option" and self._field is not None and self._field.kind == "select":
            self._option, self._is_selected = values.get("value"), "selected" in values
            if self._option is not None:
                self._take_option(self._option)

    def _take_option(self, value: str) -> None:
        assert self._field is not None
        self._field.choices.append(value)
        if self._is_selected:
            self._field.chosen.append(value)
        self._option = value

    def _take_field(self, tag: str, values: Mapping[str, str]) -> None:
        assert self._form is not None
        name, kind = values["name"], values.get("type", "text") if tag == "input" else tag
        if tag == "button":
            self._form.button = self._form.button if self._form.button[0] else (name, values.get("value", ""))
            return
        found = self._form.fields.setdefault(name, Field(name, kind, self._label if "label" in self._in else ""))
        if kind in ("radio", "checkbox"):
            found.label = self._legend
            found.choices.append(values.get("value", "on"))
            found.chosen += [values.get("value", "on")] if "checked" in values else []
        else:
            found.value = values.get("value", "")
        self._field = found

    def handle_endtag(self, tag: str) -> None:
        """End a form or words."""
        if tag == "form":
            self._form = self._field = None
        if tag in self._in:
            self._in.remove(tag)
        if tag in ("select", "textarea"):
            self._field = None

    def handle_data(self, data: str) -> None:
        """Take words of a label or a message, an option without a value, or the text of a text area."""
        if "p" in self._in and self.faults:
            self.faults[-1] = (self.faults[-1][0], self.faults[-1][1] + data)
        elif self._field is not None and self._field.kind == "textarea":
            self._field.value += data
        elif self._field is not None and self._field.kind == "select" and self._option is None and data.strip():
            self._take_option(data.strip())
        elif "legend" in self._in:
            self._legend += data
        elif "label" in self._in:
            self._label += data
