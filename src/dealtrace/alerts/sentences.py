"""Describe alerts in Russian and English: sentences about rules, and the content of e-mails about incidents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dealtrace.accounts.site import Site
from dealtrace.alerts.incident import Incident
from dealtrace.alerts.rule import AlertKind, Rule
from dealtrace.errors import Language, text_in
from dealtrace.mails.figure_format import format_figure, format_usual
from dealtrace.mails.letter import Letter
from dealtrace.record import record
from dealtrace.reports.metrics import COLUMN_PREFIX, METRICS, Metric, Unit
from dealtrace.reports.periods import DAYS_OF_WEEK
from dealtrace.reports.reading.silence import TIMES_USUAL

_RULES: Mapping[Language, Mapping[AlertKind, str]] = {
    "ru": {
        AlertKind.SILENCE: "тишина {window}",
        AlertKind.DROP: "{window} на {amount} ниже обычного",
        AlertKind.SPIKE: "{window} на {amount} выше обычного",
        AlertKind.ABOVE: "{window} больше {amount}",
        AlertKind.BELOW: "{window} меньше {amount}",
    },
    "en": {
        AlertKind.SILENCE: "silence {window}",
        AlertKind.DROP: "{amount} below usual {window}",
        AlertKind.SPIKE: "{amount} above usual {window}",
        AlertKind.ABOVE: "more than {amount} {window}",
        AlertKind.BELOW: "less than {amount} {window}",
    },
}
_RAISED = {"ru": "Сработало", "en": "Raised"}
_ENDED = {"ru": "Закончилось", "en": "Ended"}
_TEST = {"ru": "Проверка", "en": "Test"}
_FIGURE = {
    "ru": "{metric} с {since} по {until}: {value}. Обычно {usual}.",
    "en": "{metric} from {since} to {until}: {value}. Usually {usual}.",
}
_FILTERS = {"ru": "Условия: {filters}", "en": "Filters: {filters}"}
_OF_END = {
    "ru": "Отклонение замечено {raised_at}, закончилось {ended_at}. Последнее значение: {value}.",
    "en": "The alert was raised at {raised_at} and ended at {ended_at}. Last figure: {value}.",
}
_OF_TEST = {
    "ru": "Это проверочное письмо: оповещения до вас доходят. Делать ничего не нужно.",
    "en": "This is a test: it shows that e-mails about this alert reach you. No action is needed.",
}
_BY_CHANCE = {
    "ru": "Проверок, в которых число отличалось от обычного на заданный процент, но не больше, чем бывает случайно: "
    "{count}. Они оповещения не вызывают.",
    "en": "Windows in which the count differed from the usual count by the rule’s percentage, but by no more than "
    "chance explains: {count}. They raise no alert.",
}
_LONGER = {
    "ru": "Выберите окно подольше, например неделю: там случайность заметна меньше.",
    "en": "Choose a longer window, such as a week: chance matters less there.",
}
_WITHOUT_CHANCE: Mapping[Language, Mapping[AlertKind, str]] = {
    "ru": {
        AlertKind.DROP: "Независимо от случайности срабатывают правила «Меньше порога» и, если обычно {least} или "
        "больше, «Тишина».",
        AlertKind.SPIKE: "Независимо от случайности срабатывает правило «Больше порога».",
    },
    "en": {
        AlertKind.DROP: "Rules of the kind “Below a limit”, and of the kind “Silence” if the usual count is {least} or "
        "more, do not depend on chance.",
        AlertKind.SPIKE: "Rules of the kind “Above a limit” do not depend on chance.",
    },
}


@record
class AlertSite:
    """The data for sentences and e-mails about an alert: its site, metrics of the site's columns, and filters in words.

    `columns` has the metrics of the site's report columns by name.
    """

    site: Site
    columns: Mapping[str, Metric]
    filters: Sequence[str] = ()


def metric_title(metric: str, language: Language, columns: Mapping[str, Metric]) -> str:
    """Return the title of a metric in a language; `columns` has the metrics of the site's report columns by name.

    If the column of a metric was removed, the title is the name of the column.
    """
    known = METRICS.get(metric) or columns.get(metric)
    if known is None:
        return metric.removeprefix(COLUMN_PREFIX)
    return text_in(language, known)


def rule_sentence(rule: Rule, language: Language, columns: Mapping[str, Metric]) -> str:
    """Describe a rule in a sentence, such as “Calls: silence within 3 hours”.

    `columns` has the metrics of the site's columns by name.
    """
    window = text_in(language, rule.window)
    said = _RULES[language][rule.kind].format(window=window, amount=_amount(rule, language, columns))
    return f"{metric_title(rule.metric, language, columns)}: {said}"


def chance_sentences(rule: Rule, count: int, language: Language) -> Sequence[str]:
    """Return sentences about the windows of a trial in which chance explains the difference from the usual count.

    Such windows raise no alert; `count` is their number. The sentences also say what to choose instead of this rule.
    If there are no such windows, the result is empty.
    """
    if not count:
        return []
    longer = [_LONGER[language]] if rule.window.days < DAYS_OF_WEEK else []
    without = _WITHOUT_CHANCE[language][rule.kind].format(least=TIMES_USUAL)
    return [_BY_CHANCE[language].format(count=count), *longer, without]


def _amount(rule: Rule, language: Language, columns: Mapping[str, Metric]) -> str:
    if rule.amount is None:
        return ""
    if rule.kind in (AlertKind.DROP, AlertKind.SPIKE):
        return f"{rule.amount:f}\u00a0%"
    metric = METRICS.get(rule.metric) or columns.get(rule.metric)
    unit = metric.unit if metric is not None else Unit.NUMBER
    return format_figure(f"{rule.amount:f}", unit, language, is_exact=True)


def letter_of_raised(rule: Rule, incident: Incident, site: AlertSite, language: Language, link: str) -> Letter:
    """Return the content of the e-mail about a raised alert."""
    return _letter(rule, site, language, _RAISED[language], link, [_figure(rule, incident, site, language)])


def letter_of_ended(rule: Rule, incident: Incident, site: AlertSite, language: Language, link: str) -> Letter:
    """Return the content of the e-mail about an alert that has ended."""
    end = _OF_END[language].format(
        raised_at=_clock(incident.raised_at, site.site.time_zone),
        ended_at=_clock(incident.ended_at or incident.raised_at, site.site.time_zone),
        value=format_figure(incident.ended_value, incident.unit, language),
    )
    return _letter(rule, site, language, _ENDED[language], link, [end, _figure(rule, incident, site, language)])


def letter_of_test(rule: Rule, site: AlertSite, language: Language, link: str) -> Letter:
    """Return the content of a test e-mail, by which a person checks that e-mails about an alert arrive."""
    return _letter(rule, site, language, _TEST[language], link, [_OF_TEST[language]])


def _letter(rule: Rule, site: AlertSite, language: Language, event: str, link: str, paragraphs: list[str]) -> Letter:
    sentence = rule_sentence(rule, language, site.columns)
    filters = [_FILTERS[language].format(filters="; ".join(site.filters))] if site.filters else []
    return Letter(
        f"{event}: {sentence} – {site.site.name}", (f"{site.site.name}. {sentence}.", *paragraphs, *filters), link
    )


def _figure(rule: Rule, incident: Incident, site: AlertSite, language: Language) -> str:
    return _FIGURE[language].format(
        metric=metric_title(rule.metric, language, site.columns),
        since=_clock(incident.since, site.site.time_zone),
        until=_clock(incident.until, site.site.time_zone),
        value=format_figure(incident.value, incident.unit, language),
        usual=format_usual(incident.usual, incident.unit, language),
    )


def _clock(at: datetime, time_zone: ZoneInfo) -> str:
    return f"{at.astimezone(time_zone):%d.%m.%Y %H:%M}"
