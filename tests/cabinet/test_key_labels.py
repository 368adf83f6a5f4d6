"""Keys of reports and values of filters as people read them: no codes, and no names of parameters."""

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.rendering import translations_of
from dealtrace.cabinet.reports.chips import filter_texts, written_filter
from dealtrace.cabinet.reports.form_fields import choices_of
from dealtrace.cabinet.reports.key_cells import key_label, missing_key_label, value_label
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.errors import Language
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import escaped
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.reading.meanings import dimension_meaning


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_weeks_are_shown_as_their_days_and_quarters_in_words() -> None:
    week, quarter = DIMENSIONS["week"], DIMENSIONS["quarter"]
    assert plain(key_label(week, "2026-W35", "ru")) == "24–30 авг"
    assert plain(key_label(week, "2026-W40", "en")) == "28 Sep – 4 Oct"
    assert key_label(quarter, "2026-Q3", "ru") == "3 кв. 2026"
    assert key_label(quarter, "2026-Q3", "en") == "Q3 2026"


def test_months_stand_alone_by_name_and_in_dates_in_the_genitive() -> None:
    may = date(2026, 5, 1)
    assert plain(key_label(DIMENSIONS["month"], "2026-05", "ru")) == "Май 2026"
    assert plain(key_label(DIMENSIONS["month"], "2026-11", "ru")) == "Ноябрь 2026"
    assert plain(key_label(DIMENSIONS["month"], "2026-11", "en")) == "Nov 2026"
    assert plain(key_label(DIMENSIONS["week"], "2026-W19", "ru")) == "4–10 мая"
    assert plain(key_label(DIMENSIONS["day"], "2026-05-01", "ru")) == "1 мая"
    assert (plain(day("ru", may)), plain(day("en", may))) == ("1 мая 2026", "1 May 2026")


def test_values_of_filters_are_shown_in_words() -> None:
    assert value_label(DIMENSIONS["match_reason"], "no_lead_near", "ru") == "нет лида за допустимое время"
    for name in ("week", "day", "month", "quarter", "weekday"):
        for nonsense in ("", "x", "2026-W99", "2026-13", "-", "2026-Q"):
            assert value_label(DIMENSIONS[name], nonsense, "ru") == nonsense


def chips(*filters: str) -> list[str]:
    known = QuestionContext(date(2026, 11, 26), AttributionModel.LINEAR)
    url = ReportUrl("/reports", (), filters)
    return [plain(chip.text) for chip in choices_of(url, {}, known, "ru", is_whole=True).chips]


KNOWN = QuestionContext(date(2026, 11, 26), AttributionModel.LINEAR, fields=("product", "a=b"))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Источник = yandex", "source:is:yandex"),
        ("source IS NOT vk", "source:not:vk"),
        ("День недели = понедельник", "weekday:is:1"),
        ("Weekday is Monday", "weekday:is:1"),
        ("Устройство ≠ Телефон", "device:not:mobile"),
        ("Вид лида = заявка", "lead_kind:is:request"),
        ("Кампания содержит a:b", r"campaign:contains:a\:b"),
        ("Город без значения", "city:empty"),
        ("Кампания без значения", "campaign:empty"),
        ("Кампания среди: a, b", "campaign:among:a|b"),
        ("Поле «product» со значением", "field:product:filled"),
        ("Час события = 09", "own_hour:is:09"),
        ("service:is:AmoCRM", "service:is:AmoCRM"),
        ("Источник yandex", "Источник yandex"),
        ("Источникравно yandex", "Источникравно yandex"),
        ("Источник равно", "Источник равно"),
    ],
)
def test_a_filter_in_words_means_the_filter_that_is_shown_so(words: str, meant: str) -> None:
    assert written_filter(words, KNOWN) == meant
    if words != meant:
        shown = {filter_texts([meant], KNOWN, language, is_whole=True)[0].casefold() for language in ("ru", "en")}
        assert words.casefold() in shown


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Источник равно yandex", "source:is:yandex"),
        ("Устройство не равно Телефон", "device:not:mobile"),
        ("Город не указано", "city:empty"),
        ("Поле «product» указано", "field:product:filled"),
        ("Источник одно из: vk, yandex", "source:among:vk|yandex"),
        ("Источник равно", "Источник равно"),
    ],
)
def test_filters_in_former_words_are_read(words: str, meant: str) -> None:
    assert written_filter(words, KNOWN) == meant


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Кампания=осень", "campaign:is:осень"),
        ("campaign=autumn", "campaign:is:autumn"),
        ("Кампания =осень", "campaign:is:осень"),
        ("Кампания= осень", "campaign:is:осень"),
        ("Кампания≠осень", "campaign:not:осень"),
        ("campaign!=autumn", "campaign:not:autumn"),
        ("Campaign <> autumn", "campaign:not:autumn"),
        ("Кампания<>осень", "campaign:not:осень"),
        ("Устройство != Телефон", "device:not:mobile"),
        ("Кампания среди:a,b", "campaign:among:a|b"),
        ("Source one of:vk|yandex", "source:among:vk|yandex"),
        ("Поле «product»=чай", "field:product:is:чай"),
        ("Поле «product»<>чай", "field:product:not:чай"),
        ("Поле «a=b»=c", "field:a=b:is:c"),
    ],
)
def test_signs_of_filters_need_no_blanks_and_not_equal_is_written_in_three_ways(words: str, meant: str) -> None:
    assert written_filter(words, KNOWN) == meant


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Кампания=a=b", "campaign:is:a=b"),
        ("Кампания=a!=b", "campaign:is:a!=b"),
        ("Кампания!=a<>b≠c", "campaign:not:a<>b≠c"),
        ("Кампания содержит a=b", "campaign:contains:a=b"),
        ("Campaign contains utm<>x", "campaign:contains:utm<>x"),
        ("Кампания среди: a=1, b!=2", "campaign:among:a=1|b!=2"),
        ("campaign:is:a=b", "campaign:is:a=b"),
        ("field:a=b:not:c!=d", "field:a=b:not:c!=d"),
        ("осень=скидка", "осень=скидка"),
        ("Моя кампания=осень", "Моя кампания=осень"),
        ("Кампания=", "Кампания="),
        ("Кампания !осень", "Кампания !осень"),
        ("Кампания<осень", "Кампания<осень"),
        ("Кампания-a=b", "Кампания-a=b"),
        ("Кампания содержит-a", "Кампания содержит-a"),
        ("Campaign isautumn", "Campaign isautumn"),
    ],
)
def test_a_sign_in_a_value_or_after_no_title_stays_as_it_is(words: str, meant: str) -> None:
    assert written_filter(words, KNOWN) == meant


@pytest.mark.parametrize("value", ["=b", "= b", "!=b", "<>b", ">b", "≠b", "a=b", ":b"])
@pytest.mark.parametrize("operator", ["is", "not", "contains", "among"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_words_of_a_value_with_signs_are_read_back(language: Language, operator: str, value: str) -> None:
    meant = f"campaign:{operator}:{escaped(value)}"
    assert written_filter(filter_texts([meant], KNOWN, language, is_whole=True)[0], KNOWN) == meant


def test_a_chip_has_no_codes() -> None:
    shown = chips("match_reason:is:no_lead_near", "match_reason:among:phone|no_lead_near", "week:is:2026-W35")
    assert shown == [
        "Как найден лид = нет лида за допустимое время",
        "Как найден лид среди: по телефону, нет лида за допустимое время",
        "Неделя = 24–30 авг",
    ]
    assert chips(r"campaign:is:a\|b", "nonsense", "source:empty") == [
        "Кампания = a|b",
        "nonsense",
        "Источник без значения",
    ]


def test_a_chip_offers_the_opposite_filter_in_its_place() -> None:
    filters = ("match_reason:is:phone", "source:empty", r"field\:x:nonsense", r"field:a\:b:not:c\:d", "tag:contains:x")
    known = QuestionContext(date(2026, 11, 26), AttributionModel.LINEAR)
    shown = choices_of(ReportUrl("/reports", (), filters), {}, known, "en", is_whole=True).chips
    assert [chip.opposite for chip in shown] == [
        "Match reason is not by phone",
        "Source is filled",
        "",
        "field:a:b is c:d",
        "",
    ]
    turned = {
        parse_qsl(urlsplit(chip.opposite_url).query)[place][1] for place, chip in enumerate(shown) if chip.opposite
    }
    assert turned == {"match_reason:not:phone", "source:filled", r"field:a\:b:is:c\:d"}
    assert len(parse_qsl(urlsplit(shown[0].opposite_url).query)) == len(filters)
    both = ReportUrl("/reports", (), ("source:is:a", "source:not:a"))
    assert both.with_other_filter("source:is:a", "source:not:a").filters == ("source:not:a",)


def test_a_missing_client_says_why_it_is_missing() -> None:
    say = translations_of("ru").gettext
    assert missing_key_label(DIMENSIONS["client_kind"], say) == "(клиент неизвестен: у сделки нет лида)"
    assert missing_key_label(DIMENSIONS["source"], say) == "(без источника)"


def test_matching_is_explained_where_it_is_named() -> None:
    assert "найден лид" in dimension_meaning(DIMENSIONS["match_reason"], "ru")
    assert dimension_meaning(DIMENSIONS["source"], "en") == ""
