"""The table of hosts known to all sites: search engines, social networks, e-mail, AI assistants, sign-ins and payments.

A host that matters to a single site belongs in the `SiteHosts` of this site.

Google's domains are from its published list of supported domains, Yandex's domains from its help. The other hosts were
seen as referrers of visits, or are in the documentation of the services.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache

from dealtrace.attribution.host_names import host_in_ascii, registered_domain
from dealtrace.record import record

LEAVING_PATH = "/url"
"""The path of a referrer through which search engines send people to a result; its `q` has the URL of the result.

Ours: neither `q` nor any other parameter with a URL counts as search words.
"""


class HostKind(StrEnum):
    """The kind of a host from which visitors come to a site."""

    OWN = "own"
    PAYMENT = "payment"
    SIGN_IN = "signin"
    MAIL = "email"
    SEARCH = "search"
    ASSISTANT = "ai"
    SOCIAL = "social"


@record
class KnownHost:
    """A known host: its kind, its source, and the URL parameters with search words.

    The source is `name` or, if that is empty, the host itself.
    """

    kind: HostKind
    name: str = ""
    search_words: tuple[str, ...] = ()


@record
class SearchEngine:
    """A search engine: its domains, and the URL parameter with the search words.

    People search on the `hosts` under each of these domains and, if `is_domain_known`, on the bare domains. They also
    search on every host under `subdomains_of`, such as `ru.search.yahoo.com`.
    """

    name: str
    search_words: str
    domains: str
    hosts: str = "m"
    is_domain_known: bool = True
    subdomains_of: str = ""


GOOGLE_SUFFIXES = """
ac ad ae al am as at az ba be bf bg bi bj bs bt by ca cat cc cd cf cg ch ci cl cm cn co.ao co.bw co.ck co.cr co.id co.il
co.in co.jp co.ke co.kr co.ls co.ma co.mz co.nz co.th co.tz co.ug co.uk co.uz co.ve co.vi co.za co.zm co.zw com com.af
com.ag com.ai com.ar com.au com.bd com.bh com.bn com.bo com.br com.bz com.co com.cu com.cy com.do com.ec com.eg com.et
com.fj com.gh com.gi com.gt com.hk com.jm com.kh com.kw com.lb com.ly com.mm com.mt com.mx com.my com.na com.ng com.ni
com.np com.om com.pa com.pe com.pg com.ph com.pk com.pr com.py com.qa com.sa com.sb com.sg com.sl com.sv com.tj com.tr
com.tw com.ua com.uy com.vc com.vn cv cz de dj dk dm dz ee es fi fm fr ga ge gg gl gm gr gy hn hr ht hu ie im iq is it
je jo kg ki kz la li lk lt lu lv md me mg mk ml mn mu mv mw ne nl no nr nu pl pn ps pt ro rs ru rw sc se sh si sk sm sn
so sr st td tg tl tm tn to tt vu ws
"""
YANDEX_SUFFIXES = "ru com by kz uz com.tr com.am com.ge az co.il ee eu fr kg lt lv md net org pl st tj tm ua"


def _under(name: str, suffixes: str) -> str:
    return " ".join(f"{name}.{suffix}" for suffix in suffixes.split())


SEARCH_ENGINES = (
    SearchEngine("yandex", "text", f"ya.ru {_under('yandex', YANDEX_SUFFIXES)}", "m search images video"),
    SearchEngine("google", "q", _under("google", GOOGLE_SUFFIXES), "m images encrypted"),
    SearchEngine("bing", "q", "bing.com", "m cn global"),
    SearchEngine("duckduckgo", "q", "duckduckgo.com duck.com", "html lite start safe noai"),
    SearchEngine("mail.ru", "q", "mail.ru", "go m.go nova.go", is_domain_known=False),
    SearchEngine("rambler", "query", "rambler.ru", "m nova search"),
    SearchEngine("yahoo", "p", "yahoo.com yahoo.co.jp", "search", subdomains_of="search"),
    SearchEngine("ecosia", "q", "ecosia.org"),
    SearchEngine("baidu", "wd", "baidu.com", "m"),
    SearchEngine("brave", "q", "brave.com", "search", is_domain_known=False),
    SearchEngine("startpage", "query", "startpage.com"),
    SearchEngine("qwant", "q", "qwant.com", "lite m"),
    SearchEngine("seznam", "q", "seznam.cz", "search"),
    SearchEngine("naver", "query", "naver.com", "search m.search"),
    SearchEngine("sogou", "query", "sogou.com", "m wap"),
    SearchEngine("360", "q", "so.com", "m"),
    SearchEngine("aol", "q", "aol.com", "search", is_domain_known=False),
    SearchEngine("ask", "q", "ask.com"),
    SearchEngine("kagi", "q", "kagi.com"),
    SearchEngine("mojeek", "q", "mojeek.com mojeek.co.uk"),
    SearchEngine("swisscows", "query", "swisscows.com"),
    SearchEngine("petal", "query", "petalsearch.com"),
)
"""The search engines; other hosts under their domains, such as `maps.google.com`, do not count as search."""

SOCIAL_NETWORKS: Mapping[str, str] = {
    "vk": "vk.com vk.ru vk.me vk.cc vk.link vkvideo.ru vkontakte.ru userapi.com",
    "ok": "ok.ru ok.me odnoklassniki.ru",
    "telegram": "t.me telegram.me telegram.org telegram.dog",
    "max": "max.ru",
    "whatsapp": "whatsapp.com whatsapp.net wa.me wa.link wl.co",
    "viber": "viber.com vb.me viber.me",
    "youtube": "youtube.com youtu.be youtube-nocookie.com",
    "rutube": "rutube.ru",
    "dzen": "dzen.ru zen.yandex.ru zen.yandex.com zen.yandex.kz zen.yandex.by",
    "moimir": "my.mail.ru",
    "facebook": "facebook.com fb.com fb.me fb.watch m.me messenger.com",
    "instagram": "instagram.com ig.me instagr.am",
    "threads": "threads.net threads.com",
    "x": "x.com twitter.com t.co",
    "tiktok": "tiktok.com",
    "linkedin": "linkedin.com lnkd.in",
    "pinterest": (
        "pinterest.com pinterest.ru pinterest.de pinterest.fr pinterest.es pinterest.it pinterest.co.uk "
        "pinterest.com.au pin.it"
    ),
    "reddit": "reddit.com redd.it",
    "snapchat": "snapchat.com",
    "tumblr": "tumblr.com",
    "quora": "quora.com",
    "discord": "discord.com discord.gg discordapp.com",
    "twitch": "twitch.tv",
    "bluesky": "bsky.app",
    "mastodon": "mastodon.social mastodon.online",
    "weibo": "weibo.com weibo.cn",
    "wechat": "wechat.com weixin.qq.com",
    "line": "line.me",
    "likee": "likee.video",
    "livejournal": "livejournal.com",
    "tenchat": "tenchat.ru",
    "pikabu": "pikabu.ru",
    "icq": "icq.com icq.im",
    "slack": "slack.com",
    "zalo": "zalo.me",
}
"""The registered domains of social networks and messengers; a domain includes all hosts under it."""

ASSISTANTS: Mapping[str, str] = {
    "chatgpt": "chatgpt.com chat.openai.com",
    "perplexity": "perplexity.ai",
    "claude": "claude.ai",
    "gemini": "gemini.google.com bard.google.com",
    "copilot": "copilot.microsoft.com copilot.com m365.cloud.microsoft copilot.cloud.microsoft",
    "alice": "alice.yandex.ru alice.ya.ru",
    "gigachat": "giga.chat gigachat.ru gigachat.sber.ru",
    "deepseek": "deepseek.com",
    "grok": "grok.com x.ai",
    "mistral": "chat.mistral.ai",
    "meta": "meta.ai",
    "qwen": "chat.qwen.ai qwen.ai",
    "kimi": "kimi.com kimi.ai",
    "doubao": "doubao.com",
    "poe": "poe.com",
    "you": "you.com",
    "phind": "phind.com",
    "pi": "pi.ai",
    "character": "character.ai",
    "notebooklm": "notebooklm.google.com",
    "duck.ai": "duck.ai",
    "manus": "manus.im",
}
"""The hosts of AI assistants, which link to pages as sources of their answers."""

MAIL_HOSTS = f"""
mail.google.com {_under("mail.yandex", YANDEX_SUFFIXES)} mail.ya.ru touch.mail.ru e.mail.ru m.mail.ru tel.mail.ru
octavius.mail.ru win.mail.ru light.mail.ru mail.rambler.ru outlook.live.com outlook.office.com outlook.office365.com
outlook.cloud.microsoft outlook.com mail.360.yandex.ru mail.icloud.com
mail.yahoo.com m.mail.yahoo.com mail.yahoo.co.jp mail.aol.com mail.proton.me mail.protonmail.com app.tuta.com
mail.tutanota.com
app.fastmail.com mail.zoho.com mail.zoho.eu mail.ukr.net mail.i.ua mail.qip.ru mail.nic.ru mail.163.com mail.126.com
mail.qq.com navigator.gmx.net mail.gmx.net mail.gmx.com email.seznam.cz poczta.wp.pl mail.naver.com
"""

SIGN_IN_HOSTS = f"""
{_under("accounts.google", GOOGLE_SUFFIXES)} accounts.youtube.com myaccount.google.com
{_under("passport.yandex", YANDEX_SUFFIXES)}
{_under("oauth.yandex", YANDEX_SUFFIXES)} {_under("sso.passport.yandex", YANDEX_SUFFIXES)} id.yandex.ru id.yandex.com
autofill.yandex.ru social.yandex.ru passport.ya.ru sso.ya.ru sso.dzen.ru passport.dzen.ru
id.vk.com id.vk.ru login.vk.com login.vk.ru oauth.vk.com oauth.vk.ru connect.vk.com connect.ok.ru
account.mail.ru auth.mail.ru o2.mail.ru connect.mail.ru oauth.mail.ru swa.mail.ru id.mail.ru oauth.telegram.org
id.rambler.ru account.apple.com appleid.apple.com idmsa.apple.com login.live.com login.microsoftonline.com
login.microsoft.com
account.live.com login.yahoo.com api.twitter.com appleid.cdn-apple.com
esia.gosuslugi.ru login.mos.ru id.sber.ru online.sberbank.ru id.tbank.ru id.tinkoff.ru id.alfabank.ru id.vtb.ru
id.ozon.ru id.hh.ru login.mts.ru auth.tochka.com login.school.mosreg.ru sudir.mos.ru id.x5.ru id.mts.ru
auth0.openai.com auth.openai.com
"""
"""Exact names of hosts where people sign in; other hosts under the same domains are ordinary referrers."""

PAYMENT_HOSTS = f"""
money.yandex.ru kassa.yandex.ru pay.yandex.ru split.yandex.ru trust.yandex.ru {_under("checkout.pay.yandex", "ru com")}
pay.google.com pay.vk.com pay.mail.ru money.mail.ru securepay.tinkoff.ru securepay.tbank.ru secure-pay.tbank.ru
pay.tbank.ru oplata.tinkoff.ru oplata.tbank.ru rest-api-test.tinkoff.ru securepayments.sberbank.ru 3dsec.sberbank.ru
securecardpayment.ru ecom.sberbank.ru pay.sber.ru payment.alfabank.ru pay.alfabank.ru web.rbsuat.com alfa.rbsuat.com
forma.tinkoff.ru forma.tbank.ru
ecommerce.sberbank.ru money.alfabank.ru pay.ya.ru checkout.paycom.uz my.click.uz pay.tkbbank.ru
acs.vtb.ru platezh.vtb24.ru vtb.rbsuat.com qr.nspk.ru sbp.nspk.ru acs.mirconnect.ru oplata.qiwi.com bill.qiwi.com
checkout.stripe.com buy.stripe.com hooks.stripe.com js.stripe.com invoice.stripe.com pay.cloudtips.ru
payments.amazon.com pay.amazon.com checkout.shopify.com shop.app pay.kaspi.kz epay.homebank.kz epay.kkb.kz
secure.wayforpay.com pay.fondy.eu checkout.bepaid.by checkout.2checkout.com secure.2checkout.com
pay.ozon.ru payment.ozon.ru pay.ozonbank.ru pay.wildberries.ru payment.wildberries.ru payments.wildberries.ru
pay.wb.ru pay.wb-bank.ru pay.avito.ru pay.megamarket.ru pay.mts.ru payment.mts.ru pay.mtsbank.ru pay.beeline.ru
pay.megafon.ru pay.t2.ru pay.tele2.ru pay.raif.ru e-commerce.raiffeisen.ru ecom.raiffeisen.ru pay.psbank.ru
pay.gazprombank.ru pay.modulbank.ru pay.tochka.com payment.rshb.ru pay.sovcombank.ru pay.sbp.ru sbp-qr.nspk.ru
"""
_BANKS = """
sberbank.ru sber.ru sbrf.ru tinkoff.ru tbank.ru alfabank.ru vtb.ru vtb24.ru mirconnect.ru nspk.ru gazprombank.ru gpb.ru
raiffeisen.ru raif.ru psbank.ru rshb.ru sovcombank.ru mtsbank.ru modulbank.ru tochka.com open.ru rosbank.ru bspb.ru
uralsib.ru akbars.ru mkb.ru pochtabank.ru rencredit.ru homecredit.ru otpbank.ru unicreditbank.ru bankuralsib.ru rsb.ru
absolutbank.ru domrfbank.ru zenit.ru ubrr.ru vbrr.ru ozonbank.ru wb-bank.ru multicarta.ru ucscards.ru
"""
"""Registered domains of banks and of companies that check cards for banks."""
_CARD_CHECK = re.compile(r"(?:3-?dsec(?:ure)?|3d-?secure|emv3ds|acs-3ds|3ds-acs)[0-9]*(?:-[0-9]+)?\.")
"""The prefix of hostnames on which banks check cards by 3-D Secure; no other hostnames have this prefix."""
_CARD_CHECK_OF_BANK = re.compile(r"(?:acs|3-?ds)[0-9]*(?:-[0-9]+)?\.")
"""A prefix of hostnames that means a card check only under the domain of a bank, as in `3ds.sberbank.ru`."""
PAYMENT_DOMAINS = """
yookassa.ru yoomoney.ru robokassa.ru robokassa.com robokassa.kz cloudpayments.ru cloudpayments.kz paymaster.ru
payanyway.ru moneta.ru unitpay.ru unitpay.money payform.ru prodamus.ru prodamus.me paykeeper.ru uniteller.ru assist.ru
payture.com payler.com platron.ru interkassa.com rbkmoney.com rbk.money w1.ru walletone.com webmoney.ru
dolyame.ru podeli.ru paysera.com paypal.com paypal.me payu.com payu.ru klarna.com adyen.com mollie.com sumup.com
worldpay.com authorize.net braintreegateway.com liqpay.ua wayforpay.com fondy.eu fondy.ua portmone.com.ua
webpay.by bepaid.by begateway.com expresspay.by paybox.money paybox.kz freedompay.kz payeer.com
lava.ru lava.top enot.io freekassa.com freekassa.ru anypay.io aaio.so modulbank-pay.ru arsenalpay.ru
payecom.ru platiecom.ru paymentgate.ru rbsuat.com mirconnect.ru tkbpay.ru payme.uz
ckassa.ru pscb.ru intellectmoney.ru onpay.ru mandarinpay.com mandarin.io paygine.com paymo.ru best2pay.net yandexpay.ru
"""
"""Registered domains that have only payment pages; a domain includes all hosts under it."""

APPS: Mapping[str, KnownHost] = {
    "com.google.android.googlequicksearchbox": KnownHost(HostKind.SEARCH, "google"),
    "ru.yandex.searchplugin": KnownHost(HostKind.SEARCH, "yandex"),
    "com.google.android.gm": KnownHost(HostKind.MAIL, "mail.google.com"),
    "ru.mail.mailapp": KnownHost(HostKind.MAIL, "e.mail.ru"),
    "ru.yandex.mail": KnownHost(HostKind.MAIL, "mail.yandex.ru"),
    "org.telegram.messenger": KnownHost(HostKind.SOCIAL, "telegram"),
    "com.vkontakte.android": KnownHost(HostKind.SOCIAL, "vk"),
    "ru.ok.android": KnownHost(HostKind.SOCIAL, "ok"),
    "com.facebook.katana": KnownHost(HostKind.SOCIAL, "facebook"),
    "com.instagram.android": KnownHost(HostKind.SOCIAL, "instagram"),
    "com.twitter.android": KnownHost(HostKind.SOCIAL, "x"),
    "com.linkedin.android": KnownHost(HostKind.SOCIAL, "linkedin"),
    "com.pinterest": KnownHost(HostKind.SOCIAL, "pinterest"),
    "com.reddit.frontpage": KnownHost(HostKind.SOCIAL, "reddit"),
    "com.slack": KnownHost(HostKind.SOCIAL, "slack"),
    "com.whatsapp": KnownHost(HostKind.SOCIAL, "whatsapp"),
    "com.viber.voip": KnownHost(HostKind.SOCIAL, "viber"),
    "com.google.android.youtube": KnownHost(HostKind.SOCIAL, "youtube"),
    "ru.zen.android": KnownHost(HostKind.SOCIAL, "dzen"),
    "ru.rutube.app": KnownHost(HostKind.SOCIAL, "rutube"),
    "ru.oneme.app": KnownHost(HostKind.SOCIAL, "max"),
    "org.telegram.messenger.web": KnownHost(HostKind.SOCIAL, "telegram"),
    "com.zhiliaoapp.musically": KnownHost(HostKind.SOCIAL, "tiktok"),
    "com.discord": KnownHost(HostKind.SOCIAL, "discord"),
    "com.microsoft.office.outlook": KnownHost(HostKind.MAIL, "outlook.live.com"),
    "com.openai.chatgpt": KnownHost(HostKind.ASSISTANT, "chatgpt"),
    "ai.perplexity.app.android": KnownHost(HostKind.ASSISTANT, "perplexity"),
}
"""Android apps, which send their own id as referrer instead of a page: `android-app://org.telegram.messenger/`."""

_SHARED = """
tilda.ws tilda.cc insales.ru myinsales.ru insales.site wixsite.com wixstudio.com editorx.io narod.ru narod2.ru
clients.site turbo.site turbopages.org business.site yandexcloud.net ucoz.ru ucoz.net ucoz.com ucoz.org ucoz.ua
ucoz.kz ucoz.es ucoz.de at.ua do.am my1.ru moy.su clan.su 3dn.ru 3bb.ru usite.pro ukit.me ulcraft.com umi.ru
nethouse.ru nethouse.me nethouse.online jimdo.com jimdofree.com jimdosite.com weebly.com weeblysite.com wordpress.com
wpcomstaging.com blogspot.com blogspot.ru blogger.com livejournal.com squarespace.com webflow.io framer.website
framer.app framer.ai carrd.co github.io gitlab.io netlify.app netlify.com vercel.app now.sh pages.dev workers.dev
web.app firebaseapp.com herokuapp.com onrender.com fly.dev railway.app glitch.me replit.app surge.sh godaddysites.com
site123.me mozello.com mozello.ru readymag.website company.site ecwid.com myshopify.com shopify.com bigcartel.com
mybigcommerce.com taplink.cc taplink.ws taplink.at bitrix24.ru bitrix24.com bitrix24.by bitrix24.kz bitrix24.site
bitrix24.shop bitrix24shop.ru b24site.online b24site.com lpmotor.ru lpmotortest.com mottor.site flexbe.com flexbe.ru
flexbe.net creatium.site creatium.io creatium.app craftum.io craftum.ru vigbo.com getcourse.ru orgs.biz nubex.ru
megagroup.ru megagroup.site setup.ru beget.tech beget.app timeweb.ru tmweb.ru tw1.ru swtest.ru nichost.ru h1n.ru
hostland.pro myjino.ru jino.ru holdcraft.ru tb.ru shop.by deal.by prom.ua satom.ru tiu.ru pulscen.ru blizko.ru
salebot.site gcserver.ru senler.ru leadteh.ru okis.ru a5.ru fo.ru wix.com strikingly.com mystrikingly.com ghost.io
substack.com medium.com tumblr.com notion.site super.site canva.site canva.me durable.co hostinger.site
hostingersite.com azurewebsites.net appspot.com run.app translate.goog ampproject.org com.ru net.ru org.ru pp.ru
msk.ru spb.ru nov.ru nsk.ru exnet.su msk.su spb.su nov.su ru.com ru.net eu.com uk.com us.com de.com co.com gb.net
se.net za.com
"""
SHARED_DOMAINS = frozenset(_SHARED.split())
"""Shared domains of site builders, hosting companies and resellers, under which hosts have different owners."""


def find_known(host: str) -> KnownHost | None:
    """Return the entry for a host, found by its exact name, by an ending in `_ENDINGS`, or by its registered domain.

    The result is `None` if the host is unknown.
    Ours: every bank has its own hosts for 3-D Secure checks of cards. So a host counts as a payment page if its first
    label is a name of this check, such as `3dsec`. The labels `acs` and `3ds` count only under the domain of a bank or
    of a payment service, so not in `acs.utoronto.ca`. Registered domains such as `acs.org`, and hosts of site builders,
    never count.
    """
    name = host_in_ascii(host)
    found = _HOSTS.get(name) or next((known for ending, known in _ENDINGS if name.endswith(ending)), None)
    domain = registered_domain(host)
    label = _CARD_CHECK_OF_BANK if domain in _domains_with_payments() else _CARD_CHECK
    is_checked = label.match(name) is not None or _CARD_CHECK.match(name) is not None
    is_card_check = is_checked and domain != name and domain not in SHARED_DOMAINS
    return found or _DOMAINS.get(domain) or (KnownHost(HostKind.PAYMENT) if is_card_check else None)


@cache
def _domains_with_payments() -> frozenset[str]:
    return frozenset((*_BANKS.split(), *map(registered_domain, PAYMENT_HOSTS.split())))


def _searched(engine: SearchEngine) -> KnownHost:
    return KnownHost(HostKind.SEARCH, engine.name, (engine.search_words,))


def _search_hosts() -> Iterator[tuple[str, KnownHost]]:
    for engine in SEARCH_ENGINES:
        known = _searched(engine)
        for domain in engine.domains.split():
            if engine.is_domain_known:
                yield domain, known
            yield from ((f"{host}.{domain}", known) for host in engine.hosts.split())


def _named(kind: HostKind, table: Mapping[str, str]) -> Iterator[tuple[str, KnownHost]]:
    for name, hosts in table.items():
        yield from ((host, KnownHost(kind, name)) for host in hosts.split())


def _nameless(kind: HostKind, hosts: str) -> Iterator[tuple[str, KnownHost]]:
    yield from ((host, KnownHost(kind)) for host in hosts.split())


_HOSTS: Mapping[str, KnownHost] = {
    **dict(_search_hosts()),
    **dict(_nameless(HostKind.MAIL, MAIL_HOSTS)),
    **dict(_nameless(HostKind.SIGN_IN, SIGN_IN_HOSTS)),
    **dict(_nameless(HostKind.PAYMENT, PAYMENT_HOSTS)),
    **dict(_named(HostKind.SOCIAL, SOCIAL_NETWORKS)),
    **dict(_named(HostKind.ASSISTANT, ASSISTANTS)),
}
"""Known hosts by their exact name."""
_ENDINGS = tuple(
    (f".{engine.subdomains_of}.{domain}", _searched(engine))
    for engine in SEARCH_ENGINES
    if engine.subdomains_of
    for domain in engine.domains.split()
)
"""The endings of hosts on which people search, each with the entry for hosts that have the ending."""
_DOMAINS: Mapping[str, KnownHost] = {
    **dict(_named(HostKind.SOCIAL, SOCIAL_NETWORKS)),
    **dict(_named(HostKind.ASSISTANT, ASSISTANTS)),
    **dict(_nameless(HostKind.PAYMENT, PAYMENT_DOMAINS)),
}
"""Known hosts by registered domain; an entry holds for all hosts of its domain. Keys must be registered domains."""
