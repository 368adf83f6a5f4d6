"""What calls send, and that the client does not need the server's package; no server is started."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dealtrace_client import (
    Client,
    Order,
    OrderChange,
    PhoneCall,
    Retries,
    Source,
    by_contact,
    by_source,
    by_visit,
    change_orders,
    create_orders,
    send_calls,
)

AT = datetime(2026, 3, 26, 7, tzinfo=UTC)
FOLDER = Path(__file__).parents[1]


def test_an_order_is_written_as_the_api_takes_it() -> None:
    matching = [by_visit(5, 6), by_contact(phones=["79205550055"], kind="call", depth_minutes=120)]
    order = Order("A-1", "new", AT, [*matching, by_source(Source("expo"))], amount_rub="1.50", tags=["vip"])
    assert create_orders([order], crm="Shop", zone=ZoneInfo("Asia/Omsk")).body == {
        "crm": "Shop",
        "orders": [
            {
                "orderNumber": "A-1",
                "status": "new",
                "orderDate": "26-03-2026 13:00:00",
                "matching": [
                    {"type": "session", "sessionParams": {"sessionId": ["5", "6"]}},
                    {"type": "callContact", "callContactParams": {"phones": ["79205550055"], "searchDepth": 120}},
                    {"type": "customSources", "customSourceParams": {"source": "expo"}},
                ],
                "revenue": "1.50",
                "addTags": [{"tag": "vip"}],
            }
        ],
    }


def test_a_change_says_only_what_changes() -> None:
    call = change_orders([OrderChange("A-1", status="won", comment="", more={"products": []})])
    expected = {"orderNumber": "A-1", "status": "won", "addNewComment": {"text": ""}, "products": []}
    assert call.body == {"orders": [expected]}


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="time zone"):
        create_orders([Order("A-1", "new", AT.replace(tzinfo=None))])
    with pytest.raises(ValueError, match="time zone"):
        send_calls([PhoneCall("c-1", "79205550055", AT.replace(tzinfo=None))])


def test_limits_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="rate_per_second: at least 1"):
        Client("https://deals.example.com", "token", rate_per_second=0)
    with pytest.raises(ValueError, match="tries_max: at least 1"):
        Retries(tries_max=0)


def test_it_imports_nothing_of_the_server(tmp_path: Path) -> None:
    program = "import sys, dealtrace_client; print([name for name in sys.modules if name.split('.')[0] == 'dealtrace'])"
    environment = {"PYTHONPATH": str(FOLDER / "src"), "PATH": ""}
    seen = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert seen.stdout == "[]\n"
    assert 'dependencies = ["httpx >=0.28"]' in (FOLDER / "pyproject.toml").read_text()
