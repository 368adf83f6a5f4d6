"""Every form of the cabinet with wrong values comes back on its own page, says why, and has everything that was typed.

The forms are those that the pages of the table show; each of their fields is filled in by its kind.
"""

from collections.abc import Iterator, Mapping

import httpx
import pytest

from cast import Stage
from dealtrace.cabinet.forms import OPEN_FORM_BYTES_MAX
from dealtrace.cabinet.routes import PAGES
from examples import drawn
from filled_site import FilledSite, fill_site
from page_forms import TYPED, Form, Reader
from server import ServerProcess

FILES = (".csv", ".xlsx", ".json")
ASKED = (
    "/{site:int}/reports?by=source,medium&metrics=leads,deals&period=28d&filter=source:is:yandex",
    "/{site:int}/settings/columns?change=Wert",
)
"""Pages that show more forms when they are asked for more."""
LONG_FIELDS = 3
"""How many fields of a form are as long as that: the form may have a megabyte."""
OPEN_FORMS = {f"/cabinet{page.path}" for page in PAGES if page.is_open}
"""Forms that are sent without a login, which take less."""
FORMS_MIN = 20
"""How many forms there are at least; fewer mean that the test does not find them any more."""
SECRET = "password"
NOT_KEPT = ("hidden", SECRET, "file")
"""The kinds of fields that are not typed, or not shown again."""
CODE = "code"
"""The name of the field for a one-time code, which is not worth keeping."""
LENGTHS = (1_500, 300_000)
"""Longer than any field of one line may be, and than all fields of a form may be together."""


def filled_in(form: Form, length: int) -> dict[str, list[str]]:
    """Return what a person sends: something wrong in each typed field, and the last of each list of choices."""
    sent: dict[str, list[str]] = {}
    long = [name for name, each in form.fields.items() if each.kind in ("text", "textarea")][:LONG_FIELDS]
    for name, each in form.fields.items():
        if each.kind in TYPED:
            sent[name] = [
                f"{name} is wrong {'x' * (length if name in long else LENGTHS[0])}"
                if each.kind in ("text", "textarea")
                else f"{name} is wrong"
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


@pytest.mark.few(1)
@pytest.mark.parametrize("length", LENGTHS)
def test_a_refused_form_comes_back_with_what_was_typed(filled: FilledSite, length: int) -> None:
    takes_less = OPEN_FORMS if length > OPEN_FORM_BYTES_MAX else set()
    every, wrong = [form for form in forms_of(filled) if form.action not in takes_less], []
    assert len(every) >= FORMS_MIN
    for form in drawn(every):
        sent = filled_in(form, length)
        headers = {"sec-fetch-site": "same-origin"}
        is_multipart = any(each.kind == "file" for each in form.fields.values())
        files = {"file": ("", b"")} if is_multipart else None
        answer = filled.owner.http.post(form.action, data=sent, files=files, headers=headers)
        wrong += [f"{form.action} {list(form.fields)}: {words}" for words in complaints(form, sent, answer)]
    assert not wrong, "\n".join(wrong)
