"""The refusals of the demo, a branch of the tree in `errors.py`."""

from dealtrace.errors import Refusal


class DemoExists(Refusal):
    """There is a demo already."""

    code = 10090
    ru = "Демо уже есть: сайт {site_id}. Удалить: dealtrace demo --remove --site {site_id}"
    en = "There is a demo already: site {site_id}. To remove it: dealtrace demo --remove --site {site_id}"


class DemoMissing(Refusal):
    """There is no demo to remove."""

    code = 10091
    ru = "Демо нет. Создать: dealtrace demo"
    en = "There is no demo. To make one: dealtrace demo"


class SiteNotEmpty(Refusal):
    """A demo fills a site that has nothing of its own, so that it can be removed without a trace."""

    code = 10092
    ru = "На сайте {site_id} есть данные ({rows}), демо нужен пустой. Без --site создаётся новый: dealtrace demo"
    en = "Site {site_id} has data ({rows}), a demo needs an empty one. Without --site a new one is made: dealtrace demo"


class SiteUnfit(Refusal):
    """A demo needs matching by contact, which is a setting of the site."""

    code = 10093
    ru = "Демо нужна склейка по контактам. Включить: dealtrace site set {site_id} contact_matching=on"
    en = "A demo needs matching by contact. To turn it on: dealtrace site set {site_id} contact_matching=on"


class SiteInUse(Refusal):
    """Others have stored something in the site of a demo, and it would be removed with it."""

    code = 10094
    ru = (
        "На сайте {site_id} есть не только демо (других записей: {rows}). "
        "Удалить всё: dealtrace demo --remove --site {site_id} --all"
    )
    en = (
        "Site {site_id} has more than the demo (other records: {rows}). "
        "To remove all of it: dealtrace demo --remove --site {site_id} --all"
    )


class SeveralDemos(Refusal):
    """There are several demos, and no site is named."""

    code = 10095
    ru = "Демо есть на сайтах {site_ids}. Укажите, какое удалить: dealtrace demo --remove --site N"
    en = "Sites {site_ids} have demos. Name the one to remove: dealtrace demo --remove --site N"
