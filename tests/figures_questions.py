"""Random questions of random sites, in words, as callers ask them."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from dealtrace.dates_and_times import YEAR_MAX
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import escaped, escaped_name, split_escaped
from dealtrace.reports.metrics import COLUMN_PREFIX, METRICS
from dealtrace.reports.periods import PRESETS
from dealtrace.reports.question import CHANGE_PREFIX, RawQuestion
from figures_chance import CAMPAIGNS, DAYS_BACK, MEDIUMS, NAMES, SAY_NOTHING, SOURCES, STATUSES, TAGS
from figures_pieces import key_of_day
from figures_scenes import Scene

FILTERS_AT_MOST = 4
COMPARISONS = ("", "previous", "year", "weekdays", "months")
DRAWN_PER_NEIGHBOUR = 3
"""How many neighbours are drawn for each that is wanted, since the same ones are drawn again."""
OPERATORS = ("is", "is", "not", "not", "contains", "among", "empty", "filled")
VALUES = {
    "source": SOURCES, "medium": MEDIUMS, "campaign": CAMPAIGNS, "content": ("ad1",), "term": ("окна", "ОКНА"),
    "landing_page": ("https://shop.ru/", "/price"), "lead_kind": ("call", "request"),
    "client_kind": ("new", "returning"),
    "match_reason": ("pinned", "call_id", "phone", "email", "stated_source", "no_lead_near"), "tag": TAGS,
    "status": STATUSES, "service": ("AmoCRM", "Bitrix24"), "dialled": ("74951112233",), "device": ("mobile", "desktop"),
    "city": ("Москва", "Paris"), "browser": ("Firefox",), "os": ("Linux",), "hour": ("00", "02", "12", "23"),
    "own_hour": ("00", "02", "12", "23"),
    "weekday": ("1", "2", "7"), "path": ("yandex / cpc", "yandex / cpc → (direct)", "(direct) → google / organic"),
}  # fmt: skip


def random_words(random: Random, scene: Scene) -> RawQuestion:
    """Return a question in words."""
    fields = [f"field:{name}" for name in sorted(scene.player.site.custom_fields)]
    every = [*DIMENSIONS, *fields]
    by = random.sample(every, random.choice((0, 1, 1, 1, 2, 2, 3)))
    own = [f"{COLUMN_PREFIX}{column.name}" for column in scene.columns]
    metrics = random.sample([*METRICS, *own, *own], random.choice((1, 1, 2, 3, 6)))
    metrics = list(dict.fromkeys(metrics))
    columns = [*by, *metrics]
    pivot = random.choice(every) if random.random() < 0.15 else ""
    is_pivot = pivot not in ("", *by) and len(by) in (1, 2)
    models = "all" if random.random() < 0.06 and not is_pivot else ""
    compare = random.choice(COMPARISONS) if not is_pivot else ""
    changes = [f"{CHANGE_PREFIX}{name}" for name in metrics] if compare else []
    return RawQuestion(
        by=",".join(escaped_name(name) for name in by),
        pivot=pivot if is_pivot else "",
        metrics=",".join(metrics),
        **_period(random, scene),
        model=str(random.randrange(7)) if not models and random.random() < 0.8 else "",
        models=models,
        date_of=random.choice(("", "deal", "lead", "changed")),
        compare=compare,
        filters=tuple(_filter(random, scene, random.choice((*every, *by, *by))) for _ in range(_few(random))),
        segment=random.choice(list(scene.segments)) if scene.segments and random.random() < 0.2 else "",
        sort=random.choice(("", "-")) + escaped_name(random.choice([*columns, *changes]))
        if random.random() < 0.3
        else "",
        limit=str(random.randrange(1, 5)) if random.random() < 0.15 else "",
    )


def random_neighbours(random: Random, words: RawQuestion, count: int) -> list[RawQuestion]:
    """Return up to `count` questions that are answered from much the same rows: in another order, or of fewer rows.

    All differ. Some families of neighbours share another model, comparison or pivot.
    """
    metrics, by = words.metrics.split(","), [name for name in split_escaped(words.by, ",") if name]
    others: list[dict[str, str]] = [{}]
    if random.random() < 0.3:
        others.append({"models": "", "model": str(random.randrange(7))})
    if random.random() < 0.3 and not words.pivot:
        others.append({"compare": random.choice(COMPARISONS)})
    if random.random() < 0.3 and len(by) in (1, 2):
        pivot = random.choice([name for name in DIMENSIONS if name not in by])
        others.append({"pivot": pivot, "models": "", "compare": ""})

    def neighbour() -> RawQuestion:
        mine = random.choice((metrics, metrics, random.sample(metrics, len(metrics))))
        other = replace(words, **random.choice(others))  # type: ignore[arg-type]  # only texts
        changes = [f"{CHANGE_PREFIX}{name}" for name in metrics] if other.compare else []
        sort = random.choice(("", "-", "-")) + random.choice([*metrics, *by, *changes])
        limit = str(random.randrange(1, 6)) if random.random() < 0.3 else ""
        return replace(other, metrics=",".join(mine), sort=random.choice(("", sort, sort)), limit=limit)

    found: dict[RawQuestion, None] = {}
    for _ in range(DRAWN_PER_NEIGHBOUR * count):
        found[neighbour()] = None
        if len(found) > count:
            break
    found.pop(words, None)
    return list(found)[:count]


def random_filters(random: Random, scene: Scene) -> list[str]:
    """Return one or two filters in words."""
    fields = [f"field:{name}" for name in sorted(scene.player.site.custom_fields)]
    every = [*DIMENSIONS, *fields]
    return [_filter(random, scene, random.choice(every)) for _ in range(random.randrange(1, 3))]


def _few(random: Random) -> int:
    return random.choice((0, 0, 0, 1, 1, 2, FILTERS_AT_MOST))


def _period(random: Random, scene: Scene) -> dict[str, str]:
    if random.random() < 0.3:
        return {"period": random.choice(("", *PRESETS))}
    latest = date(YEAR_MAX, 12, 31)
    days = sorted(min(scene.today - timedelta(days=random.choice((*DAYS_BACK, -6, -30))), latest) for _ in range(2))
    return {"first": days[0].isoformat(), "last": days[1].isoformat()}


def _filter(random: Random, scene: Scene, name: str) -> str:
    operator = random.choice(OPERATORS)
    start = f"{escaped_name(name)}:{operator}"
    if operator in ("empty", "filled"):
        return start
    if operator == "contains":
        return f"{start}:{escaped(_part_of(random, _value(random, scene, name)))}"
    if operator == "among":
        return f"{start}:" + "|".join(escaped(_value(random, scene, name)) for _ in range(random.randrange(1, 4)))
    return f"{start}:{escaped(_value(random, scene, name))}"


def _part_of(random: Random, text: str) -> str:
    text = random.choice((text, text.upper(), text.casefold()))
    return text[random.randrange(len(text) + 1) :][: random.randrange(4)]


def _value(random: Random, scene: Scene, name: str) -> str:
    if name in ("day", "week", "month", "quarter"):
        return key_of_day(name, scene.today - timedelta(days=random.choice(DAYS_BACK)))
    if name in ("hour", "own_hour", "weekday"):
        return random.choice(VALUES[name])
    if random.random() < 0.15:
        return random.choice(SAY_NOTHING)
    return random.choice(VALUES.get(name, NAMES[1:])) or ""
