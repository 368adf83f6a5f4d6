"""How pages write a period and its comparison: one day is one day."""

from cast import Stage
from engines import on_one_engine
from guests import member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine


def test_one_day_is_written_once(server: ServerProcess, served: Stage) -> None:
    person = member_of(server, served, served.open_site().site.id)
    asked = {"by": "source", "metrics": "deals", "from": "2024-11-08", "to": "2024-11-08", "compare": "previous"}
    said = text_of(person.get("reports", **asked).text)
    assert "8 Nov 2024, compared with 7 Nov 2024" in said
    assert "8 Nov 2024 to" not in said
    days = text_of(person.get("reports", **{**asked, "to": "2024-11-09"}).text)
    assert "8 Nov 2024 to 9 Nov 2024, compared with 6 Nov 2024 to 7 Nov 2024" in days
