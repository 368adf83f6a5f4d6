"""The city of an address, by a database of one's own."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from cast import Player, Stage
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.visits.visits import find_visits
from engines import CopySqlite
from server import ServerProcess


def write_cities(path: Path) -> None:
    """Write a database as GeoLite2 and its kin are made."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City", languages=["en", "ru"])
    city = {"city": {"names": {"en": "Vladimir", "ru": "Владимир"}}}
    writer.insert_network(IPSet(["198.51.100.0/24", "2001:db8::/32"]), city)
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country": {"iso_code": "RU"}})
    writer.to_db_file(str(path))


@pytest.mark.parametrize(
    ("ip", "city"),
    [
        ("198.51.100.7", "vladimir"),
        ("2001:db8::7", "vladimir"),
        ("203.0.113.7", ""),
        ("192.0.2.7", ""),
        ("127.0.0.1", ""),
    ],
)
def test_it_is_stated_in_small_latin_letters(located: tuple[ServerProcess, Stage, Player], ip: str, city: str) -> None:
    server, stage, player = located
    result = hit(server, player, ip).json()
    with stage.database.read() as connection:
        visit = find_visits(connection, player.site.id, [result["sessionId"]])[result["sessionId"]]
    assert (visit.ip, visit.city) == (ip, city)


def hit(server: ServerProcess, player: Player, ip: str) -> httpx.Response:
    return server.http.post("/counter/visit", data={"siteId": player.site.id, "url": "https://shop.ru/", "ip": ip})


@pytest.fixture(scope="module")
def located(
    tmp_path_factory: pytest.TempPathFactory, copy_sqlite: CopySqlite
) -> Iterator[tuple[ServerProcess, Stage, Player]]:
    """Start a server that knows cities."""
    folder = tmp_path_factory.mktemp("located")
    write_cities(folder / "cities.mmdb")
    url = f"sqlite:///{folder / 'dealtrace.db'}"
    copy_sqlite(folder / "dealtrace.db")
    stage = Stage(open_database(url))
    player = stage.open_site()
    server = ServerProcess(url, folder, is_fork=True, city_database=folder / "cities.mmdb")
    yield server, stage, player
    server.close()
    stage.database.close()


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"\0" * 4096])
def test_a_file_that_is_none_stops_the_start_and_is_named(
    tmp_path: Path, copy_sqlite: CopySqlite, content: bytes | None
) -> None:
    copy_sqlite(tmp_path / "dealtrace.db")
    if content is not None:
        (tmp_path / "cities.mmdb").write_bytes(content)
    url = f"sqlite:///{tmp_path / 'dealtrace.db'}"
    with pytest.raises(AssertionError, match="DEALTRACE_CITY_DATABASE") as refused:
        ServerProcess(url, tmp_path, is_fork=True, city_database=tmp_path / "cities.mmdb")
    assert "Traceback" not in str(refused.value)
