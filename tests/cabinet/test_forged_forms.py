"""Keys, hidden fields and stored options that no page of ours has: each is answered by a page that says what to do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

import httpx
import pytest
from sqlalchemy import func, select

import dealtrace.cabinet
from cast import Stage
from dealtrace.cabinet.links import URL_LENGTH_MAX
from dealtrace.cabinet.rendering import REPLACED
from dealtrace.cabinet.routes import PAGES
from dealtrace.cabinet.settings.cost_files import CostChoices
from dealtrace.storage.schema.tables.control import sent_form
from examples import drawn
from filled_site import CALLS, COST_FORM, COSTS, FilledSite, fill_site
from guests import PASSWORD, Guest, member_of, text_of
from page_forms import Form, Reader
from server import ServerProcess

HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
OWN = {"sec-fetch-site": "same-origin", "accept": HTML}
URLENCODED = "application/x-www-form-urlencoded"
MALFORMED = "The request body cannot be read: the form is malformed"
WRONG = ("x", "-1", "NaN", "1e999", "9" * 400, "a\nb", "\u202e<b>", "[1]", "{id", "hex")
"""Ten values that no option has."""
LONE = "%ED%A0%80"
"""Half of a surrogate pair, in UTF-8 that is none."""
FORGED = ("", LONE, "%FF", "9" * 400, "-1", "%D9%A1", "%5B%22a%22%5D", "a%0Ab", "NaN", "%00", "%7B%7D")
"""Values for hidden fields, as they stand in the body of a form."""
ENDING = ("/logout", "/profile/sessions", "/language", "/users/second-factor", "/delete", "/demo/remove")
"""How forms end that would end the session of the test, demand a code from it, or remove what others send."""
WITHOUT_ID = {"form_key", "form_token", "back", "shown.counter", "name", "which", "query"}
"""Fields without ids: what stands there is the session's, a name that any site may have, or what the page showed."""
OFFERS_TRIED = 3
SHOWING = (
    "/{site:int}/reports?by=source&metrics=deals&period=28d",
    "/{site:int}/leads?tab=missed",
    "/{site:int}/reports/rows?metrics=deals",
)
"""Pages that show more forms when they are asked for more."""


class Upload(NamedTuple):
    """A form with a file: its page, the file, and options that are right."""

    place: str
    file: bytes
    right: Mapping[str, str]


CHOICES = {**dict.fromkeys(CostChoices.FIELDS, ""), **COST_FORM, "unit": "auto"}
IMPORTS = Upload("settings/imports", CALLS.encode(), {"noun": "call", "encoding": ""})
OF_COSTS = Upload("costs", COSTS.encode(), CHOICES)
HEADINGS = [name for name in CHOICES if name.startswith("heading_")]
OPTIONS = [(IMPORTS, name) for name in IMPORTS.right] + [
    (OF_COSTS, name) for name in CHOICES if name not in HEADINGS[1:]
]
"""Every option; of the headings, which are all read alike, the first."""


def fault_in(answer: httpx.Response) -> str:
    """Return the first message of a page, or all its words if it has nothing else to show."""
    found = re.search(r'role="alert"[^>]*>([^<]*)<', answer.text)
    return found[1] if found is not None else text_of(answer.text)


def assert_is_refused(answer: httpx.Response, what: object) -> None:
    """Check that an answer is a page that refuses something in words."""
    assert "<main" in answer.text, (what, answer.status_code, answer.headers, answer.text[:300])
    assert 400 <= answer.status_code < 500, (what, answer.status_code)
    assert fault_in(answer), what


@pytest.mark.parametrize(("upload", "name"), OPTIONS, ids=lambda each: getattr(each, "place", each))
def test_a_file_that_is_kept_with_wrong_options_is_not_imported_by_its_key(
    site: FilledSite, upload: Upload, name: str
) -> None:
    for value in drawn(WRONG):
        sent = {**upload.right, name: value}
        answer = site.owner.send(upload.place, files={"file": ("list.csv", upload.file)}, **sent)
        if answer.is_redirect:  # anything may be the name of an account, for example
            continue
        key = re.search(r'name="kept" value="([^"]+)"', answer.text)
        assert_is_refused(answer, (name, value))
        assert key is not None
        preview = f"{upload.place}/{key[1]}"
        for again in (site.owner.get(preview), site.owner.send(preview), site.owner.get(preview)):
            assert_is_refused(again, (name, value))
            assert f'name="kept" value="{key[1]}"' in again.text, "the options can be corrected there"
        assert site.owner.send(upload.place, files={"file": ("", b"")}, kept=key[1], **upload.right).is_redirect


def test_what_is_chosen_for_taxes_is_of_the_list(site: FilledSite) -> None:
    sent = {**CHOICES, "vat": "x", "percent": "20"}
    answer = site.owner.send("costs", files={"file": ("costs.csv", COSTS.encode())}, **sent)
    assert (answer.status_code, fault_in(answer)) == (400, "choose from the list")


def cut_and_foreign(key: str) -> Iterator[str]:
    """Yield a key as people cut it, mistype it, or make one up, as it stands in a URL."""
    text = quote(key, safe="")
    yield from (text[:-1], f"{text}x", text.swapcase(), text[::-1], f"{text}{LONE}", f"{LONE}{text}", "..%2F..", "%20")
    yield from ("%FF%FE", "x" * 5_000, "%3Cb%3E", "%C2%B2", "9" * 400, "null", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_key_in_a_path_that_is_cut_or_made_up_says_so(site: FilledSite, method: str) -> None:
    for page in PAGES:
        for name in re.findall(r"\{(\w+)\}", page.path) if page.method == method else ():
            before, _, after = page.path.partition(f"{{{name}}}")
            whole = site.path_of(f"{before}{{{name}}}").rpartition("/")[2]
            if name == "key":
                whole = whole or site.places["imports"]
            for key in cut_and_foreign(whole):
                if key.swapcase() == whole:  # a number has no case
                    continue
                path = f"{site.path_of(before)}{key}{site.path_of(after).removeprefix('/cabinet')}"
                answer = site.owner.http.request(method, path, headers=OWN)
                assert_is_refused(answer, (page.path, key))


def test_a_key_of_another_session_says_that_the_file_is_gone(
    host: ServerProcess, stage_of_host: Stage, site: FilledSite
) -> None:
    other = member_of(host, stage_of_host, site.player.site.id)
    for upload in (IMPORTS, OF_COSTS):
        kept = site.owner.send(upload.place, files={"file": ("list.csv", upload.file)}, **upload.right)
        path = kept.headers["location"].removeprefix("/cabinet")
        for answer in (other.get(path), other.send(path), other.get(f"{path}/refused.csv")):
            assert answer.status_code == 404
            assert upload is OF_COSTS or "files are stored for an hour. Upload it again." in answer.text


def posted(form: Form) -> dict[str, str]:
    """Return what a browser sends of a form in which nobody changes anything."""
    fields = {
        each.name: each.value if not each.choices else (each.chosen or each.choices)[0]
        for each in form.fields.values()
        if each.kind != "file"
    }
    return {**fields, **dict([form.button] if form.button[0] else [])}


def carried(form: Form) -> Sequence[str]:
    """Return the names of the fields that a form carries and nobody types: hidden ones, and its button."""
    hidden = [each.name for each in form.fields.values() if each.kind == "hidden" and each.name != "form_key"]
    return [*hidden, *([form.button[0]] if form.button[0] else [])]


def forms_of(site: FilledSite) -> Iterator[tuple[str, Form]]:
    """Yield the forms of all pages, each once, with the URL to which it is sent."""
    seen = set()
    for path in [*SHOWING, *(page.path for page in PAGES if page.method == "GET" and "." not in page.path)]:
        url = site.path_of(path)
        for form in Reader(site.owner.http.get(url).text).forms:
            kind = (re.sub(r"\d+", "1", form.action), *carried(form))
            if kind not in seen and not form.action.endswith(ENDING):
                seen.add(kind)
                yield form.action or url, form


def send_forged(site: FilledSite, url: str, form: Form, forged: Sequence[str], value: str) -> httpx.Response:
    """Send a form with a value, as it stands in a body, in some fields; each of them has a second value too."""
    whole = urlencode({name: each for name, each in posted(form).items() if name not in (*forged, "form_key")})
    body = "&".join([whole, *(f"{quote(name)}={value}&{quote(name)}=second" for name in forged)])
    return site.owner.http.post(url, content=body, headers={**OWN, "content-type": URLENCODED})


def assert_is_answered(answer: httpx.Response, what: object) -> None:
    """Check that an answer is no fault, and that its headers go through a proxy."""
    assert answer.status_code < 500, (what, answer.status_code)
    assert len(answer.headers.get("location", "")) <= URL_LENGTH_MAX, what


def test_no_value_in_the_hidden_fields_of_a_form_is_a_fault(site: FilledSite) -> None:
    count = 0
    for url, form in forms_of(site):
        count += 1
        for value in drawn(FORGED):
            assert_is_answered(send_forged(site, url, form, carried(form), value), (url, value))
    assert site.owner.is_in()
    assert count >= 50


def offered(form: Form) -> Mapping[str, set[str]]:
    """Return by field what a form has that nobody types: values of choices, of hidden fields and of its button."""
    values = {each.name: set(each.choices) for each in form.fields.values() if each.choices}
    values |= {each.name: {each.value} for each in form.fields.values() if each.kind == "hidden"}
    return values | ({form.button[0]: {form.button[1]}} if form.button[0] else {})


def all_forms_of(site: FilledSite) -> Mapping[str, list[tuple[str, Form]]]:
    """Return all forms of the pages of a site, each with its URL, by their URLs without numbers and keys."""
    own = {place: name for name, place in site.places.items()}
    found: dict[str, list[tuple[str, Form]]] = {}
    for path in [*SHOWING, *(page.path for page in PAGES if page.method == "GET" and "." not in page.path)]:
        url = site.path_of(path)
        for form in Reader(site.owner.http.get(url).text).forms:
            if "{site:int}" in path and not form.action.endswith(ENDING):
                sent_to = form.action or url
                kind = "/".join(own.get(part, part) for part in sent_to.split("/"))
                found.setdefault(f"{kind} {sorted(form.fields)} {form.button[0]}", []).append((sent_to, form))
    return found


def test_no_form_takes_what_only_another_site_offers(
    host: ServerProcess, stage_of_host: Stage, site: FilledSite
) -> None:
    """Whatever a form of the neighbour offers that ours does not is sent with ours: ids, keys and digests."""
    neighbour, tried, taken = fill_site(host, stage_of_host), set(), []
    for each in (site, neighbour):
        each.owner.send("notes", day="2026-03-26", text="of one site")
        each.owner.send("settings/tokens", label="CRM")
    theirs, own = all_forms_of(neighbour), all_forms_of(site)
    ours_anywhere = {
        value for forms in own.values() for _, form in forms for each in offered(form).values() for value in each
    }
    for kind, forms in own.items():
        for (url, form), (_, their) in zip(forms, theirs.get(kind, ()), strict=False):
            ours, others = offered(form), offered(their)
            for name in ours.keys() & others.keys() - WITHOUT_ID:
                for value in sorted(others[name] - ours_anywhere)[:OFFERS_TRIED]:
                    tried.add((url.rpartition(f"/cabinet/{site.places['site']}/")[2], name))
                    answer = site.owner.http.post(url, data={**posted(form), name: value, "form_key": ""}, headers=OWN)
                    if answer.status_code not in (400, 404):
                        taken.append((url, name, value, answer.status_code, answer.headers.get("location")))
    assert not taken
    assert {name for _, name in tried} >= {"returned", "note", "token", "report", "link", "user", "digest"}


@pytest.mark.torture
def test_no_value_in_one_hidden_field_of_a_form_is_a_fault(site: FilledSite) -> None:
    for url, form in forms_of(site):
        for name in carried(form):
            for value in (*FORGED, "x" * 900_000, "1," * 400_000):
                assert_is_answered(send_forged(site, url, form, [name], value), (url, name, value[:20]))
    assert site.owner.is_in()


def test_a_field_that_leads_back_makes_no_url_that_is_too_long(host: ServerProcess, site: FilledSite) -> None:
    root = f"/cabinet/{site.player.site.id}"
    call = re.search(r'name="returned" value="([0-9]+)"', site.owner.get("leads", tab="missed").text)
    assert call is not None
    for tab in ("x" * 900_000, "ж" * 3_000):
        answer = site.owner.send("leads/missed", returned=call[1], tab=tab)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{root}/leads")
    back = site.owner.send("/language", language="en", back=f"/cabinet/{'x' * 20_000}")
    assert (back.status_code, back.headers["location"]) == (303, "/cabinet/")
    short = site.owner.send("/language", language="en", back=f"{root}/leads?q={'x' * 7_000}")
    assert short.headers["location"].endswith("x" * 7_000)
    for then, expected in (("http://[", "/cabinet/"), (f"{root}/leads?q={'x' * 20_000}", f"{root}/leads")):
        guest = Guest(host, language="en")
        answer = guest.log_in(site.owner.login, PASSWORD, then=then)
        assert answer.is_redirect, text_of(answer.text)
        assert (answer.status_code, answer.headers["location"]) == (303, expected)


@pytest.mark.parametrize(
    ("charset", "text"),
    [("utf-7", b"+2AA-"), ("unicode_escape", b"\\ud800"), ("undefined", b"x")],
)
@pytest.mark.parametrize("path", ["notes", "costs", "settings/tokens", "settings/imports", "settings/agreement"])
def test_a_form_whose_encoding_has_no_such_text_is_malformed(
    site: FilledSite, path: str, charset: str, text: bytes
) -> None:
    for name in (b"text", b"label", b"system", b"kept", b"form_key", b"form_token"):
        part = b'--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--B--\r\n' % (name, text)
        for headers in (OWN, {"accept": HTML}):  # without the headers of browsers, the token decides
            kind = {"content-type": f"multipart/form-data; boundary=B; charset={charset}"}
            answer = site.owner.http.post(
                f"/cabinet/{site.player.site.id}/{path}", content=part, headers=headers | kind
            )
            assert (answer.status_code, fault_in(answer)) == (400, MALFORMED), name


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "//", "http://evil.example"])
def test_a_form_from_an_origin_that_is_none_is_foreign(site: FilledSite, origin: str) -> None:
    sent = {"day": "2026-03-01", "text": "foreign"}
    path = f"/cabinet/{site.player.site.id}/notes"
    assert site.owner.http.post(path, data=sent, headers={"origin": origin}).status_code == 403
    own = site.owner.http.post(path, data=sent, headers={"origin": str(site.owner.http.base_url).rstrip("/")})
    assert own.is_redirect


@pytest.mark.parametrize("key", ["x", "a" * 31, "a" * 33, "ж" * 32, "a" * 31 + "=", "a" * 32 + "\n", LONE, "%00" * 32])
def test_a_key_of_a_form_that_is_not_ours_seals_nothing(stage_of_host: Stage, site: FilledSite, key: str) -> None:
    def stored() -> int:
        with stage_of_host.database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(sent_form)).scalar_one())

    before = stored()
    answers = [site.owner.send("settings/tokens", label="forged", form_key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text != answers[1].text, "without a key of ours, each form makes something"
    assert stored() == before


def test_a_script_may_request_only_the_parts_that_it_replaces(site: FilledSite) -> None:
    templates = (Path(dealtrace.cabinet.__file__).parent / "templates").rglob("*.html")
    targets = {id_ for file in templates for id_ in re.findall(r'hx-target="#([^"]+)"', file.read_text())}
    assert {target.replace("-", "_") for target in targets} == REPLACED
    for page in PAGES:
        if page.method == "GET" and "." not in page.path:
            target = "body" if "/settings" in page.path else "content"
            answer = site.owner.http.get(site.path_of(page.path), headers={"hx-target": target})
            assert answer.status_code < 500, page.path
