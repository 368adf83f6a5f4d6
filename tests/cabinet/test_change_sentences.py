"""Changes of a site in words of both languages."""

from datetime import UTC, datetime

import pytest

from cast import MOSCOW
from dealtrace.accounts.figure_changes import may_change_figures
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.cabinet.change_sentences import change_sentence
from dealtrace.cabinet.rendering import translations_of
from dealtrace.operations.accounts.change_site_settings import settings_of

SITE = Site(SiteId(1), "Shop", MOSCOW)


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_change_has_words_in_both_languages(kind: ChangeKind) -> None:
    names = (*settings_of(SITE), "unknown") if kind is ChangeKind.SETTING else ("2026-11-26 Имя",)
    for name in names:
        before, after = ("1", "4") if name == "attribution" else ("", "2026-10-01 2026-10-31")
        before, after = ("92.5 2026-10-01", "2 2026-10-01 2026-10-31") if kind is ChangeKind.RATE else (before, after)
        change = SiteChange(kind, name, before, after, datetime(2026, 11, 26, tzinfo=UTC))
        ru, en = (change_sentence(change, language, translations_of(language).gettext, {}) for language in ("ru", "en"))
        assert ru
        assert ru != en or name.startswith("points_cost") or name in ("cors_origins", "counter", "unknown")


@pytest.mark.parametrize(
    ("written", "ru", "en"),
    [
        ("Доля (formula): won/deals", "Доля – Формула: won/deals", "Доля – A formula: won/deals"),
        ("Брак (count): spam, test", "Брак – Количество сделок с этими статусами: spam, test",
         "Брак – The number of deals with these statuses: spam, test"),
        ("Брак (sum): spam", "Брак – Сумма сделок с этими статусами: spam",
         "Брак – The total amount of deals with these statuses: spam"),
        ("of an older release", "of an older release", "of an older release"),
    ],
)  # fmt: skip
def test_a_report_column_is_described_in_words(written: str, ru: str, en: str) -> None:
    change = SiteChange(ChangeKind.COLUMN, "Доля", "", written, datetime(2026, 11, 26, tzinfo=UTC))
    for language, words in (("ru", ru), ("en", en)):
        assert change_sentence(change, language, translations_of(language).gettext, {}).endswith(f"→ {words}")


@pytest.mark.parametrize(("day", "moves"), [("2026-11-18", True), ("2026-11-19", False)])
def test_rates_of_days_that_people_have_seen_move_figures(day: str, moves: bool) -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    for before, after in ((f"90 {day}", ""), ("", f"2 {day} 2026-11-26")):
        assert may_change_figures(SiteChange(ChangeKind.RATE, "usd", before, after, now), MOSCOW) is moves
