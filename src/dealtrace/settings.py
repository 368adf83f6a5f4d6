"""Every setting of the server: its environment variable, default, unit and meaning."""

import re
from functools import cache
from ipaddress import ip_network
from tomllib import TOMLDecodeError
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from dealtrace.mails.mail_server import MAIL_URL_CURE, MailSecurity, MailServer, parse_mail_server
from dealtrace.mails.recipient import is_address
from dealtrace.nearest_name import nearest_name, suggestion
from dealtrace.quota.points import POINTS_MAX
from dealtrace.record import record
from dealtrace.stated_settings import ENV_FILE as ENV_FILE
from dealtrace.stated_settings import ENVIRONMENT_PREFIX as ENVIRONMENT_PREFIX
from dealtrace.stated_settings import TOML_FILE as TOML_FILE
from dealtrace.stated_settings import UnreadLine as UnreadLine
from dealtrace.stated_settings import (
    list_unread_lines,
    read_env_file,
    read_environment,
    read_stated,
    read_toml_file,
)
from dealtrace.whole_number import ID_MAX

_OWN_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
OTHER_VARIABLES = frozenset({"new_password", "starts_folder"})
"""Environment variables with our prefix that are read but are not settings: in lower case, without prefix."""


_PUBLIC_URL_CURE = "use https://host or http://host:port, as people enter it in the browser"
_REDIS_URL_CURE = "use redis://host:port or rediss://host:port, for Valkey as well"
_POSTGRESQL = ("postgresql", "postgresql+psycopg")


class Settings(BaseModel):
    """The immutable settings of the server.

    Arguments take precedence over the environment, the environment over `.env`, and `.env` over `dealtrace.toml`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def __init__(self, **given: object) -> None:
        super().__init__(**{**read_stated(), **given})

    database_url: str = Field(
        "sqlite:///dealtrace.db",
        description="The database: `sqlite:///path` or `postgresql://user:password@host/name`.",
    )
    read_database_url: str = Field(
        "",
        description="A PostgreSQL replica to read from; empty: the database itself.",
    )
    prepared_statements: bool = Field(
        default=True,
        description="Use prepared statements on PostgreSQL; turn off for PgBouncer before 1.21 in transaction mode.",
    )
    host: str = Field("127.0.0.1", description="The IP address or host name to listen on; `0.0.0.0` for all addresses.")
    port: int = Field(8000, ge=1, le=65535, description="The TCP port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Server processes; more than 1 needs PostgreSQL.")
    connections_max: int = Field(
        4096,
        ge=16,
        le=1_000_000,
        description="Maximum open connections per process; more wait. A low limit on open files reduces the maximum.",
    )
    http2: bool = Field(
        default=False,
        description="Serve HTTP/2 too; idle connections are then never closed, so use it only behind a proxy.",
    )
    public_url: str = Field(
        "", description="The URL at which people open the server, for links; empty: made of host and port."
    )
    rate_per_second: int = Field(
        5, ge=0, le=1_000_000, description="Requests per second from one IP address; 0: no limit."
    )
    exchange_rate_per_second: int = Field(
        50, ge=0, le=1_000_000, description="`inbound-call` requests per second from one IP address; 0: no limit."
    )
    form_rate_per_minute: int = Field(
        60, ge=0, le=1_000_000, description="Tokenless lead requests per minute from one IP address; 0: no limit."
    )
    form_site_rate_per_minute: int = Field(
        600, ge=0, le=1_000_000, description="Tokenless lead requests per minute for one site; 0: no limit."
    )
    visit_rate_per_minute: int = Field(
        600,
        ge=0,
        le=1_000_000,
        description="Requests per minute to the visit counter from one IP address; 0: no limit.",
    )
    visit_site_rate_per_minute: int = Field(
        6000, ge=0, le=1_000_000, description="Requests per minute to the visit counter for one site; 0: no limit."
    )
    cabinet_rate_per_minute: int = Field(
        30,
        ge=0,
        le=1_000_000,
        description="Attempts per minute to log in or to use a one-time link, by IP address and by login; 0: no limit.",
    )
    requests_kept_days: int = Field(
        14,
        ge=0,
        le=3650,
        description="Days that the journal of API requests is kept; 0: requests are not journalled.",
    )
    backup_days_max: int = Field(
        7,
        ge=0,
        le=3650,
        description="Days after which the last `dealtrace backup` counts as too old; 0: never.",
    )
    city_database: str = Field(
        "", description="An MMDB file with the cities of IP addresses, such as GeoLite2-City.mmdb; empty: no cities."
    )
    points_per_day: int = Field(
        0,
        ge=0,
        le=POINTS_MAX,
        description="API points of a new site per day; 0: no limit, but points are still counted.",
    )
    redis_url: str = Field(
        "", description="Redis or Valkey for rate limits shared by several processes; empty: each process has its own."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Proxies whose `X-Forwarded-*` headers are trusted: IP addresses or networks, comma-separated."
    )
    webhook_private_targets: tuple[str, ...] = Field(
        (), description="Private IP addresses or networks, comma-separated, that webhooks may be sent to."
    )
    scribe_queue_max: int = Field(
        10_000, ge=1, le=1_000_000, description="Writes that may wait at once; further writes are answered with 503."
    )
    scribe_batch_max: int = Field(256, ge=1, le=1000, description="Maximum number of writes in one commit.")
    reader_threads: int = Field(4, ge=1, le=64, description="Threads that read from the database, per process.")
    body_bytes_max: int = Field(
        1_048_576,
        ge=1024,
        le=1_073_741_824,
        description="Maximum size of a request body in bytes; larger bodies are answered with 413.",
    )
    storage_patience_seconds: int = Field(
        30,
        ge=0,
        le=3600,
        description="Seconds that a write waits for a database that is unavailable or locked before the answer is 503.",
    )
    mirror_memory: int = Field(
        1024,
        ge=0,
        le=1_048_576,
        description="Memory in MiB for the column mirror, a DuckDB copy of SQLite; 0: no mirror, slow reports.",
    )
    smtp_url: str = Field(
        "",
        description="The mail server: `smtps://user:password@host`, `smtp+starttls://…` or `smtp://host`; "
        "empty: no e-mails.",
    )
    mail_from: str = Field(
        "",
        validate_default=True,
        description="The e-mail address of the sender; empty: the user name in `DEALTRACE_SMTP_URL`, "
        "if this name is an e-mail address.",
    )
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="The lowest level that is logged."
    )

    @property
    def url(self) -> str:
        """The URL at which people open the server, without a trailing slash."""
        return self.public_url.rstrip("/") or self.own_url

    @property
    def own_url(self) -> str:
        """The `http://` URL made of `host` and `port`."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    @property
    def is_plain_http_to_others(self) -> bool:
        """Whether these settings let people on other machines log in over plain HTTP."""
        if self.public_url.lower().startswith("https://"):
            return False
        return not {self.host, urlsplit(self.public_url).hostname or self.host} <= _OWN_HOSTS

    @property
    def mail_server(self) -> MailServer | None:
        """The mail server, or `None` if no e-mails are sent."""
        return parse_mail_server(self.smtp_url) if self.smtp_url else None

    @property
    def mail_sender(self) -> str:
        """The address that e-mails are sent from: `mail_from` or, if it is empty, the user in `smtp_url`."""
        server = self.mail_server
        return self.mail_from or (server.user if server is not None else "")

    @field_validator("public_url")
    @classmethod
    def _known_public_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError as fault:
            raise ValueError(_PUBLIC_URL_CURE) from fault
        if value and (not is_sound or "@" in parts.netloc or re.search(r"[\s?#]", value)):
            raise ValueError(_PUBLIC_URL_CURE)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _known_mail_server(cls, value: str) -> str:
        if not value:
            return value
        server = parse_mail_server(value)
        if server.password and server.security is MailSecurity.NONE and server.host not in _OWN_HOSTS:
            raise ValueError(f"the password would be sent unencrypted; {MAIL_URL_CURE}")
        return value

    @field_validator("mail_from")
    @classmethod
    def _known_sender(cls, value: str, info: ValidationInfo) -> str:
        url = info.data.get("smtp_url", "")
        sender = value or (parse_mail_server(url).user if url else "")
        if (value or url) and not is_address(sender):
            raise ValueError("set the address that sends the e-mails, such as reports@example.org")
        return value

    @field_validator("trusted_proxies", "webhook_private_targets", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        parts = value if isinstance(value, list | tuple) else str(value).split(",")
        try:
            return tuple(str(ip_network(str(part).strip(), strict=False)) for part in parts if str(part).strip())
        except ValueError as fault:
            raise ValueError(
                f"{fault}; use IP addresses or networks separated by commas, such as 10.0.0.5,192.168.0.0/16"
            ) from fault

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        cure = "use sqlite:///path or postgresql://user:password@host/name"
        if _database_name(value, "sqlite", *_POSTGRESQL, cure=cure) in ("", ":memory:") and value.startswith("sqlite:"):
            raise ValueError(f"a database in memory cannot be shared or kept; {cure}")
        return value

    @field_validator("read_database_url")
    @classmethod
    def _known_replica(cls, value: str) -> str:
        if value:
            _database_name(value, *_POSTGRESQL, cure="use postgresql://user:password@host/name")
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_storage(cls, value: str) -> str:
        if value:
            try:
                parts = urlsplit(value)
                is_sound = parts.scheme == "redis+unix" or (parts.scheme in ("redis", "rediss") and parts.port != 0)
            except ValueError as fault:
                raise ValueError(_REDIS_URL_CURE) from fault
            if not is_sound:
                raise ValueError(_REDIS_URL_CURE)
        return value


def _database_name(value: str, *drivers: str, cure: str) -> str:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError) as fault:
        raise ValueError(cure) from fault
    if "@" in (url.host or ""):  # the end of the password would be shown as the host
        raise ValueError(f"write an @ in the password as %40; {cure}")
    if url.drivername not in drivers:
        raise ValueError(cure)
    return url.database or ""


class InvalidSettings(Exception):  # noqa: N818 - the name says what is wrong
    """The settings are invalid; the message has one line per invalid variable."""


@cache
def read_settings() -> Settings:
    """Return the settings of this process, which are read on the first call.

    Raises:
        InvalidSettings: the message has one line per invalid variable.
    """
    try:
        _check_encoding()
        return Settings()
    except TOMLDecodeError as fault:
        raise InvalidSettings(f"{TOML_FILE}: {fault}") from fault
    except ValidationError as fault:
        lines = (
            f"{ENVIRONMENT_PREFIX}{'_'.join(map(str, error['loc'])).upper()}: {_explain(error)}"
            for error in fault.errors()
        )
        raise InvalidSettings("\n".join(lines)) from fault


@record
class UnknownVariable:
    """A setting that does not exist: where it was found, its name there, and the most similar known name, if any."""

    place: str
    name: str
    nearest: str | None

    def __str__(self) -> str:
        """Return the message, with a suggestion if a known name is similar."""
        _, meant = suggestion(self.nearest)
        return f"Unknown setting {self.name} in {self.place}: it has no effect.{meant}"


def list_unknown_settings() -> list[UnknownVariable | UnreadLine]:
    """List settings that have no effect: unknown names, and lines of `.env` without a value.

    The environment, `.env` and `dealtrace.toml` are searched.
    """
    known = Settings.model_fields
    variables = {f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in known}
    unknown: list[UnknownVariable | UnreadLine] = []
    for place, stated in (("the environment", read_environment()), (str(ENV_FILE), read_env_file())):
        for bare in sorted(set(stated) - set(known) - OTHER_VARIABLES):
            name = f"{ENVIRONMENT_PREFIX}{bare.upper()}"
            unknown.append(UnknownVariable(place, name, nearest_name(name, variables)))
    in_toml = sorted(set(read_toml_file()) - set(known))
    unknown += list_unread_lines()
    return [*unknown, *(UnknownVariable(str(TOML_FILE), name, nearest_name(name, known)) for name in in_toml)]


def _explain(error: ErrorDetails) -> str:
    """Return a message that says which values a setting accepts."""
    field = Settings.model_fields.get(str(error["loc"][0])) if error["loc"] else None
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if field is not None and field.annotation is bool:
        return "true or false is expected"
    if field is not None and field.annotation is int:
        bounds = {
            name: getattr(limit, name) for limit in field.metadata for name in ("ge", "le") if hasattr(limit, name)
        }
        return f"a whole number from {bounds.get('ge', 0)} to {bounds.get('le', ID_MAX)} is expected"
    if error["type"] == "string_pattern_mismatch":
        return f"must be one of {error['ctx']['pattern'].strip('^$()').replace('|', ', ')}"
    if error["type"] == "string_type":
        return "a string in quotes is expected"
    return error["msg"]


def _check_encoding() -> None:
    """Check that `.env` and `dealtrace.toml` are UTF-8; an editor may save, say, Russian comments in Windows-1251.

    Raises:
        InvalidSettings: a file has another encoding.
    """
    for file in (ENV_FILE, TOML_FILE):
        try:
            file.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError as fault:
            raise InvalidSettings(f"{file}: save it as UTF-8 ({fault.reason})") from fault
