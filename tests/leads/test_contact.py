"""Phones and e-mails as they were written, beside the form in which they are compared."""

from dealtrace.leads.contact import StatedContact, stated_email, stated_phone


def test_it_keeps_what_was_written_beside_the_normal_form() -> None:
    assert stated_phone("8 (920) 555-00-55") == StatedContact("8 (920) 555-00-55", "79205550055")
    assert stated_phone("нет") == StatedContact("нет", None)
    assert stated_email(" Ivan@Example.org") == StatedContact(" Ivan@Example.org", "ivan@example.org")
    assert stated_email("нет") == StatedContact("нет", None)


def test_of_several_contacts_the_first_that_can_be_compared_counts() -> None:
    assert stated_phone("3080100, 89205550055, 89205550066").normal == "79205550055"
    assert stated_email("нет; ivan@example.org; olga@example.org").normal == "ivan@example.org"
