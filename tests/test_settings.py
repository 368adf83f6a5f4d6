"""Every setting: its variable, its default, where it may come from, and what is said of a bad one."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dealtrace.mails.mail_server import MailSecurity, MailServer
from dealtrace.settings import (
    ENVIRONMENT_PREFIX,
    InvalidSettings,
    Settings,
    UnknownVariable,
    list_unknown_settings,
    read_settings,
)

IN_MEMORY = "a database in memory cannot be shared or kept"
ENGINES = "use sqlite:///path or postgresql://user:password@host/name"

DEFAULTS = {
    "DEALTRACE_DATABASE_URL": "sqlite:///dealtrace.db",
    "DEALTRACE_READ_DATABASE_URL": "",
    "DEALTRACE_PREPARED_STATEMENTS": True,
    "DEALTRACE_HOST": "127.0.0.1",
    "DEALTRACE_PORT": 8000,
    "DEALTRACE_WORKERS": 1,
    "DEALTRACE_CONNECTIONS_MAX": 4096,
    "DEALTRACE_HTTP2": False,
    "DEALTRACE_PUBLIC_URL": "",
    "DEALTRACE_RATE_PER_SECOND": 5,
    "DEALTRACE_EXCHANGE_RATE_PER_SECOND": 50,
    "DEALTRACE_FORM_RATE_PER_MINUTE": 60,
    "DEALTRACE_FORM_SITE_RATE_PER_MINUTE": 600,
    "DEALTRACE_VISIT_RATE_PER_MINUTE": 600,
    "DEALTRACE_VISIT_SITE_RATE_PER_MINUTE": 6000,
    "DEALTRACE_CABINET_RATE_PER_MINUTE": 30,
    "DEALTRACE_REQUESTS_KEPT_DAYS": 14,
    "DEALTRACE_BACKUP_DAYS_MAX": 7,
    "DEALTRACE_CITY_DATABASE": "",
    "DEALTRACE_POINTS_PER_DAY": 0,
    "DEALTRACE_REDIS_URL": "",
    "DEALTRACE_TRUSTED_PROXIES": (),
    "DEALTRACE_WEBHOOK_PRIVATE_TARGETS": (),
    "DEALTRACE_SCRIBE_QUEUE_MAX": 10_000,
    "DEALTRACE_SCRIBE_BATCH_MAX": 256,
    "DEALTRACE_MIRROR_MEMORY": 1024,
    "DEALTRACE_READER_THREADS": 4,
    "DEALTRACE_BODY_BYTES_MAX": 1_048_576,
    "DEALTRACE_STORAGE_PATIENCE_SECONDS": 30,
    "DEALTRACE_SMTP_URL": "",
    "DEALTRACE_MAIL_FROM": "",
    "DEALTRACE_LOG_LEVEL": "INFO",
}
SAID = [
    ("database_url", "postgresql://u:p@db/deals", "postgresql://u:p@db/deals"),
    ("read_database_url", "postgresql://u:p@replica/deals", "postgresql://u:p@replica/deals"),
    ("prepared_statements", "off", False),
    ("prepared_statements", "0", False),
    ("host", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - read, not listened on
    ("port", "80", 80),
    ("workers", "4", 4),
    ("connections_max", "100", 100),
    ("http2", "on", True),
    ("public_url", "https://deals.example.org", "https://deals.example.org"),
    ("rate_per_second", "0", 0),
    ("exchange_rate_per_second", "9", 9),
    ("form_rate_per_minute", "9", 9),
    ("form_site_rate_per_minute", "9", 9),
    ("visit_rate_per_minute", "9", 9),
    ("visit_site_rate_per_minute", "9", 9),
    ("cabinet_rate_per_minute", "9", 9),
    ("requests_kept_days", "0", 0),
    ("backup_days_max", "0", 0),
    ("city_database", "cities.mmdb", "cities.mmdb"),
    ("points_per_day", "1000", 1000),
    ("redis_url", "redis://cache:6379/0", "redis://cache:6379/0"),
    ("trusted_proxies", "10.0.0.0/8", ("10.0.0.0/8",)),
    ("webhook_private_targets", "10.1.2.3,fd00::/8", ("10.1.2.3/32", "fd00::/8")),
    ("scribe_queue_max", "1", 1),
    ("scribe_batch_max", "1", 1),
    ("mirror_memory", "0", 0),
    ("reader_threads", "2", 2),
    ("body_bytes_max", "2048", 2048),
    ("storage_patience_seconds", "0", 0),
    ("smtp_url", "smtp://reports%40example.org@localhost", "smtp://reports%40example.org@localhost"),
    ("mail_from", "reports@example.org", "reports@example.org"),
    ("log_level", "DEBUG", "DEBUG"),
]
BOUNDS = [
    ("port", 1, 65535),
    ("workers", 1, 64),
    ("connections_max", 16, 1_000_000),
    ("rate_per_second", 0, 1_000_000),
    ("exchange_rate_per_second", 0, 1_000_000),
    ("form_rate_per_minute", 0, 1_000_000),
    ("form_site_rate_per_minute", 0, 1_000_000),
    ("visit_rate_per_minute", 0, 1_000_000),
    ("visit_site_rate_per_minute", 0, 1_000_000),
    ("cabinet_rate_per_minute", 0, 1_000_000),
    ("requests_kept_days", 0, 3650),
    ("backup_days_max", 0, 3650),
    ("points_per_day", 0, 2**53),
    ("scribe_queue_max", 1, 1_000_000),
    ("scribe_batch_max", 1, 1000),
    ("mirror_memory", 0, 1_048_576),
    ("reader_threads", 1, 64),
    ("body_bytes_max", 1024, 1024**3),
    ("storage_patience_seconds", 0, 3600),
]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Start in an empty folder with nothing in the environment; let the next test read afresh."""
    for name in list(os.environ):
        if name.upper().startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    read_settings.cache_clear()
    yield
    read_settings.cache_clear()


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def faults() -> list[str]:
    read_settings.cache_clear()
    with pytest.raises(InvalidSettings) as caught:
        read_settings()
    return str(caught.value).splitlines()


def variable(name: str) -> str:
    return f"{ENVIRONMENT_PREFIX}{name.upper()}"


def test_nothing_set_gives_the_defaults() -> None:
    assert {variable(name): value for name, value in read_settings()} == DEFAULTS


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_means(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")


@pytest.mark.parametrize(("name", "text", "value"), SAID)
def test_each_is_read_from_its_variable(env: pytest.MonkeyPatch, name: str, text: str, value: Any) -> None:
    env.setenv(variable(name), text)
    assert getattr(read_settings(), name) == value


def test_each_has_been_read_from_its_variable() -> None:
    assert {name for name, _, _ in SAID} == set(Settings.model_fields)


@pytest.mark.parametrize(
    ("host", "public_url", "is_plain_http"),
    [
        ("127.0.0.1", "", False),
        ("0.0.0.0", "", True),  # noqa: S104 - read, not listened on
        ("0.0.0.0", "https://deals.example.org", False),  # noqa: S104 - read, not listened on
        ("127.0.0.1", "https://deals.example.org", False),
        ("127.0.0.1", "http://deals.example.org:8080/", True),
        ("::1", "http://Localhost:8000", False),
        ("::1", "http://[::1]:8000/", False),
        ("0.0.0.0", "http://localhost", True),  # noqa: S104 - read, not listened on
    ],
)
def test_plain_http_to_others_is_noticed_by_host_and_public_url(
    host: str, public_url: str, *, is_plain_http: bool
) -> None:
    assert Settings(host=host, public_url=public_url).is_plain_http_to_others is is_plain_http


@pytest.mark.parametrize(("name", "least", "most"), BOUNDS)
def test_a_number_is_bounded(env: pytest.MonkeyPatch, name: str, least: int, most: int) -> None:
    for text in (str(least), str(most)):
        env.setenv(variable(name), text)
        read_settings.cache_clear()
        assert getattr(read_settings(), name) == int(text)
    for text in (str(least - 1), str(most + 1), "", "many", "1.5"):
        env.setenv(variable(name), text)
        (fault,) = faults()
        assert fault.startswith(f"{variable(name)}: ")


def test_every_number_has_bounds() -> None:
    assert {name for name, _, _ in BOUNDS} == {
        name for name, item in Settings.model_fields.items() if item.annotation is int
    }


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", ()),
        (" , ", ()),
        ("127.0.0.1", ("127.0.0.1/32",)),
        ("10.1.2.3/8,192.168.0.0/16", ("10.0.0.0/8", "192.168.0.0/16")),
        (" ::1 , 2001:db8::/32, ", ("::1/128", "2001:db8::/32")),
    ],
)
def test_proxies_are_addresses_or_networks_between_commas(
    env: pytest.MonkeyPatch, text: str, networks: tuple[str, ...]
) -> None:
    env.setenv("DEALTRACE_TRUSTED_PROXIES", text)
    assert read_settings().trusted_proxies == networks


@pytest.mark.parametrize("text", ["*", "proxy.example.org", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "10.0.0.1, all"])
def test_a_proxy_that_is_no_address_is_refused(env: pytest.MonkeyPatch, text: str) -> None:
    env.setenv("DEALTRACE_TRUSTED_PROXIES", text)
    (fault,) = faults()
    assert fault.startswith("DEALTRACE_TRUSTED_PROXIES: ")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///dealtrace.db",
        "sqlite:////var/lib/dealtrace/dealtrace.db",
        "postgresql://user:password@host/name",
        "postgresql+psycopg://host:5433/name",
        "postgresql:///name?host=/run/postgresql",
    ],
)
def test_it_takes_a_file_or_a_postgresql(env: pytest.MonkeyPatch, url: str) -> None:
    env.setenv("DEALTRACE_DATABASE_URL", url)
    assert read_settings().database_url == url


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("", ENGINES),
        ("dealtrace.db", ENGINES),
        ("mysql://user:s3cret@host/name", ENGINES),
        ("postgres://user:s3cret@host/name", ENGINES),
        ("postgresql+asyncpg://user:s3cret@host/name", ENGINES),
        ("postgresql://user:s3cret@host:port/name", ENGINES),
        ("postgresql://user:secret@s3cret@host/name", "write an @ in the password as %40"),
        ("sqlite://", IN_MEMORY),
        ("sqlite:///", IN_MEMORY),
        ("sqlite:///:memory:", IN_MEMORY),
    ],
)
def test_it_refuses_another_database_without_showing_its_password(env: pytest.MonkeyPatch, url: str, cure: str) -> None:
    env.setenv("DEALTRACE_DATABASE_URL", url)
    (fault,) = faults()
    assert fault.startswith("DEALTRACE_DATABASE_URL: ")
    assert cure in fault
    assert "s3cret" not in fault


@pytest.mark.parametrize("url", ["redis://h", "rediss://h:6380", "redis+unix:///run/redis.sock", ""])
def test_it_takes_a_redis(env: pytest.MonkeyPatch, url: str) -> None:
    env.setenv("DEALTRACE_REDIS_URL", url)
    assert read_settings().redis_url == url


@pytest.mark.parametrize(
    "url", ["cache:6379", "http://cache", "memcached://cache", " ", "redis://cache:port", "redis://[cache"]
)
def test_it_refuses_another_store_of_limits(env: pytest.MonkeyPatch, url: str) -> None:
    env.setenv("DEALTRACE_REDIS_URL", url)
    (fault,) = faults()
    assert fault.startswith("DEALTRACE_REDIS_URL: ")


@pytest.mark.parametrize(
    ("name", "text"), [("log_level", "info"), ("log_level", "TRACE"), ("log_level", ""), ("prepared_statements", "x")]
)
def test_it_refuses_a_word_it_does_not_know(env: pytest.MonkeyPatch, name: str, text: str) -> None:
    env.setenv(variable(name), text)
    (fault,) = faults()
    assert fault.startswith(f"{variable(name)}: ")


def test_all_faults_are_stated_together_each_with_its_variable(env: pytest.MonkeyPatch) -> None:
    Path("dealtrace.toml").write_text("workers = 0")
    Path(".env").write_text("DEALTRACE_PORT=none")
    env.setenv("DEALTRACE_DATABASE_URL", "mysql://host")
    env.setenv("DEALTRACE_TRUSTED_PROXIES", "everybody")
    assert sorted(fault.split(":")[0] for fault in faults()) == [
        "DEALTRACE_DATABASE_URL",
        "DEALTRACE_PORT",
        "DEALTRACE_TRUSTED_PROXIES",
        "DEALTRACE_WORKERS",
    ]


def test_the_environment_wins_over_dot_env_and_that_over_toml(env: pytest.MonkeyPatch) -> None:
    Path("dealtrace.toml").write_text("port = 3\nworkers = 3\nreader_threads = 3\n")
    Path(".env").write_text("DEALTRACE_PORT=2\nDEALTRACE_WORKERS=2\n")
    env.setenv("DEALTRACE_PORT", "1")
    settings = read_settings()
    assert (settings.port, settings.workers, settings.reader_threads) == (1, 2, 3)


@pytest.mark.parametrize("name", ["dealtrace_port", "Dealtrace_Port"])
def test_the_case_of_a_variable_makes_no_difference(env: pytest.MonkeyPatch, name: str) -> None:
    Path(".env").write_text(f"{name}=2\n")
    assert read_settings().port == 2
    read_settings.cache_clear()
    env.setenv(name, "1")
    assert read_settings().port == 1


def test_a_name_without_a_value_states_nothing() -> None:
    Path("dealtrace.toml").write_text("port = 3\n")
    Path(".env").write_text("DEALTRACE_PORT\nexport DEALTRACE_WORKERS='2' # two\n")
    assert (read_settings().port, read_settings().workers) == (3, 2)


def test_an_argument_wins_over_the_environment(env: pytest.MonkeyPatch) -> None:
    env.setenv("DEALTRACE_PORT", "1")
    assert Settings(port=2).port == 2


@pytest.mark.parametrize("name", ["PORT", "HOST", "WORKERS"])
def test_variables_of_others_are_passed_over(env: pytest.MonkeyPatch, name: str) -> None:
    env.setenv(name, "1")
    Path(".env").write_text(f"{name}=1\n")
    assert {variable(key): value for key, value in read_settings()} == DEFAULTS


def test_settings_that_do_not_exist_are_listed_with_the_nearest_name_and_without_values(
    env: pytest.MonkeyPatch,
) -> None:
    for name in ("DEALTRACE_PROT", "DEALTRACE_NEW_PASSWORD", "DEALTRACE_PORT", "OTHER"):
        env.setenv(name, "7")
    Path(".env").write_text("DEALTRACE_HOOST=secret\nDEALTRACE_HOST=::1\nHOOST=1\n")
    Path("dealtrace.toml").write_text('worker = 1\nworkers = 2\nxyzzy = "secret"\n')
    assert list_unknown_settings() == [
        UnknownVariable("the environment", "DEALTRACE_PROT", "DEALTRACE_PORT"),
        UnknownVariable(".env", "DEALTRACE_HOOST", "DEALTRACE_HOST"),
        UnknownVariable("dealtrace.toml", "worker", "workers"),
        UnknownVariable("dealtrace.toml", "xyzzy", None),
    ]
    assert "secret" not in "".join(map(str, list_unknown_settings()))


def test_lines_that_cannot_be_read_are_listed_by_their_names_without_values(caplog: pytest.LogCaptureFixture) -> None:
    Path(".env").write_text(
        "# ours\nDEALTRACE_PORT 77\nexport DEALTRACE_SMTP_URL: smtp://u:secret@h\nOTHER 1\nDEALTRACE_HOST\n"
        'DEALTRACE_WORKERS=2\nDEALTRACE_MAIL_FROM="a secret\nDEALTRACE_HOST=::1\n'
    )
    assert [str(line) for line in list_unknown_settings()] == [
        f"Line {number} of .env ({name}) cannot be read: it has no effect. Write NAME=value."
        for number, name in (
            (2, "DEALTRACE_PORT"),
            (3, "DEALTRACE_SMTP_URL"),
            (5, "DEALTRACE_HOST"),
            (7, "DEALTRACE_MAIL_FROM"),
        )
    ]
    assert (read_settings().workers, read_settings().host) == (2, "::1")
    assert not caplog.records


def test_nothing_is_unknown_where_nothing_is_set() -> None:
    assert list_unknown_settings() == []


@pytest.mark.parametrize("name", ["dealtrace.toml", ".env"])
def test_a_byte_order_mark_belongs_to_no_setting(name: str) -> None:
    line = "port = 3" if name.endswith(".toml") else "DEALTRACE_PORT=3"
    Path(name).write_text(f"{line}\n", encoding="utf-8-sig")
    assert read_settings().port == 3


def test_a_toml_may_list_its_proxies() -> None:
    Path("dealtrace.toml").write_text('trusted_proxies = ["10.0.0.0/8", "::1"]\n')
    assert read_settings().trusted_proxies == ("10.0.0.0/8", "::1/128")


def test_a_toml_that_is_none_is_a_fault_that_names_the_file() -> None:
    Path("dealtrace.toml").write_text("port =")
    (fault,) = faults()
    assert fault.startswith("dealtrace.toml: ")


@pytest.mark.parametrize("name", ["dealtrace.toml", ".env"])
def test_a_file_that_is_no_utf8_is_a_fault_that_names_it(name: str) -> None:
    """An editor on Windows saves a Russian comment in cp1251."""
    Path(name).write_bytes("# порт\n".encode("cp1251"))
    (fault,) = faults()
    assert fault.startswith(f"{name}: ")


def test_it_is_read_once(env: pytest.MonkeyPatch) -> None:
    settings = read_settings()
    env.setenv("DEALTRACE_PORT", "1")
    assert read_settings() is settings


def test_faults_are_not_remembered(env: pytest.MonkeyPatch) -> None:
    env.setenv("DEALTRACE_PORT", "0")
    assert faults()
    env.setenv("DEALTRACE_PORT", "1")
    assert read_settings().port == 1


def test_it_is_frozen() -> None:
    with pytest.raises(ValidationError):
        read_settings().port = 1


def test_only_a_postgresql_replica_is_read_from(env: pytest.MonkeyPatch) -> None:
    for url in ("mysql://host/name", "postgresql://host:port/name", "postgresql://user:a@b@host/name"):
        env.setenv("DEALTRACE_READ_DATABASE_URL", url)
        (fault,) = faults()
        assert fault.startswith("DEALTRACE_READ_DATABASE_URL: ")
        assert "use postgresql://user:password@host/name" in fault
    env.setenv("DEALTRACE_READ_DATABASE_URL", "postgresql://replica/name")
    assert read_settings().read_database_url == "postgresql://replica/name"


@pytest.mark.parametrize(
    ("name", "text", "cure"),
    [
        ("port", "many", "a whole number from 1 to 65535 is expected"),
        ("port", "0", "a whole number from 1 to 65535 is expected"),
        ("workers", "1.5", "a whole number from 1 to 64 is expected"),
        ("points_per_day", "-1", "a whole number from 0 to 9007199254740992 is expected"),
        ("prepared_statements", "maybe", "true or false is expected"),
        ("log_level", "LOUD", "must be one of DEBUG, INFO, WARNING, ERROR"),
        ("trusted_proxies", "proxy", "use IP addresses or networks separated by commas"),
        ("database_url", "mysql://x", ENGINES),
        ("public_url", "deals.example.org", "use https://host"),
        ("public_url", "ftp://deals.example.org", "use https://host"),
        ("public_url", "https://", "use https://host"),
        ("public_url", "http://[", "use https://host"),
        ("public_url", "https://deals.example.org:0", "use https://host"),
        ("public_url", "https://user:secret@deals.example.org", "use https://host"),
        ("public_url", "https://deals.example.org/?a=1", "use https://host"),
        ("public_url", "https://deals.example.org /", "use https://host"),
    ],
)
def test_a_bad_setting_is_explained_in_our_words(env: pytest.MonkeyPatch, name: str, text: str, cure: str) -> None:
    env.setenv(variable(name), text)
    (fault,) = faults()
    assert cure in fault
    assert not re.search(r"Input should|Value error|valid (integer|boolean)|pydantic", fault)


@pytest.mark.parametrize("name", ["log_level", "host", "database_url", "public_url", "smtp_url"])
@pytest.mark.parametrize("value", ["5", "true", "['a']", "2026-11-28"])
def test_what_is_no_string_in_toml_is_explained_in_our_words(name: str, value: str) -> None:
    Path("dealtrace.toml").write_text(f"{name} = {value}\n")
    assert faults() == [f"{variable(name)}: a string in quotes is expected"]


def test_every_number_and_switch_that_is_a_word_is_explained_in_our_words(env: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        if field.annotation in (int, bool):
            env.setenv(variable(name), "word")
    for fault in faults():
        assert fault.endswith("is expected")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", MailServer("mail.example", 25, MailSecurity.NONE)),
        ("smtp://u:p@127.0.0.1:2525/", MailServer("127.0.0.1", 2525, MailSecurity.NONE, "u", "p")),
        ("smtps://u:p@mail.example", MailServer("mail.example", 465, MailSecurity.TLS, "u", "p")),
        ("smtp+starttls://u:p@mail.example", MailServer("mail.example", 587, MailSecurity.STARTTLS, "u", "p")),
        ("smtps://a%40b.ru:%3A%2F%40@[::1]:1", MailServer("::1", 1, MailSecurity.TLS, "a@b.ru", ":/@")),
    ],
)
def test_a_mail_server_is_read_from_its_url(env: pytest.MonkeyPatch, url: str, expected: MailServer) -> None:
    env.setenv("DEALTRACE_SMTP_URL", url)
    env.setenv("DEALTRACE_MAIL_FROM", "reports@example.org")
    settings = read_settings()
    assert settings.mail_server == expected
    assert settings.mail_sender == "reports@example.org"


@pytest.mark.parametrize(
    ("url", "sender", "words"),
    [
        ("mail.example", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("http://mail.example", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("smtp://", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("smtp://mail.example:0", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("smtp://mail.example:many", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("smtp://[::1", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("smtp://mail.example/path", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("smtp://mail.example?starttls=yes", "a@b.ru", "DEALTRACE_SMTP_URL: use smtps://"),
        ("smtp://u:secret@mail.example", "a@b.ru", "DEALTRACE_SMTP_URL: the password would be sent unencrypted"),
        ("smtps://u:secret@mail.example", "", "DEALTRACE_MAIL_FROM: set the address that sends"),
        ("smtps://mail.example", "", "DEALTRACE_MAIL_FROM: set the address that sends"),
        ("smtps://mail.example", "a@b.ru\r\nBcc: c@d.ru", "DEALTRACE_MAIL_FROM: set the address that sends"),
        ("smtps://mail.example", "a..b@c.ru", "DEALTRACE_MAIL_FROM: set the address that sends"),
        ("", "nobody", "DEALTRACE_MAIL_FROM: set the address that sends"),
    ],
)
def test_a_mail_server_that_cannot_be_used_is_refused(
    env: pytest.MonkeyPatch, url: str, sender: str, words: str
) -> None:
    env.setenv("DEALTRACE_SMTP_URL", url)
    env.setenv("DEALTRACE_MAIL_FROM", sender)
    with pytest.raises(InvalidSettings) as refused:
        read_settings()
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)
