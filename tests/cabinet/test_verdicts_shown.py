"""The card of a deal says what happened when its lead was looked for, and points at what stands below it alone."""

from collections.abc import Mapping

import pytest

from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.deals.matchers import Matcher, MatcherKind
from engines import on_one_engine
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import by_contact, register

pytestmark = on_one_engine
UNKNOWN_CALL = {"clue": LeadClue(CallIdentity(None, "PBX-17"))}
CASES: Mapping[str, tuple[dict[str, object], str, str, str]] = {
    "an unknown call": (
        UNKNOWN_CALL,
        "The lead that the CRM identified is not in Dealtrace, and the CRM sent no phone or e-mail, so there was",
        "CRM указала лид, которого нет в Dealtrace, и не передала ни телефона, ни почты",
        "The CRM sent the identifier of a call (PBX-17) that is not in Dealtrace.",
    ),
    "an invalid phone": (
        {"clue": by_contact("12")},
        "The phone or e-mail that the CRM sent is invalid, so there was nothing to search by.",
        "CRM передала неверный телефон или почту",
        "“12” is not a valid phone or e-mail",
    ),
    "a phone of nobody": (
        {"clue": by_contact("79205550066")},
        "No lead matches: there is none with this contact. See below what was searched for.",
        "Подходящего лида нет: с этим контактом нет ни одного.",
        "No leads with this contact within 30 days.",
    ),
    "a lead too old": (
        {"clue": by_contact("79205550055")},
        "No lead matches. See below what was searched for and why the leads found do not match.",
        "Подходящего лида нет. Ниже показано, что искали",
        "no match: the lead began 1 d after the deal",
    ),
    "a matcher of a chat": (
        {"matchers": (Matcher(MatcherKind.CHAT),)},
        "No matcher found a lead. See below which matchers the CRM sent and why each of them found nothing.",
        "Ни одно условие поиска не нашло лида.",
        "Skipped: Dealtrace does not support this search",
    ),
    "a stated source": (
        {"stated_source": TrafficSource("fair")},
        "The CRM stated the source and sent neither a lead nor a contact, so there was nothing to search by.",
        "CRM назвала источник и не передала ни лида, ни контакта",
        "",
    ),
}
"""What is sent with a deal, the sentence in English and in Russian, and what the page must show below it."""


@pytest.fixture(scope="module")
def site(served: Stage) -> Player:
    """Give a site with a call a day after the deals."""
    player = served.open_site(contact_matching=True)
    served.call(player, moscow("2018-03-27", "12:00:00"), phone="79205550055")
    return player


def card(guest: Guest, deal: int) -> str:
    return text_of(guest.get(f"deals/{deal}").text)


@pytest.mark.parametrize("case", CASES)
def test_a_card_says_what_was_searched_and_shows_it(
    server: ServerProcess, served: Stage, site: Player, case: str
) -> None:
    fields, english, russian, below = CASES[case]
    deal = register(served, site, case, **fields)
    words = card(member_of(server, served, site.site.id, Role.ANALYST), deal)
    assert english in words
    assert below in words.partition(english)[2]
    assert words.count("See below") == english.count("See below")
    assert russian in card(member_of(server, served, site.site.id, Role.ANALYST, language="ru"), deal)


CURE = "Leads are found if the CRM sends a lead, or the client’s phone or e-mail; the person who set up the CRM can"


@pytest.mark.parametrize(
    ("case", "is_cured"), [("an unknown call", True), ("an invalid phone", True), ("a phone of nobody", False)]
)
def test_a_deal_without_a_lead_says_who_can_cure_that_in_the_crm(
    server: ServerProcess, served: Stage, case: str, is_cured: bool
) -> None:
    site = served.open_site(contact_matching=True)
    deal = register(served, site, "1", **CASES[case][0])
    analyst = member_of(server, served, site.site.id, Role.ANALYST)
    assert (CURE in card(analyst, deal)) == is_cured
    days = {"from": "2018-03-01", "to": "2018-03-31"}
    overview = analyst.get("", **days).text.partition("<h2>Unmatched deals by reason")[2]
    assert overview != ""
    assert (CURE in overview) == is_cured
    assert (f'href="/docs/methods/register?site={site.site.id}"' in overview) == is_cured


def test_a_deal_that_a_person_left_without_a_lead_has_no_pinned_one(
    server: ServerProcess, served: Stage, site: Player
) -> None:
    analyst = member_of(server, served, site.site.id, Role.ANALYST)
    deal = register(served, site, "alone", clue=by_contact("79205550055"))
    words = text_of(analyst.post(f"deals/{deal}", act="pin", lead="none").text)
    assert "A person left the deal without a lead. Leads that arrive later do not change that." in words
    assert "The lead was pinned" not in words
