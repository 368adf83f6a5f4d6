"""What a change to a site's setting would do: a sentence, figures before and after, and the days that would change."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_days import site_day
from dealtrace.attribution.known_sum import known_sum
from dealtrace.errors import Language
from dealtrace.record import record

SENTENCES: Mapping[str, Mapping[Language, str]] = {
    "name": {
        "ru": "Новое название появится на страницах, в письмах и файлах. Цифры не изменятся.",
        "en": "Pages, e-mails and files show the new name. No figure changes.",
    },
    "timezone": {
        "ru": "Отчёты и журналы сразу пересчитываются по дням нового пояса, в том числе за прошлое: сами события не "
        "сдвигаются, меняется только показанное время. Расходы и курсы валют остаются в своих днях. Даты из других "
        "программ с этого момента читаются в новом поясе.",
        "en": "Reports and journals are recalculated at once by the days of the new zone, past days included: events "
        "do not move, only the time shown changes. Costs and exchange rates stay on their days. From now on, dates "
        "sent by programs are read in the new zone.",
    },
    "unique_depth_days": {
        "ru": "Уникальность всех лидов, в том числе прошлых, пересчитывается сразу.",
        "en": "The uniqueness of leads is recalculated at once, including that of past leads.",
    },
    "target_call_seconds": {
        "ru": "Целевые звонки сразу пересчитываются, в том числе прошлые.",
        "en": "Target calls are recalculated at once, including past calls.",
    },
    "respects_do_not_track=on": {
        "ru": "Прошлое не изменится. С этого момента не считаются визиты из браузеров, которые просят не отслеживать, "
        "и лиды таких посетителей остаются без источника.",
        "en": "Nothing in the past changes. From now on, visits from browsers that ask not to be tracked are not "
        "counted, and leads of such visitors get no source.",
    },
    "respects_do_not_track=off": {
        "ru": "Прошлое не изменится: непосчитанные визиты неизвестны. С этого момента считаются визиты из всех "
        "браузеров.",
        "en": "Nothing in the past changes: visits that were not counted are unknown. From now on, visits from all "
        "browsers are counted.",
    },
    "points_per_day": {
        "ru": "Прошлое не изменится. С этого момента запросы сверх дневного лимита баллов отклоняются до следующего "
        "дня.",
        "en": "Nothing in the past changes. From now on requests beyond the daily limit of points are refused until "
        "the next day.",
    },
    "points_per_day=0": {
        "ru": "Прошлое не изменится. С этого момента запросы не отклоняются из-за баллов.",
        "en": "Nothing in the past changes. From now on, no request is refused for lack of points.",
    },
    "points_cost": {
        "ru": "Прошлое не изменится: потраченные баллы остаются потраченными. С этого момента столько стоит каждый "
        "успешный запрос метода.",
        "en": "Nothing in the past changes: points that are spent stay spent. From now on each successful request of "
        "the method costs this much.",
    },
    "cors_origins": {
        "ru": "Прошлое не изменится. С этого момента к API могут обращаться страницы с добавленных адресов, а "
        "страницы с удалённых — нет: браузеры не отдают им ответы.",
        "en": "Nothing in the past changes. From now on pages of added origins may call the API; pages of removed "
        "origins may not, because browsers hide the answers from them.",
    },
    "status": {
        "ru": "Отчёты сразу считаются по новому значению, в том числе за прошлые дни. Сами сделки не изменятся.",
        "en": "Reports use the new meaning at once, even for past days. The deals themselves do not change.",
    },
    "counter": {
        "ru": "Прошлое не изменится. Страницы, на которых стоит прежний код счётчика, перестают считать визиты, пока "
        "его не заменят. Страницы, где вместо кода указан номер сайта, считают визиты как раньше.",
        "en": "Nothing in the past changes. Pages with the old code of the counter stop counting visits until it is "
        "replaced. Pages that have the site's number instead of a code count visits as before.",
    },
}
"""What a change to each setting does; a key `setting=value` is used if the setting is changed to that value."""
STATUS_PREFIX = "status."
"""The prefix of an effect's key if the meaning of a status changes; the name of the status follows the prefix."""
FIGURE_TITLES: Mapping[str, Mapping[Language, str]] = {
    "visits_on_another_day": {"ru": "Визиты, перешедшие на другой день", "en": "Visits that move to another day"},
    "calls_on_another_day": {"ru": "Звонки, перешедшие на другой день", "en": "Calls that move to another day"},
    "requests_on_another_day": {
        "ru": "Заявки, перешедшие на другой день",
        "en": "Lead requests that move to another day",
    },
    "deals_on_another_day": {"ru": "Сделки, перешедшие на другой день", "en": "Deals that move to another day"},
    "rubles_on_another_day": {
        "ru": "Сумма сделок, перешедших на другой день",
        "en": "Amount of deals that move to another day",
    },
    "deals_in_another_month": {"ru": "Сделки, перешедшие в другой месяц", "en": "Deals that move to another month"},
    "rubles_in_another_month": {
        "ru": "Сумма сделок, перешедших в другой месяц",
        "en": "Amount of deals that move to another month",
    },
    "deals_at_another_rate": {"ru": "Сделки по другому курсу валюты", "en": "Deals with a different exchange rate"},
    "unique_calls": {"ru": "Уникальные звонки", "en": "Unique calls"},
    "unique_requests": {"ru": "Уникальные заявки", "en": "Unique lead requests"},
    "target_calls": {"ru": "Целевые звонки", "en": "Target calls"},
    "unique_target_calls": {"ru": "Уникально-целевые звонки", "en": "Unique target calls"},
    "points_spent_today": {"ru": "Потрачено сегодня, баллов", "en": "Points spent today"},
    "days_beyond_the_limit": {
        "ru": "Дни, в которые потрачено больше лимита",
        "en": "Days on which more points than the limit were spent",
    },
    "won_deals": {"ru": "Выигранные сделки", "en": "Won deals"},
    "won_rubles": {"ru": "Выручка: сумма выигранных", "en": "Won amount"},
    "lost_deals": {"ru": "Проигранные сделки", "en": "Lost deals"},
    "lost_rubles": {"ru": "Сумма проигранных", "en": "Amount of lost deals"},
    "visits_of_the_counter": {"ru": "Визиты за эти дни", "en": "Visits on these days"},
}
"""The titles of figures, by the names of the figures."""


@record
class EffectFigure:
    """A figure before and after a change; a figure that exists only with the change has `has_before` false.

    Money is in kopecks, and `None` if it is unknown.
    """

    name: str
    after: int | None
    before: int | None = None
    is_money: bool = False
    is_before_unknown: bool = False

    @property
    def has_before(self) -> bool:
        """Whether the figure also exists without the change."""
        return self.before is not None or self.is_before_unknown


@record
class CountedDeals:
    """A number of deals, and the sum of their amounts in kopecks; with `has_unknown`, it leaves out unknown amounts."""

    count: int = 0
    kopecks: int = 0
    has_unknown: bool = False

    def __add__(self, other: "CountedDeals") -> "CountedDeals":
        """Return the total of two `CountedDeals`: the counts added up, and the kopecks added up."""
        has_unknown = self.has_unknown or other.has_unknown
        return CountedDeals(self.count + other.count, self.kopecks + other.kopecks, has_unknown)

    @property
    def known_kopecks(self) -> int | None:
        """The kopecks, or `None` if they are 0 only because unknown amounts are left out."""
        return known_sum(self.kopecks, has_unknown=self.has_unknown)


@record
class DayEffect:
    """The deals of one day, as counted before and after a setting is changed."""

    day_on: date
    before: CountedDeals
    after: CountedDeals


@record
class Effect:
    """The effect of one changed setting; `before` and `after` are values of the setting, as `site set` accepts them."""

    key: str
    before: str
    after: str
    figures: tuple[EffectFigure, ...] = ()
    days: tuple[DayEffect, ...] = ()

    def sentence(self, language: Language) -> str:
        """Return a sentence that describes the effect."""
        name = self.key.partition(".")[0]
        return SENTENCES.get(f"{name}={self.after}", SENTENCES.get(name, {}))[language]


def count_moved(
    counts: Mapping[datetime, CountedDeals], before: ZoneInfo, after: ZoneInfo
) -> tuple[CountedDeals, CountedDeals]:
    """Return totals of the deals that would move to another day, and to another month, if the time zone changed.

    `before` is the old time zone, and `after` the new one. `counts` has the total of the deals at each instant.
    """
    in_day = in_month = CountedDeals()
    for at, counted in counts.items():
        old, new = site_day(at, before), site_day(at, after)
        in_day += counted if old != new else CountedDeals()
        in_month += counted if (old.year, old.month) != (new.year, new.month) else CountedDeals()
    return in_day, in_month


def days_that_differ(
    counts: Mapping[datetime, CountedDeals], before: ZoneInfo, after: ZoneInfo
) -> tuple[DayEffect, ...]:
    """Return the days whose figures differ between the time zones `before` and `after`, earliest first."""
    sides: tuple[dict[date, CountedDeals], dict[date, CountedDeals]] = ({}, {})
    for at, counted in counts.items():
        for days, zone in zip(sides, (before, after), strict=True):
            day_on = site_day(at, zone)
            days[day_on] = days.get(day_on, CountedDeals()) + counted
    old, new = sides
    effects = (
        DayEffect(day_on, old.get(day_on, CountedDeals()), new.get(day_on, CountedDeals()))
        for day_on in sorted({*old, *new})
    )
    return tuple(effect for effect in effects if effect.before != effect.after)
