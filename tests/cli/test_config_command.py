"""`dealtrace config`: the settings in force, without a secret."""

import pytest

from commands import Terminal
from dealtrace.cli.settings_in_force import masked
from dealtrace.settings import ENVIRONMENT_PREFIX, Settings


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:s3cret@host/name", "postgresql://user:***@host/name"),
        ("postgresql://user:s3:cr@t/#?@host/name", "postgresql://user:***@host/name"),
        ("postgresql://user@host/name?password=s3cret&sslmode=require", "postgresql://user@host/name?password=***&sslmode=require"),
        ("postgresql:///name?PASSWORD=s3cret", "postgresql:///name?PASSWORD=***"),
        ("redis://:s3cret@cache:6379/0", "redis://:***@cache:6379/0"),
        ("sqlite:///dealtrace.db", "sqlite:///dealtrace.db"),
        ("https://deals.example.com", "https://deals.example.com"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_password_of_a_url_is_masked(url: str, shown: str) -> None:
    assert masked("database_url", url) == shown


@pytest.mark.parametrize("name", ["session_secret", "geo_token", "visit_key", "password", "key_of_visits"])
def test_a_setting_that_is_a_secret_is_masked_whole(name: str) -> None:
    assert masked(name, "s3cret") == "***"


def test_settings_that_do_not_exist_are_named(terminal: Terminal) -> None:
    for flags in ((), ("--json",)):
        finished = terminal.run("config", *flags, PROT="9")
        assert finished.status == 0
        assert "Unknown setting DEALTRACE_PROT" in finished.err
        assert "Did you mean DEALTRACE_PORT?" in " ".join(finished.err.split())
        assert "PROT" not in finished.out


def test_it_shows_every_setting_and_no_secret(terminal: Terminal) -> None:
    given = {"redis_url": "redis://:s3cret@cache:6379/0", "trusted_proxies": "10.0.0.1,10.0.0.2", "port": "8001"}
    shown = terminal.done("config", **given).out
    assert {line.partition("=")[0] for line in shown.splitlines()} == {
        f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in Settings.model_fields
    }
    assert "DEALTRACE_PORT=8001  (set)" in shown
    assert "DEALTRACE_WORKERS=1\n" in shown
    assert "DEALTRACE_TRUSTED_PROXIES=10.0.0.1/32,10.0.0.2/32  (set)" in shown
    assert "DEALTRACE_PREPARED_STATEMENTS=true\n" in shown
    assert "s3cret" not in shown + terminal.done("config", "--json", **given).out
    assert terminal.json("config", **given)["DEALTRACE_REDIS_URL"] == "redis://:***@cache:6379/0"
    assert "DEALTRACE_PORT" in terminal.refused("config", port="many")
