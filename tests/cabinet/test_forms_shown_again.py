"""Every form of the cabinet with wrong values comes back on its own page, says why, and has everything that was typed.

The forms are those that the pages of the table show; each of their fields is filled in by its kind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
import pytest

from cast import Stage
from dealtrace.cabinet.routes import PAGES
from filled_site import FilledSite, fill_site
from server import ServerProcess

FILES = (".csv", ".xlsx", ".json")
ASKED = (
    "/{site:int}/reports?by=source,medium&metrics=leads,deals&period=28d&filter=source:is:yandex",
    "/{site:int}/settings/columns?change=Wert",
)
"""Pages that show more forms when they are asked for more."""
FORMS_MIN = 20
"""How many forms there are at least; fewer mean that the test does not find them any more."""
TYPED = ("text", "search", "number", "date", "datetime-local", "email", "url", "textarea", "tel")
SECRET = "password"
NOT_KEPT = ("hidden", SECRET, "file")
"""The kinds of fields that are not typed, or not shown again."""
CODE = "code"
"""The name of the field for a one-time code, which is not worth keeping."""
LENGTH = 1_500
"""Longer than any field of one line may be."""


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


def filled_in(form: Form) -> dict[str, list[str]]:
    """Return what a person sends: something wrong in each typed field, and the last of each list of choices."""
    sent: dict[str, list[str]] = {}
    for name, each in form.fields.items():
        if each.kind in TYPED:
            sent[name] = [
                f"{name} is wrong {'x' * LENGTH}" if each.kind in ("text", "textarea") else f"{name} is wrong"
            ]
        elif each.kind in ("select", "radio"):
            sent[name] = [each.choices[-1]]
        elif each.kind == "checkbox":
            sent[name] = each.choices
        elif each.kind == SECRET:
            sent[name] = ["x"]
        elif each.kind == "hidden":
            sent[name] = [each.value]
    if form.button[0]:
        sent[form.button[0]] = [form.button[1]]
    return sent


def forms_of(filled: FilledSite) -> Iterator[Form]:
    """Yield the forms with typed fields that the pages show to an owner: of forms with the same fields, the first.

    The form for a code of two-factor authentication is left out, since the owner has none.
    """
    pages = [page.path for page in PAGES if page.method == "GET" and not page.path.endswith(FILES)]
    seen = set()
    for path in [*pages, *ASKED]:
        page = filled.owner.http.get(filled.path_of(path))
        for form in Reader(page.text).forms:
            kind = (form.action, tuple(form.fields))
            if form.has_typed() and kind not in seen and form.action != "/cabinet/login/code":
                seen.add(kind)
                yield form


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


def complaints(form: Form, sent: Mapping[str, list[str]], answer: httpx.Response) -> Iterator[str]:
    """Yield what is wrong with the answer to a refused form."""
    if answer.status_code != 400:
        yield f"status {answer.status_code}"
    page = Reader(answer.text)
    again = [each for each in page.forms if each.action == form.action and each.fields.keys() >= form.fields.keys()]
    if not again:
        yield "another page"
        return
    labels = {name: each.label.strip() for name, each in form.fields.items()}
    if not page.faults:
        yield "no message"
    for name, words in page.faults:
        if name not in labels and not any(label and label.lower() in words.lower() for label in labels.values()):
            yield f"a message of no field: {words[:200]}"
    for name, values in sent.items():
        if name not in form.fields or name == CODE or form.fields[name].kind in NOT_KEPT:
            continue
        shown = [each.fields[name] for each in again]
        kept = [(each.chosen or each.choices[:1]) if each.choices else [each.value] for each in shown]
        if values not in kept:
            yield f"lost: {name} = {values[0][:40]!r}, shown {[each[:1] for each in kept]!r:.80}"


def test_a_refused_form_comes_back_with_what_was_typed(filled: FilledSite) -> None:
    wrong, count = [], 0
    for form in forms_of(filled):
        sent = filled_in(form)
        headers = {"sec-fetch-site": "same-origin"}
        is_multipart = any(each.kind == "file" for each in form.fields.values())
        files = {"file": ("", b"")} if is_multipart else None
        answer = filled.owner.http.post(form.action, data=sent, files=files, headers=headers)
        count += 1
        wrong += [f"{form.action} {list(form.fields)}: {words}" for words in complaints(form, sent, answer)]
    assert not wrong, "\n".join(wrong)
    assert count >= FORMS_MIN
