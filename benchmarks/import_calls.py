"""Measure how long `dealtrace import calls` takes for a file with 100,000 rows, from its start to its exit."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

ROWS = 100_000
FIRST_AT = datetime(2018, 1, 1)  # noqa: DTZ001 - the site's wall clock
HEADINGS = (
    "Дата", "Телефон", "Длительность", "callReferenceId", "Источник", "Канал", "Кампания", "Менеджер", "Комментарий",
    "Состоялся", "Имя",
)  # fmt: skip


def report_import(folder: Path, urls: Mapping[str, str]) -> None:
    """Import the same file into a new site of each database, and print how many seconds each import takes."""
    file = folder / "calls.csv"
    _write_calls(file)
    for engine, url in urls.items():
        print(f"{ROWS} calls from a file, {engine}: {_seconds(file, url):.1f} s")


def _write_calls(file: Path) -> None:
    """Write a CSV file with a year of calls from a thousand campaigns; every fourth call has the phone of another."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        table = csv.writer(opened, delimiter=";")
        table.writerow(HEADINGS)
        for number in range(ROWS):
            at = FIRST_AT + timedelta(minutes=5 * number)
            phone = f"7921{number - number % 4 // 3:07d}"
            source = ("yandex", "cpc", f"campaign {number % 1000}")
            said = ("Мария", "Перезвонить после шести", "да", "Иван Петров")
            table.writerow([f"{at:%d.%m.%Y %H:%M:%S}", phone, number % 600, f"call-{number}", *source, *said])


def _seconds(file: Path, url: str) -> float:
    command = [sys.executable, "-m", "dealtrace"]
    environment = {**os.environ, "DEALTRACE_DATABASE_URL": url}
    made = subprocess.run(
        [*command, "site", "create", "Imported", "--json"], env=environment, check=True, capture_output=True
    )
    site = str(json.loads(made.stdout)["siteId"])
    started = time.perf_counter()
    result = subprocess.run(
        [*command, "import", "calls", str(file), "--site", site, "--json"],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    assert json.loads(result.stdout)["takenIn"] == ROWS
    return seconds
