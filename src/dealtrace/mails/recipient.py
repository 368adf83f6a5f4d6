"""Recipients of a site's e-mails: parse, check and format lists of e-mail addresses."""

import re
from collections.abc import Iterable, Mapping

from dealtrace.attribution.host_names import DOMAIN_LABEL
from dealtrace.errors import LANGUAGES, InvalidSetting, Language
from dealtrace.record import record

ADDRESS_LENGTH_MAX = 254
RECIPIENTS_MAX = 20
"""Ours: the maximum number of recipients of an alert or a scheduled report.

A larger group can use the address of a mailing list.
"""
_APART = re.compile(r"[\n,;]+")
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@)(?!.*=\?){_ATOM}(?:\.{_ATOM})*@(?:{DOMAIN_LABEL}\.)+{DOMAIN_LABEL}",
)
"""Ours: only addresses without quotes are accepted, so that no address can break a header of an e-mail. Addresses with
`=?` are refused, because mail programs decode what follows. Dots may stand only between other characters (RFC 5322)."""


@record
class Recipient:
    """A recipient: an address and a language; `user_id` is set if the address is the login of a user."""

    address: str
    language: Language = "ru"
    user_id: int | None = None


def is_address(text: str) -> bool:
    """Return whether a string is an e-mail address in ASCII; international domains must be in the form `xn--…`."""
    return len(text) <= ADDRESS_LENGTH_MAX and _ADDRESS.fullmatch(text) is not None


def parse_recipients(text: str, usual: Language) -> tuple[Recipient, ...]:
    """Parse recipients, such as `a@example.org en, b@example.org`, without duplicates.

    Separators are commas, semicolons and line breaks. `usual` is the language of addresses that are written without a
    language.

    Raises:
        InvalidSetting: a part of the list is not an address, or there are too many addresses.
    """
    found: dict[str, Recipient] = {}
    for part in _APART.split(text):
        address, _, language = part.strip().partition(" ")
        if not address:
            continue
        if not is_address(address) or language.strip() not in ("", *LANGUAGES):
            raise InvalidSetting(
                key="recipients",
                ru=f"«{part.strip()}» — не адрес почты; нужно, например: a@example.org или a@example.org en",
                en=f"“{part.strip()}” is not an e-mail address; write, for example, “a@example.org”, "
                "or “a@example.org en” for e-mails in English",
            )
        chosen: Language = "en" if "en" in (language.strip() or usual) else "ru"
        found.setdefault(address.casefold(), Recipient(address, chosen))
    return checked_recipients(found.values())


def chosen_recipients(
    text: str, logins: Mapping[int, str], usual: Language, before: Iterable[Recipient] = ()
) -> tuple[Recipient, ...]:
    """Return the recipients entered in a form: the addresses, which are entered as a string, and the chosen users.

    `logins` has the addresses of the chosen users by user id. `before` has the recipients before the change; users
    among them keep the language of their e-mails. `usual` is the language of all other users, and of addresses that
    are written without a language.

    Raises:
        InvalidSetting: an address is invalid, or there are too many addresses.
    """
    languages = {each.user_id: each.language for each in before if each.user_id is not None}
    users = [Recipient(login, languages.get(user_id, usual), user_id) for user_id, login in logins.items()]
    return checked_recipients([*parse_recipients(text, usual), *users])


def checked_recipients(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Return recipients without duplicates; of several recipients with the same address, the last is kept.

    Raises:
        InvalidSetting: there are too many recipients.
    """
    by_address = {recipient.address.casefold(): recipient for recipient in recipients}
    if len(by_address) > RECIPIENTS_MAX:
        raise InvalidSetting(
            key="recipients",
            ru=f"не больше {RECIPIENTS_MAX} адресов",
            en=f"at most {RECIPIENTS_MAX} addresses are allowed",
        )
    return tuple(by_address.values())


def format_recipients(recipients: Iterable[Recipient]) -> str:
    """Format recipients for `parse_recipients`, one per line: `a@example.org en`."""
    return "\n".join(f"{recipient.address} {recipient.language}" for recipient in recipients)


def recipients_changed(before: Iterable[Recipient], after: Iterable[Recipient]) -> tuple[str, str]:
    """Return the addresses that are only in `before`, and those that are only in `after`, as comma-separated lists."""
    was, became = ({each.address: None for each in recipients} for recipients in (before, after))
    gone, new = (each for each in was if each not in became), (each for each in became if each not in was)
    return ", ".join(gone), ", ".join(new)
