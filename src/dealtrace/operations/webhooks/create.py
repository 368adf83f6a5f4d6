"""Create webhooks."""

import base64
import secrets
from ipaddress import IPv6Address

from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookId
from dealtrace.attribution.host_names import is_host_name
from dealtrace.attribution.urls import split_web_url
from dealtrace.errors import InvalidSetting, WebhookNotFound
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.webhooks.manage import BY_HAND, record_state
from dealtrace.operations.work import AccountWork, takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts import revision
from dealtrace.storage.webhooks import webhooks
from dealtrace.webhooks.http_request import SECRET_PREFIX

SECRET_BYTES = 32
URL_LENGTH_MAX = 2000
WEBHOOKS_MAX = 50
"""The maximum number of webhooks of a site; each webhook needs a row for every event that it receives."""


@record
class NewWebhook:
    """The events that a webhook receives, its URL and format, and the fields that it sends (all if empty).

    With `is_paused`, nothing is sent until a person resumes the webhook.
    """

    site_id: int
    url: str
    events: frozenset[EventKind]
    style: BodyStyle
    fields: tuple[str, ...] = ()
    is_paused: bool = False


@takes_ids(1)
def create_webhook(work: AccountWork, new: NewWebhook, *, restored_id: int | None = None) -> Webhook:
    """Create a webhook with its own secret; running servers use it within two seconds.

    A deleted webhook that is restored gets its earlier id, `restored_id`, again, so that it cannot be restored twice.

    Raises:
        SiteNotFound: there is no such site.
        WebhookNotFound: a webhook with the id `restored_id` exists already.
        InvalidSetting: the URL is not valid, or the site has too many webhooks.
    """
    require_site(work.connection, new.site_id)
    if len(webhooks.list_webhooks(work.connection, new.site_id)) >= WEBHOOKS_MAX:
        raise InvalidSetting(
            key="webhook",
            ru=f"у сайта уже {WEBHOOKS_MAX} вебхуков: удалите ненужный вебхук",
            en=f"the site already has {WEBHOOKS_MAX} webhooks; delete one first",
        )
    if restored_id is not None and webhooks.find_webhook(work.connection, restored_id) is not None:
        raise WebhookNotFound(webhook_id=restored_id)
    webhook = Webhook(
        id=WebhookId(restored_id if restored_id is not None else work.ids.take()),
        site_id=new.site_id,
        url=check_url(new.url),
        events=new.events,
        style=new.style,
        secret=new_secret(),
        created_at=work.now,
        fields=new.fields,
        paused_at=work.now if new.is_paused else None,
        pause_reason=BY_HAND if new.is_paused else None,
    )
    webhooks.insert_webhook(work.connection, webhook)
    record_state(work, webhook, after=webhook.recorded_state)
    revision.raise_revision(work.connection)
    return webhook


def new_secret() -> str:
    """Return a random secret for signing messages, in the form of Standard Webhooks."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_url(url: str) -> str:
    """Return the URL of a webhook's receiver unchanged if it is valid.

    Raises:
        InvalidSetting: the URL is not valid.
    """
    parts = split_web_url(url)
    is_one_word = url.isascii() and url.isprintable() and " " not in url and len(url) <= URL_LENGTH_MAX
    if parts is None or parts.hostname is None or "#" in url or "@" in parts.netloc or not is_one_word:
        raise InvalidSetting(
            key="url",
            ru=f"ожидается адрес вида https://host/path латиницей, без # и user@, до {URL_LENGTH_MAX} символов",
            en=f"https://host/path is expected, in ASCII, without # and user@, {URL_LENGTH_MAX} characters at most",
        )
    host = parts.hostname
    if not _is_host(host, is_bracketed="[" in parts.netloc):
        raise InvalidSetting(
            key="url",
            ru=f"{host} не может быть доменом, проверьте написание (кириллицу пишите в виде xn--…, IPv4 — 192.0.2.7)",
            en=f"{host} cannot be the name of a host; check its spelling (other alphabets as xn--…, IPv4 as 192.0.2.7)",
        )
    return url


def _is_host(host: str, *, is_bracketed: bool) -> bool:
    """Return whether a host is well-formed: an IP address, or a name of valid labels; the name is not looked up."""
    if is_bracketed:
        return _is_ipv6(host)
    return is_host_name(host)


def _is_ipv6(host: str) -> bool:
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False
