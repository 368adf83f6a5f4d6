"""The names of attribution models for programs, their labels, and their rules as parts of sentences."""

from collections.abc import Mapping

from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import Language

MODEL_LABELS: Mapping[AttributionModel, tuple[str, str]] = {
    AttributionModel.LAST_INTERACTION: ("Последнее взаимодействие", "Last interaction"),
    AttributionModel.LAST_NON_DIRECT: ("Последнее непрямое", "Last non-direct"),
    AttributionModel.FIRST_INTERACTION: ("Первое взаимодействие", "First interaction"),
    AttributionModel.FIRST_NON_DIRECT: ("Первое непрямое", "First non-direct"),
    AttributionModel.LINEAR: ("Линейная", "Linear"),
    AttributionModel.TIME_DECAY: ("С учётом давности", "Time decay"),
    AttributionModel.POSITION_BASED: ("С учётом позиции", "Position-based"),
}
_MEANINGS: Mapping[AttributionModel, tuple[str, str]] = {
    AttributionModel.LAST_INTERACTION: (
        "всё получает последний визит перед обращением, даже если это прямой заход",
        "the last visit before the lead gets everything, even if it was direct",
    ),
    AttributionModel.LAST_NON_DIRECT: (
        "всё получает последний визит с рекламы, из поиска или по ссылке; прямой заход — только если других не было",
        "the last visit from an ad, a search or a link gets everything; a direct one only if there was no other",
    ),
    AttributionModel.FIRST_INTERACTION: (
        "всё получает первый визит клиента за 90 дней, даже если это прямой заход",
        "the client’s first visit in 90 days gets everything, even if it was direct",
    ),
    AttributionModel.FIRST_NON_DIRECT: (
        "всё получает первый за 90 дней визит с рекламы, из поиска или по ссылке; прямой — только если других не было",
        "the first visit in 90 days from ads, search or links gets everything; a direct one only if there was no other",
    ),
    AttributionModel.LINEAR: (
        "все визиты за 90 дней получают поровну, поэтому числа дробные",
        "all visits in 90 days get equal shares, so numbers have fractions",
    ),
    AttributionModel.TIME_DECAY: (
        "чем раньше визит, тем меньше его доля: вдвое за каждые 7 дней",
        "the earlier a visit, the less it gets: half as much for every 7 days",
    ),
    AttributionModel.POSITION_BASED: (
        "по 40 % первому и последнему визиту, остальное поровну между ними",
        "40% each for the first and the last visit, the rest in equal shares between them",
    ),
}
assert set(MODEL_LABELS) == set(_MEANINGS) == set(AttributionModel)


def model_key(model: AttributionModel) -> str:
    """Return the name of a model for programs, for example `last_non_direct`; it never changes."""
    return model.name.lower()


def model_label(model: AttributionModel, language: Language) -> str:
    """Return the label of a model."""
    ru, en = MODEL_LABELS[model]
    return ru if language == "ru" else en


def model_meaning(model: AttributionModel, language: Language) -> str:
    """Return the rule by which a model credits visits, as a part of a sentence."""
    ru, en = _MEANINGS[model]
    return ru if language == "ru" else en
