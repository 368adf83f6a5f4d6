"""What a CRM knows of the lead behind a deal."""

from datetime import timedelta

from dealtrace.deals.lead_clue import LINK_THRESHOLD_DEFAULT, NO_CLUE, CallIdentity, LeadClue, SearchContacts


def test_a_contact_reaches_two_hours_and_any_kind_of_lead_unless_stated() -> None:
    """Vendor: «по умолчанию погрешность будет равна 7200 сек (2 часа)»."""
    clue = SearchContacts(None, None)
    assert (clue.link_threshold, clue.only_kind) == (LINK_THRESHOLD_DEFAULT, None)
    assert timedelta(seconds=7200) == LINK_THRESHOLD_DEFAULT


def test_clues_that_say_the_same_are_the_same() -> None:
    assert LeadClue() == NO_CLUE
    assert LeadClue(CallIdentity(1, None)) == LeadClue(CallIdentity(1, None)) != LeadClue(CallIdentity(None, "1"))
