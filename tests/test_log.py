"""What the server tells of itself, and what it never tells."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from cast import Player
from dealtrace import log, metrics
from dealtrace.log import cause_of, plain_method, plain_path, request_ids
from server import DELETE, REGISTER, UPDATE, ServerProcess
from waiting import wait_until

SECRETS = {
    "phoneNumber": "79169998877",
    "email": "ivan.secret@example.org",
    "manager": "Секретов",
    "orderComment": "позвонить Тайному",
    "orderNumber": "SECRET-0001",
}


def lines_of(server: ServerProcess, request_id: str) -> list[dict[str, Any]]:
    """Read what the log says of a request; its line is written when its answer has been sent."""
    wait_until(lambda: f'"{request_id}"' in server.logged)
    return [json.loads(line) for line in server.logged.splitlines() if f'"{request_id}"' in line]


def test_a_request_is_one_line_with_the_keys_that_matter(server: ServerProcess, owner: Player) -> None:
    answer = server.register(owner.token, orderNumber="one line")
    (line,) = lines_of(server, answer.headers["x-request-id"])
    assert line.pop("ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "deal_registered",
        "level": "info",
        "request_id": answer.headers["x-request-id"],
        "method": "GET",
        "path": REGISTER,
        "status": 200,
        "site_id": owner.site.id,
        "deal_id": answer.json()["orderId"],
        "matched": False,
    }


def test_a_refusal_is_one_line_with_its_code(server: ServerProcess, owner: Player) -> None:
    for answer, code in (
        (server.register(owner.token, orderSum="much"), 10007),
        (server.register("no token of ours"), 10020),
        (server.update(owner.token), 10040),
        (server.http.post(DELETE), 10011),
    ):
        (line,) = lines_of(server, answer.headers["x-request-id"])
        assert (line["event"], line["code"], line["status"]) == ("refused", code, answer.status_code)


def test_nothing_personal_and_no_token_is_ever_in_the_log(server: ServerProcess, owner: Player) -> None:
    """Whatever becomes of the request: done, refused, torn, misrouted."""
    names = {"fio": "Скрытный Иван", "custom[margin]": "customsecret", "custom[hidden]": "hiddensecret"}
    sent = {"clientApiId": owner.token, **SECRETS, **names}
    wrong = {**sent, "clientApiId": f"wrong-{owner.token}"}
    server.register(owner.token, **SECRETS, **names)
    server.register(owner.token, **SECRETS, orderSum="sumsecret")
    server.http.post(REGISTER, data=sent)
    server.http.post(REGISTER, content=json.dumps(sent), headers={"content-type": "application/json"})
    server.http.get(UPDATE, params=sent)
    server.http.get(DELETE, params=wrong)
    server.http.get(REGISTER, params=wrong, headers={"authorization": owner.token, "cookie": SECRETS["email"]})
    for secret in (owner.token, *SECRETS.values()):
        server.http.get(f"/{quote(secret)}")
        server.http.get(f"{REGISTER}{quote(secret)}")
        server.http.get(f"/calls-service/RestAPI/{quote(secret)}/orders-diary/orders", params=sent)
    last = server.journal(owner.token, owner.site.id, orderNumber=SECRETS["orderNumber"])
    wait_until(lambda: last.headers["x-request-id"] in server.logged)
    logged = server.logged
    secrets = [owner.token, *SECRETS.values(), *names.values(), "sumsecret", "Скрытный", quote("Секретов")]
    for secret in secrets:
        assert secret not in logged
        assert json.dumps(secret).strip('"') not in logged


def test_the_name_of_a_request_is_unique() -> None:
    first, second = request_ids(), request_ids()
    assert len({next(names) for names in (first, first, second, second)}) == 4


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/calls-service/RestAPI/orders/register/", "/calls-service/RestAPI/orders/register/"),
        ("/calls-service/RestAPI/42/orders-diary/orders", "/calls-service/RestAPI/42/orders-diary/orders"),
        ("/79161234567", "/…"),
        ("/call/+79161234567/x", "/call/…/x"),
        ("/ivan@example.org", "/…"),
        ("/Иван", "/…"),
        ("/Tb6-OwMccJ8BeKAveQao5zm_QtTf", "/…"),
        ("/a\nb", "/…"),
        ("", ""),
    ],
)
def test_a_path_is_logged_without_what_may_be_personal(path: str, plain: str) -> None:
    assert plain_path(path) == plain


def test_a_cause_states_types_and_places_and_no_words() -> None:
    def break_down() -> None:
        try:
            int("x79161234567")
        except ValueError as fault:
            raise KeyError("79161234567") from fault

    with pytest.raises(KeyError) as caught:
        break_down()
    result = cause_of(caught.value)
    assert [item["type"] for item in result] == ["KeyError", "ValueError"]
    assert "break_down" in result[0]["at"][-1]
    assert "79161234567" not in json.dumps(result)


def test_a_log_that_cannot_be_written_harms_nobody() -> None:
    class Full(io.RawIOBase):
        def write(self, _line: Any) -> int:
            raise OSError(28, "No space left on device")

    patient = log._LossyFile(Full())  # type: ignore[arg-type]
    patient.write(b"lost")
    patient.flush()


def test_a_method_nobody_knows_is_not_logged() -> None:
    assert (plain_method("GET"), plain_method("IVAN")) == ("GET", "other")


def test_a_path_there_is_not_stays_out_of_the_log(server: ServerProcess) -> None:
    server.http.request("IVANPETROV", "/ivan.petrov/tokenabcdef")
    named = server.http.get("/ivan.petrov/tokenabcdef").headers["x-request-id"]
    wait_until(lambda: f'"request_id":"{named}"' in server.logged)
    assert "petrov" not in server.logged.lower()


class TestOutage:
    """Something that is away is logged at once, then once a minute, and when it is back."""

    def lines(self, story: list[tuple[float, str]]) -> list[tuple[str, Any]]:
        """Return the event and failures of each line that a story of failures and successes logs."""
        now = [0.0]
        with structlog.testing.capture_logs() as lines:
            outage = log.Outage("thing_unavailable", "thing_back", lambda: now[0])
            for moment, what in story:
                now[0] = moment
                outage.ended() if what == "ok" else outage.failed(what)
        return [(line["event"], line["failures"]) for line in lines]

    def test_ten_minutes_are_ten_lines_and_the_end(self) -> None:
        story = [(second / 2, "away") for second in range(1200)]
        lines = self.lines([*story, (600.0, "ok"), (601.0, "ok")])
        assert lines == [*[("thing_unavailable", 1 + 120 * minute) for minute in range(10)], ("thing_back", 1200)]

    def test_what_is_well_is_not_logged(self) -> None:
        assert self.lines([(float(second), "ok") for second in range(100)]) == []

    def test_what_comes_and_goes_is_logged_twice_a_minute_at_most(self) -> None:
        story = [(second / 2, "away" if second % 2 else "ok") for second in range(240)]
        assert len(self.lines(story)) <= 4

    def test_another_outage_after_a_minute_is_logged_at_once(self) -> None:
        story = [(0.0, "away"), (1.0, "ok"), (61.0, "away"), (62.0, "ok")]
        events = [event for event, _ in self.lines(story)]
        assert events == ["thing_unavailable", "thing_back"] * 2


class TestRebuildLog:
    """Each rebuild of the column mirror is logged once, by each process that runs then."""

    def test_a_rebuild_is_logged_once_with_its_cause_and_kept_in_the_metrics(self) -> None:
        started_at = datetime(2026, 11, 26, 12, tzinfo=UTC)
        first, second = (started_at + timedelta(minutes=minutes) for minutes in (5, 9))
        rebuild_log = log.RebuildLog(started_at)
        with structlog.testing.capture_logs() as lines:
            for rebuilt_at, cause in ((first, "disk full"), (first, "disk full"), (second, "damaged")):
                rebuild_log.observe(rebuilt_at, cause)
        assert [(line["event"], line["log_level"], line["reason"]) for line in lines] == [
            ("mirror_rebuilt", "warning", "disk full"),
            ("mirror_rebuilt", "warning", "damaged"),
        ]
        lines_of_metrics = metrics.write_metrics()[0].decode().splitlines()
        (kept,) = (line for line in lines_of_metrics if line.startswith("dealtrace_mirror_rebuilt_timestamp_seconds"))
        assert float(kept.split()[1]) == second.timestamp()

    def test_a_rebuild_before_the_start_is_in_the_metrics_only(self) -> None:
        started_at = datetime(2026, 11, 26, 12, tzinfo=UTC)
        with structlog.testing.capture_logs() as lines:
            log.RebuildLog(started_at).observe(started_at - timedelta(days=1), "damaged")
        assert lines == []
