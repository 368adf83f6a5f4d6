"""`dealtrace user`."""

import os
import subprocess
import sys

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from commands import Terminal
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.control import user

PASSWORD = "correct horse battery"


def test_it_takes_the_password_from_the_environment(terminal: Terminal) -> None:
    said = terminal.done("user", "create", " Anna@Example.COM ", new_password=PASSWORD).out
    assert "anna@example.com" in said
    assert PASSWORD not in said
    assert "anna@example.com" in terminal.refused("user", "create", "ANNA@example.com", new_password=PASSWORD)


def test_it_asks_for_the_password_twice(terminal: Terminal) -> None:
    finished = terminal.run("user", "create", "anna", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert finished.status == 0, finished
    finished = terminal.run("user", "create", "boris", typed=f"{PASSWORD}\nanother one entirely\n")
    assert finished.status == 1, finished
    assert "anna" in terminal.refused("user", "create", "anna", new_password=PASSWORD)
    terminal.done("user", "create", "boris", new_password=PASSWORD)


def test_on_a_terminal_the_question_names_the_length(terminal: Terminal) -> None:
    spawn = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))"
    command = [sys.executable, "-c", spawn, sys.executable, "-m", "dealtrace", "user", "create", "anna"]
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": terminal.url}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asking:
        assert asking.stdin is not None
        assert asking.stdout is not None
        for question in (b"Password (12 to 1000 characters): ", b"Repeat for confirmation: "):
            shown = b""
            while not shown.endswith(question):
                letter = asking.stdout.read(1)
                assert letter, shown
                shown += letter
            asking.stdin.write(f"{PASSWORD}\n".encode())
            asking.stdin.flush()
        assert b"User anna created." in asking.stdout.read()


def test_it_refuses_what_does_not_fit(terminal: Terminal) -> None:
    assert "12" in terminal.refused("user", "create", "anna", new_password="elevenchars")
    assert "1000" in terminal.refused("user", "create", "anna", new_password="x" * 1001)
    assert "cannot be empty" in terminal.run("user", "create", " ", new_password=PASSWORD).err
    assert "200" in terminal.refused("user", "create", "a" * 201, new_password=PASSWORD)
    assert "printable" in terminal.refused("user", "create", "a\nb", new_password=PASSWORD)
    terminal.done("user", "create", "anna", new_password="twelve chars")


def hash_of(terminal: Terminal, login: str) -> str:
    database = open_database(terminal.url)
    with database.read() as connection:
        found = connection.execute(select(user.c.password_hash).where(user.c.login == login)).scalar_one()
    database.close()
    return str(found)


@pytest.mark.parametrize("typed", [f"{PASSWORD}\n", f"{PASSWORD}\r\n{PASSWORD}\r\n", PASSWORD])
def test_without_a_terminal_the_password_is_read_from_the_input(terminal: Terminal, typed: str) -> None:
    assert terminal.done("user", "create", "anna", typed=typed).out == "User anna created.\n"
    assert PasswordHasher().verify(hash_of(terminal, "anna"), PASSWORD)


@pytest.mark.parametrize("typed", ["", "\n", "\n\n"])
def test_without_a_password_and_a_terminal_there_is_one_line_with_the_cure(terminal: Terminal, typed: str) -> None:
    finished = terminal.run("user", "create", "anna", typed=typed)
    assert (finished.status, finished.out) == (1, "")
    assert finished.err.count("\n") == 1
    assert "set DEALTRACE_NEW_PASSWORD" in finished.err


@pytest.mark.parametrize("settings", [{}, {"new_password": "correct \udcff horse battery"}], ids=["input", "variable"])
def test_a_password_that_is_not_utf_8_is_refused(terminal: Terminal, settings: dict[str, str]) -> None:
    finished = terminal.run("user", "create", "anna", typed="correct \udcff horse battery\n", **settings)
    assert (finished.status, finished.out, finished.err) == (1, "", "The password must be UTF-8.\n")


def test_they_are_listed_get_a_new_password_and_are_deleted(terminal: Terminal) -> None:
    assert terminal.json("user", "list") == []
    for login in ("boris", "anna"):
        terminal.done("user", "create", login, new_password=PASSWORD)
    assert [item["login"] for item in terminal.json("user", "list")] == ["anna", "boris"]
    assert "anna  created 20" in terminal.done("user", "list").out
    terminal.done("user", "password", " ANNA ", new_password="another one entirely")
    hashes = PasswordHasher()
    assert hashes.verify(hash_of(terminal, "anna"), "another one entirely")
    assert hashes.verify(hash_of(terminal, "boris"), PASSWORD)
    assert "12" in terminal.refused("user", "password", "anna", new_password="short")
    assert "user list" in terminal.refused("user", "password", "nobody", new_password=PASSWORD)
    terminal.done("user", "delete", "Anna")
    assert "user list" in terminal.refused("user", "delete", "anna")
    assert "only owner" in terminal.refused("user", "delete", "boris")
    assert [user["login"] for user in terminal.json("user", "list")] == ["boris"]


def test_a_user_has_a_role_at_a_site_or_owns_the_installation(terminal: Terminal) -> None:
    site = str(terminal.json("site", "create", "Shop")["siteId"])
    terminal.done("user", "create", "anna", new_password=PASSWORD)
    terminal.done("user", "create", "boris", "--site", site, "--role", "analyst", new_password=PASSWORD)
    anna, boris = terminal.json("user", "list")
    assert (anna["owner"], anna["roles"], anna["secondFactor"]) == (True, {}, False)
    assert (boris["owner"], boris["roles"]) == (False, {site: "analyst"})
    shown = terminal.done("user", "list").out
    assert "owner of the installation" in shown
    assert f"analyst of site {site}" in shown
    assert "together" in terminal.refused("user", "create", "vera", "--site", site, new_password=PASSWORD)
    assert "999" in terminal.refused("user", "create", "v", "--site", "999", "--role", "owner", new_password=PASSWORD)


def test_an_invitation_is_a_link_to_the_public_url(terminal: Terminal) -> None:
    site = str(terminal.json("site", "create", "Shop")["siteId"])
    link = terminal.done("user", "invite", "--site", site, "--role", "reader", public_url="https://deals.example/").out
    assert link.startswith("https://deals.example/cabinet/invitation?key=")
    assert "together" in terminal.refused("user", "invite", "--role", "reader")
    assert terminal.done("user", "invite").out != terminal.done("user", "invite").out


def test_the_second_factor_of_a_person_who_is_locked_out_is_turned_off(terminal: Terminal) -> None:
    terminal.done("user", "create", "anna", new_password=PASSWORD)
    database = open_database(terminal.url)
    with database.write() as connection:
        connection.execute(update(user).values(totp_secret="A" * 32, totp_used_step=0))
    database.close()
    assert terminal.json("user", "list")[0]["secondFactor"] is True
    assert "is off" in terminal.done("user", "reset-code", "ANNA").out
    assert terminal.json("user", "list")[0]["secondFactor"] is False


def test_the_new_password_is_asked_for_twice(terminal: Terminal) -> None:
    terminal.done("user", "create", "anna", new_password=PASSWORD)
    assert terminal.run("user", "password", "anna", typed="new password 1\nnew password 2\n").status == 1
    assert PasswordHasher().verify(hash_of(terminal, "anna"), PASSWORD)
    assert terminal.run("user", "password", "anna", typed="new password 1\nnew password 1\n").status == 0
    assert PasswordHasher().verify(hash_of(terminal, "anna"), "new password 1")
