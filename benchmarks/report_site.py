"""Fill a large site to measure reports: SQLite generates visits, leads with credits of all models, and deals."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.costs import cost
from dealtrace.storage.schema.tables.deals import deal, deal_tag
from dealtrace.storage.schema.tables.leads import call, client, lead_credit, lead_request
from dealtrace.storage.schema.tables.reports import deal_status
from dealtrace.storage.schema.tables.visits import traffic_source, visit

SITE = 1
DAYS = 400
LAST_AT = datetime(2026, 11, 26, tzinfo=UTC)
SOURCES = 1_000
STATUSES = 12
VISITS_OF_VISITOR = 4
"""How many visits each visitor has."""
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "


def fill_site(file: Path, deals: int, leads: int, visits: int) -> None:
    """Fill site 1 of the SQLite database `file` with the given numbers of deals, leads and visits over 400 days."""
    microseconds = DAYS * 86_400 * 1_000_000
    end = int(LAST_AT.timestamp()) * 1_000_000
    facts = {
        "start": end - microseconds, "visit_step": microseconds // visits, "lead_step": microseconds // leads,
        "deal_step": microseconds // deals, "visits": visits, "leads": leads, "deals": deals,
        "visitors": max(visits // VISITS_OF_VISITOR, 1), "visits_per_lead": max(visits // leads, 1),
        "clients": max(leads * 3 // 4, 1), "sources": SOURCES, "statuses": STATUSES,
        "leads_per_deal": max(leads // deals, 1),
    }  # fmt: skip
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for count, statement in _STATEMENTS:
            numbers = _NUMBERS.format(count=facts[count]) if count else ""
            used = {name: value for name, value in facts.items() if f":{name}" in statement}
            connection.execute(f"INSERT INTO {statement.format(numbers=numbers)}", used)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy_site(filled: Database, copy: Database) -> None:
    """Copy the rows that `fill_site` generated into a PostgreSQL database that has the same site without data."""
    with filled.read() as source, copy.write() as target:
        target.exec_driver_sql("SET session_replication_role = replica")  # rows refer to rows that are not generated
        for table in _TABLES:
            to_driver = [column.type.dialect_impl(target.dialect).bind_processor(target.dialect) for column in table.c]
            names = ", ".join(f'"{column.name}"' for column in table.c)
            rows = source.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table))
            driver = target.connection.cursor()
            with driver.copy(f"COPY {table.name} ({names}) FROM STDIN") as copied:
                for row in rows:
                    copied.write_row(
                        [value if to is None else to(value) for to, value in zip(to_driver, row, strict=True)]
                    )


_ROWS_AT_ONCE = 5_000
_TABLES = (traffic_source, deal_status, visit, client, call, lead_request, lead_credit, deal, deal_tag, cost)
_SOURCES = """traffic_source (site_id, id, digest, source, medium, campaign, content, term,
    source_key, medium_key, campaign_key, content_key, term_key)
{numbers} SELECT 1, i, printf('%064d', i), 'source' || (i % 40), 'medium' || (i % 6), 'campaign' || i,
    'ad' || (i % 300), '', 'source' || (i % 40), 'medium' || (i % 6), 'campaign' || i, 'ad' || (i % 300), NULL FROM n"""
_STATUSES = """deal_status (site_id, spelling, key, meaning, first_seen_at)
{numbers} SELECT 1, 'Status ' || i, 'status ' || i, CASE i % 4 WHEN 0 THEN 'won' WHEN 1 THEN 'lost' ELSE 'open' END, 0
FROM n"""
_VISITS = """visit (site_id, started_at, id, visitor_id, traffic_source_id, landing_url, referrer, ip, user_agent, city,
    utm, device, os, browser)
{numbers} SELECT 1, :start + i * :visit_step, i, 'visitor-' || (i % :visitors), 1 + (i * 7919) % :sources,
    'https://shop.example/page/' || (i % 700) || '?utm_source=x&yclid=' || i, '', '192.0.2.1', 'Mozilla/5.0',
    'City ' || (i % 90), '{{}}', CASE i % 3 WHEN 0 THEN 'desktop' ELSE 'mobile' END, 'OS ' || (i % 8),
    'Browser ' || (i % 12) FROM n"""
_CLIENTS = "client (site_id, id, name) {numbers} SELECT 1, i, 'Client ' || i FROM n"
_CALLS = """call (site_id, id, started_at, duration_seconds, phone, client_id, visit_id, recorded_at, manager,
    dialled_phone, tags, custom_values)
{numbers} SELECT 1, i, :start + i * :lead_step, i % 400, '7920' || i, 1 + (i * 7919) % :clients,
    CASE WHEN i % 5 THEN i * :visits_per_lead END, 0, 'Manager ' || (i % 25), '7495000' || (i % 50),
    CASE WHEN i % 4 = 0 THEN '["tag ' || (i % 9) || '"]' END,
    '{{"branch": "Branch ' || (i % 30) || '", "note": "n' || i || '"}}' FROM n WHERE i % 2 = 0"""
_REQUESTS = """lead_request (site_id, id, number, requested_at, form_name, client_id, visit_id, recorded_at, manager,
    custom_values)
{numbers} SELECT 1, i, 'r' || i, :start + i * :lead_step, 'Form ' || (i % 15), 1 + (i * 7919) % :clients,
    CASE WHEN i % 5 THEN i * :visits_per_lead END, 0, 'Manager ' || (i % 25),
    '{{"branch": "Branch ' || (i % 30) || '"}}' FROM n WHERE i % 2 = 1"""
_SINGLE_CREDITS = """lead_credit (site_id, lead_id, model, position, visit_id, visit_started_at, share,
    traffic_source_id)
{numbers}, model(m) AS (VALUES (0), (1), (2), (3))
SELECT 1, i, m, 0, v, :start + v * :visit_step, NULL, 1 + (v * 7919) % :sources
FROM (SELECT i, m, CASE WHEN m < 2 OR i * :visits_per_lead <= 3 * :visitors THEN i * :visits_per_lead
                   ELSE i * :visits_per_lead - (i % 4) * :visitors END AS v FROM n, model WHERE i % 5)"""
_SPLIT_CREDITS = """lead_credit (site_id, lead_id, model, position, visit_id, visit_started_at, share,
    traffic_source_id)
{numbers}, model(m) AS (VALUES (4), (5), (6)), place(p) AS (VALUES (0), (1), (2), (3))
SELECT 1, i, m, p, v, :start + v * :visit_step, share, 1 + (v * 7919) % :sources FROM (
    SELECT i, m, p, i * :visits_per_lead - p * :visitors AS v,
        CASE WHEN touches = 1 THEN 1000000 WHEN p = 0 THEN 1000000 - (touches - 1) * (1000000 / touches)
        ELSE 1000000 / touches END AS share
    FROM (SELECT i, CASE WHEN i * :visits_per_lead <= 3 * :visitors THEN 1 ELSE 1 + i % 4 END AS touches
          FROM n WHERE i % 5), model, place WHERE p < touches)"""
_DEALS = """deal (site_id, id, number, status, amount_rub, happened_at, recorded_at, touched_at, changed_at, version,
    service, manager, custom_values, lead_kind, lead_id, clue_phone_as_sent, clue_phone,
    clue_link_threshold_seconds, fingerprint, status_since)
{numbers} SELECT 1, i, 'd' || i, 'Status ' || (1 + i % :statuses), (i * 7919) % 1000000000,
    :start + i * :deal_step, 0, 0, CASE WHEN i % 2 THEN :start + i * :deal_step + 3600000000 END, 1,
    'Service ' || (i % 8), 'Manager ' || (i % 25),
    '{{"branch": "Branch ' || (i % 30) || '", "delivery": "Way ' || (i % 5) || '", "note": "n' || i || '"}}',
    CASE WHEN lead IS NULL THEN NULL WHEN lead % 2 THEN 'lead_request' ELSE 'call' END, lead,
    '7920' || i, '7920' || i, 3600, '', NULL
FROM (SELECT i, CASE WHEN i % 10 < 7 THEN max(i * :leads_per_deal - 5, 1) END AS lead FROM n)"""
_TAGS = "deal_tag (site_id, deal_id, position, tag) {numbers} SELECT 1, i, 0, 'tag ' || (i % 9) FROM n WHERE i % 4 = 0"
_COSTS = """cost (site_id, day_on, traffic_source_id, system, account, origin, amount_kopecks, clicks)
{numbers}, day(d) AS (SELECT 739000 + i FROM n WHERE i <= 400)
SELECT 1, 739216 - d + 739001, i, 'direct', 'main', 'file', 10000 + i * 7 + d % 11, i % 50 FROM n, day WHERE i <= 200"""
_STATEMENTS = (
    ("sources", _SOURCES), ("statuses", _STATUSES), ("visits", _VISITS), ("clients", _CLIENTS), ("leads", _CALLS),
    ("leads", _REQUESTS),
    ("leads", _SINGLE_CREDITS), ("leads", _SPLIT_CREDITS), ("deals", _DEALS), ("deals", _TAGS), ("sources", _COSTS),
)  # fmt: skip
"""For each table, the name of the number of rows to generate from, and the rest of its INSERT statement."""
