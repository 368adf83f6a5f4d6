"""The mail server that sends our e-mails, and the parser of the URL that configures it."""

from enum import Enum, auto
from urllib.parse import unquote, urlsplit

from dealtrace.record import record

MAIL_URL_CURE = "use smtps://user:password@host, smtp+starttls://user:password@host or smtp://host"


class MailSecurity(Enum):
    """How the connection to the mail server is encrypted: not at all, by TLS from the start, or by STARTTLS."""

    NONE = auto()
    TLS = auto()
    STARTTLS = auto()


@record
class MailServer:
    """The mail server that sends our e-mails; an empty `user` means no login."""

    host: str
    port: int
    security: MailSecurity
    user: str = ""
    password: str = ""


_SCHEMES = {
    "smtp": (MailSecurity.NONE, 25),
    "smtps": (MailSecurity.TLS, 465),
    "smtp+starttls": (MailSecurity.STARTTLS, 587),
}
"""The encryption and the usual port of each URL scheme."""


def parse_mail_server(url: str) -> MailServer:
    """Parse the URL of a mail server, such as `smtps://user:password@host`.

    Raises:
        ValueError: the URL is not that of a mail server; the message explains what to write.
    """
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError as fault:
        raise ValueError(MAIL_URL_CURE) from fault
    is_bare = parts.path in ("", "/") and not parts.query and not parts.fragment
    if not (is_sound and is_bare):
        raise ValueError(MAIL_URL_CURE)
    security, port = _SCHEMES[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname or "", parts.port or port, security, user, password)
