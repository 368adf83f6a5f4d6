"""E-mail subscriptions of addresses that belong to no user, and the signed links that end the subscriptions."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum

from dealtrace.mails.recipient import ADDRESS_LENGTH_MAX
from dealtrace.record import record

LINK_KEY_LENGTH_MAX = 2 * ADDRESS_LENGTH_MAX + 100
_APART = "."


class MailList(StrEnum):
    """The source of a subscriber's e-mails: a scheduled report or an alert rule."""

    REPORT = "report"
    ALERT = "alert"


@record
class Subscription:
    """An address that belongs to no user, and the report or alert rule whose e-mails are sent to it."""

    site_id: int
    list: MailList
    list_id: int
    address: str

    @property
    def folded_address(self) -> str:
        """Return the address casefolded, in the form in which it is stored after unsubscribing."""
        return self.address.casefold()


def link_key(subscription: Subscription, key: bytes) -> str:
    """Return the last part, signed with `key`, of the link that ends a subscription; the installation has one key."""
    address = urlsafe_b64encode(subscription.address.encode()).decode().rstrip("=")
    stated = _APART.join((str(subscription.site_id), subscription.list, str(subscription.list_id), address))
    return f"{stated}{_APART}{_signature(stated, key)}"


def parse_link_key(text: str, key: bytes) -> Subscription | None:
    """Return the subscription in the last part of a link, or `None` if that part was not signed with `key`."""
    stated, _, signature = text.rpartition(_APART)
    if len(text) > LINK_KEY_LENGTH_MAX or not text.isascii():
        return None
    if not hmac.compare_digest(signature, _signature(stated, key)):
        return None
    site_id, mail_list, list_id, address = stated.split(_APART)
    padded = address + "=" * (-len(address) % 4)
    return Subscription(int(site_id), MailList(mail_list), int(list_id), urlsafe_b64decode(padded).decode())


def _signature(stated: str, key: bytes) -> str:
    digest = hmac.digest(key, stated.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
