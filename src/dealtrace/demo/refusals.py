"""The refusals about the demo; like the refusals in `errors.py`, they are subclasses of `Refusal`."""

from dealtrace.errors import Refusal


class DemoExists(Refusal):
    """A demo already exists."""

    code = 10090
    ru = "Демо уже есть: сайт {site_id}. Удалить: dealtrace demo --remove --site {site_id}"
    en = "A demo already exists: site {site_id}. To remove it: dealtrace demo --remove --site {site_id}"


class DemoMissing(Refusal):
    """There is no demo to remove."""

    code = 10091
    ru = "Демо нет. Создать: dealtrace demo"
    en = "There is no demo. To create one: dealtrace demo"


class SiteNotEmpty(Refusal):
    """The site has data. A demo needs an empty site, since removing the demo deletes everything in the site."""

    code = 10092
    ru = "На сайте {site_id} есть данные ({rows}), а для демо нужен пустой. Создать новый: dealtrace demo без --site"
    en = (
        "Site {site_id} has data ({rows}), but a demo needs an empty site. To create one: dealtrace demo without --site"
    )


class SiteUnfit(Refusal):
    """A demo needs matching by contact, which is off in the site's settings."""

    code = 10093
    ru = "Для демо нужен поиск лида по контактам. Включить: dealtrace site set {site_id} contact_matching=on"
    en = "A demo needs matching by contact. To turn it on: dealtrace site set {site_id} contact_matching=on"


class SiteInUse(Refusal):
    """The site of a demo also has other data, which would be removed with the demo."""

    code = 10094
    ru = (
        "На сайте {site_id} есть не только данные демо (других записей: {rows}). "
        "Удалить всё: dealtrace demo --remove --site {site_id} --all"
    )
    en = (
        "Site {site_id} has other data besides the demo (records: {rows}). "
        "To remove everything: dealtrace demo --remove --site {site_id} --all"
    )


class SeveralDemos(Refusal):
    """There are several demos, and no site was given."""

    code = 10096
    ru = "Демо есть на сайтах {site_ids}. Укажите, какое удалить: dealtrace demo --remove --site N"
    en = "Sites {site_ids} have demos. Specify which to remove: dealtrace demo --remove --site N"
