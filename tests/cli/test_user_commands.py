"""`dealtrace user`."""

from commands import Terminal

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


def test_it_refuses_what_does_not_fit(terminal: Terminal) -> None:
    assert "12" in terminal.refused("user", "create", "anna", new_password="elevenchars")
    assert "1000" in terminal.refused("user", "create", "anna", new_password="x" * 1001)
    assert "login" in terminal.refused("user", "create", " ", new_password=PASSWORD)
    assert "200" in terminal.refused("user", "create", "a" * 201, new_password=PASSWORD)
    assert "printable" in terminal.refused("user", "create", "a\nb", new_password=PASSWORD)
    terminal.done("user", "create", "anna", new_password="twelve chars")
