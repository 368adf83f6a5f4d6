"""The fictitious company of the demo: it sells windows and advertises them in three systems."""

from dealtrace.attribution.cost import CostAccount
from dealtrace.attribution.landing_tags import PAID
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record

ADDRESS = "https://okna.example"
"""The address of the company's website; a domain under `.example` belongs to nobody."""


@record
class System:
    """An advertising system: the account to which its costs belong, and the parameter that it adds to URLs."""

    account: CostAccount
    click_id: str


@record
class DemoCampaign:
    """A campaign: its traffic source, and the price of a click in its advertising system.

    E-mail campaigns have no advertising system.
    """

    source: TrafficSource
    system: System | None = None
    click_rub: float = 0
    ads: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@record
class Channel:
    """A way in which visitors come to a page: by a campaign, from another website, or directly.

    `visits` is how many of 1,000 visitors first come this way. `leads` is how likely they are to leave a lead, where 1
    is average. `wins` is the share of their deals that is won.
    """

    name: str
    page: str
    visits: float
    leads: float
    wins: float
    referrer: str = ""
    campaign: DemoCampaign | None = None


_YANDEX = System(CostAccount("yandex", "okna-direct"), "yclid")
_GOOGLE = System(CostAccount("google", "123-456-7890"), "gclid")
_VK = System(CostAccount("vk", "okna_vk"), "rb_clickid")
_WINDOWS = ("пластиковые окна", "окна цена", "окна с установкой", "заказать окна", "окна в рассрочку")
_BALCONIES = ("остекление балкона", "балкон под ключ", "тёплое остекление лоджии")
_BRAND = ("окна ромашка", "ромашка отзывы")


def _clicked(
    system: System, name: str, click_rub: float, ads: tuple[str, ...], keywords: tuple[str, ...] = ()
) -> DemoCampaign:
    return DemoCampaign(TrafficSource(system.account.system, PAID, name), system, click_rub, ads, keywords)


def _mailed(name: str) -> DemoCampaign:
    return DemoCampaign(TrafficSource("rassylka", "email", name))


_SEARCH = _clicked(_YANDEX, "okna_poisk", 310, ("tsena", "montazh"), _WINDOWS)
_BALCONY_SEARCH = _clicked(_YANDEX, "balkony_poisk", 360, ("pod_klyuch",), _BALCONIES)
_BRAND_SEARCH = _clicked(_YANDEX, "brend", 45, ("brend",), _BRAND)
_NETWORK = _clicked(_YANDEX, "rsya", 120, ("banner_1", "banner_2", "banner_3"))
_WINDOWS_SEARCH = _clicked(_GOOGLE, "windows_search", 210, ("text_1", "text_2"), _WINDOWS[:3])
_REMARKETING = _clicked(_GOOGLE, "remarketing", 80, ("image",))
_LOOKALIKE = _clicked(_VK, "lookalike", 120, ("video", "karusel"))
_DISCOUNT = _clicked(_VK, "skidka_osen", 130, ("post_1", "post_2"))

CHANNELS = (
    Channel("yandex windows", "/okna", 150, 1.5, 0.44, campaign=_SEARCH),
    Channel("yandex balconies", "/balkony", 85, 1.7, 0.47, campaign=_BALCONY_SEARCH),
    Channel("yandex brand", "/", 35, 3.2, 0.62, campaign=_BRAND_SEARCH),
    Channel("yandex network", "/akcii", 70, 0.45, 0.3, campaign=_NETWORK),
    Channel("google windows", "/okna", 60, 1.3, 0.42, campaign=_WINDOWS_SEARCH),
    Channel("google remarketing", "/akcii", 20, 1.1, 0.4, campaign=_REMARKETING),
    Channel("vk lookalike", "/akcii", 75, 0.4, 0.16, campaign=_LOOKALIKE),
    Channel("vk discount", "/akcii", 45, 0.6, 0.2, campaign=_DISCOUNT),
    Channel("yandex organic", "/okna", 130, 1.0, 0.42, "https://yandex.ru/"),
    Channel("google organic", "/balkony", 75, 0.9, 0.4, "https://www.google.com/"),
    Channel("direct", "/", 120, 1.2, 0.5),
    Channel("maps", "/", 30, 1.6, 0.48, "https://2gis.ru/"),
    Channel("forum", "/okna", 20, 0.8, 0.4, "https://remont.example/topic/1"),
    Channel("vk", "/akcii", 25, 0.4, 0.3, "https://vk.com/"),
    Channel("news by mail", "/akcii", 40, 1.0, 0.52, campaign=_mailed("novosti")),
    Channel("reminder by mail", "/raschet", 20, 1.8, 0.55, campaign=_mailed("napominanie")),
)
SYSTEMS = (_YANDEX, _GOOGLE, _VK)
RETURNING_WEIGHTS = {
    "direct": 45.0,
    "yandex organic": 18.0,
    "google organic": 7.0,
    "news by mail": 12.0,
    "reminder by mail": 10.0,
}
"""The weights of the channels through which visitors return if they do not use their first channel again."""
RETURNING_ALIKE = 0.25
"""The share of returning visitors who return through their first channel."""

UNSEEN = TrafficSource("yandex", PAID, "okna_staraya")
"""A campaign that costs money and brings no visits, because its links lead to another website."""
UNSEEN_DAY_RUB = 350.0

CITIES = {
    "Москва": 46.0,
    "Санкт-Петербург": 17.0,
    "Казань": 9.0,
    "Нижний Новгород": 8.0,
    "Екатеринбург": 7.0,
    "Тула": 5.0,
    "": 8.0,
}


@record
class Device:
    """A kind of device, and the user agent of its browser."""

    kind: str
    os: str
    browser: str
    user_agent: str
    weight: float


_MOBILE = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko)"
_DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_IPAD = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
DEVICES = (
    Device("mobile", "Android", "Chrome Mobile", f"{_MOBILE} Chrome/126.0.0.0 Mobile Safari/537.36", 30),
    Device(
        "mobile", "Android", "Yandex Browser", f"{_MOBILE} Chrome/124.0.0.0 YaBrowser/24.6 Mobile Safari/537.36", 16
    ),
    Device("mobile", "iOS", "Mobile Safari", f"{_IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", 19),
    Device("desktop", "Windows", "Chrome", f"{_DESKTOP} Chrome/126.0.0.0 Safari/537.36", 16),
    Device("desktop", "Windows", "Yandex Browser", f"{_DESKTOP} Chrome/124.0.0.0 YaBrowser/24.6 Safari/537.36", 13),
    Device("tablet", "iOS", "Mobile Safari", f"{_IPAD} Version/17.5 Mobile/15E148 Safari/604.1", 4),
)

OFFICE_NUMBER = "74950000100"
DIALLED_NUMBERS = {"yandex": "74950000101", "google": "74950000102", "vk": "74950000103", "rassylka": "74950000104"}
"""The phone number that the site shows to the visitors from each source; all other visitors see the office number."""
PBX = "office-pbx"
FORMS = {"Расчёт стоимости": 44.0, "Обратный звонок": 31.0, "Вызов замерщика": 25.0}
CALL_MANAGERS = {"Анна Белова": 34.0, "Игорь Соколов": 30.0, "Мария Лебедева": 22.0, "Тимур Галиев": 14.0}

PRODUCTS = {"Окна": (52.0, 41_000), "Балкон": (24.0, 86_000), "Двери": (10.0, 33_000), "Ремонт окон": (14.0, 6_400)}
"""The products of the company: how often each is sold, and its usual amount in rubles."""
PRODUCT_FIELD, PAYMENT_FIELD = "product", "payment"
"""The custom fields of deals."""
PAYMENTS = {"Карта": 40.0, "Счёт": 22.0, "Рассрочка": 38.0}
SERVICES = {"AmoCRM": 82.0, "1C": 18.0}
"""The programs that register deals, and about what percentage of the deals each registers."""
NEW, WORKING, MEASURED, WON, LOST = "Новая", "В работе", "Замер", "Оплачена", "Отказ"
"""The statuses of deals."""
LOST_TAGS = {"дорого": 40.0, "выбрали других": 30.0, "не дозвонились": 30.0}
STATED_SOURCES = {
    TrafficSource("Выставка", "offline", "Строй-2026"): 40.0,
    TrafficSource("Рекомендация", "offline"): 38.0,
    TrafficSource("Партнёры", "offline", "Бюро дизайна"): 22.0,
}
"""The sources that the CRM states for deals without a lead."""

FIRST_NAMES = ("Александр", "Елена", "Сергей", "Ольга", "Дмитрий", "Наталья", "Андрей", "Ирина", "Максим", "Юлия",
               "Рустам", "Алсу", "Павел", "Светлана", "Виктор", "Дарья")  # fmt: skip
LAST_NAMES = ("Ким", "Шевченко", "Черных", "Дубко", "Мельник", "Гончар", "Саакян", "Белых", "Цой", "Матвиенко",
              "Ли", "Живаго", "Бондарь", "Литвак", "Седых", "Коваль")  # fmt: skip
"""Last names that women and men share."""

SHARE_COLUMN, REFUSED_COLUMN, MEASURED_COLUMN = "Доля отказов", "Отказы", "На замере"
SEGMENT_NAME, SEGMENT_FILTERS = "Москва, телефоны", ("city:is:Москва", "device:is:mobile")
