"""E-mail addresses in normal form: in lower case, international domains in their own alphabet instead of `xn--…`."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from dealtrace.attribution.host_names import PUNYCODE_PREFIX
from dealtrace.leads.limits import CONTACTS_LENGTH_MAX
from dealtrace.leads.phones.normal_form import list_phones
from dealtrace.plain_text import LETTER_SIGN, SIGN, folded, replace_signs, unescape

_APART = re.compile(r"[,;|<>()\[\]{}\"«»‹›„“”\n]+| / ")
_LABEL = re.compile(r"^\s*(?:mailto|e-?mail|mail|(?:эл\. ?)?почта|имейл|емейл)(?:\s*(?::/{0,2}|=)|\s+[-–—]\s)")
_LABELS = frozenset({"email", "e-mail", "mail", "phone", "tel", "tel."})
"""ASCII words next to an address that are not part of it."""
_ASIDE = frozenset("-–—" + SIGN + LETTER_SIGN)
_OF_PHONE = re.compile(r"[+(]?[0-9][0-9()+-]*")
_CODE_IN_BRACKETS = re.compile(r"(?<![^\s,;|<>])(\+?[0-9]{1,3}) ?\(([0-9]{2,5})\) ?(?=[0-9])")
"""The beginning of a phone, as in `8 (920) 555-00-55`; brackets elsewhere separate the parts of a text."""
_PHONE_DIGITS = range(10, 16)
_BLANKS_AROUND_AT = re.compile(r"(?<!\s)\s*@\s*")
_IN_FRONT, _BEHIND = f"'`’‘={SIGN}", f".:!/\\'`’‘{SIGN}"
_SIGNS_IN_FRONT = re.compile(f"{SIGN}{{2,}}")
_EMPHASIS = re.compile(r"(?P<stars>\*{1,3})(?P<inner>[^*]*)(?P=stars)")
"""An address in bold or italics, as messengers write them: `*ivan@example.org*`."""
_STARS_BEHIND = re.compile(r"(?<=[^\W_]{2})[.,:!]?\*+\Z")
"""Asterisks that mark a footnote or a required field.

Those behind a single letter, as in `ivan@m***`, hide letters of the address instead.
"""
_PICTOGRAPHS = re.compile("([\U0001f300-\U0001faff])[\ufe0f\U0001f300-\U0001faff]+")
_BULLET = re.compile(r"(?<![^\s,;|])[•●■▪▫◦◾◼](?=[^\W_])")
"""A bullet in front of a word."""
_ESCAPED_SIGN = re.compile(r"\\(?=[@._+'-])")
_INNER = rf"(?!\.\.)[^\s@:/%*#\\\ud800-\udfff{SIGN}{LETTER_SIGN}]"
_DOMAIN_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_ADDRESS = re.compile(
    rf"(?P<name>(?![.])(?:{_INNER})+(?<![.]))@(?P<domain>(?:{_DOMAIN_LABEL}\.)+(?![0-9]){_DOMAIN_LABEL})"
)

NO_NAMES = frozenset(
    {
        *("no", "none", "not", "net", "nety", "netu", "нет", "нету", "null", "nil", "undefined", "unknown", "nobody"),
        *("nomail", "noemail", "netmail", "netemail", "netpochty", "нетпочты", "noreply", "otkaz", "отказ"),
        *("test", "тест", "abc", "asd", "asdf", "qwe", "qwer", "qwert", "qwerty", "zxc", "zxcvb"),
        *("йцу", "йцукен", "фыв", "фыва"),
    }
)
"""Ours: words before the @ that make an e-mail a filler, which people type only to fill a field.

`.`, `_` and `-` are removed before comparing.
"""
DOUBLED_NAMES = frozenset({"mail", "email", "почта", "post", "user", "client", "клиент", "example", "site"})
"""Ours: an e-mail in which one of these words is on both sides of the @, such as `mail@mail.ru`, is a filler.

With another word, the e-mail may be real, as in `ivanov@ivanov.ru`.
"""
NO_DOMAINS = frozenset({"example", "domain", "domen", "домен", "email", "site", "test", "asd", "qwe", "qwerty"})
"""Ours: the first words of sample domains.

An e-mail at such a domain is a filler (typed only to fill a field) if the word before the @ is in `DOUBLED_NAMES`, as
in `email@domain.com`.
"""
NO_DOMAIN_ENDINGS = frozenset({"com", "net", "org", "ru", "рф"})
"""Ours: the last words of sample domains such as `domain.com`, whose first word is in `NO_DOMAINS`.

Other country endings are not listed, because `email.cz`, `email.it` and `email.ua` are real e-mail providers.
"""
PROVIDERS = frozenset(
    {
        *("mail.ru", "inbox.ru", "bk.ru", "list.ru", "internet.ru"),
        *("yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "ya.ru"),
        *("rambler.ru", "lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru"),
        *("gmail.com", "icloud.com", "outlook.com", "hotmail.com", "yahoo.com"),
    }
)
"""Ours: the domains that the providers Mail.ru, Yandex, Rambler, Google, Apple, Microsoft and Yahoo name in their help.

Nobody gets an address with a one-letter name there; at a private domain such names are common, as in `i@ivanov.ru`.
"""
SHORT_NAME_MAX = 2
_COUNTED = "1234567890"
_COUNT_LENGTH_MIN = 3
"""Ours: the minimum length of a name of successive digits, such as `123` or `321`, that makes an e-mail a filler.

The name is the part before the @. The names `12` and `21` may be real.
"""
_COUNTS = frozenset(
    count
    for length in range(_COUNT_LENGTH_MIN, len(_COUNTED) + 1)
    for count in (_COUNTED[:length], _COUNTED[:length][::-1])
)
_NUMBERED = re.compile("(?P<word>[^0-9]{4,})(?P<number>[0-9]+)")
_NUMBER_LENGTH_MAX = 3
"""Ours: how many digits at the end of a name are ignored: `test123` is a filler like `test`, but `test1985` is not."""
_MARKS_IN_NAMES = str.maketrans("", "", "._-")


def normal_email(text: str) -> str | None:
    """Return the first usable e-mail in a string, in normal form, or `None` if there is none."""
    return next(iter(list_emails(text)), None)


def list_emails(text: str) -> tuple[str, ...]:
    """List the e-mail addresses found in a string, each once, in normal form and in the order written.

    Ours: anything around an address is removed: `mailto:`, names, quotes, brackets, a full stop at the end, or signs
    such as `№`. Letter case is ignored. An address is left out:
    - if an adjacent word may be part of it (`iv an@example.org`);
    - if a sign such as `№` is inside it, or a sign next to it may stand for a letter or digit (`ivan²@example.org`);
    - if signs such as `*`, `•`, `#` or several dots hide some of its letters, since everybody whose address looks alike
      when masked would become one client. A single bullet before an address, and asterisks after it, hide nothing.
    """
    if len(text) > CONTACTS_LENGTH_MAX or not text:
        return ()
    text = _BULLET.sub(" ", _PICTOGRAPHS.sub(r"\1", unescape(text)))
    parts = _APART.split(_CODE_IN_BRACKETS.sub(r"\1 \2 ", folded(replace_signs(text))))
    return tuple(dict.fromkeys(address for part in parts for address in _list_addresses(part)))


def is_filler_email(normal: str) -> bool:
    """Return whether an e-mail in normal form was typed only to fill a field, such as `1@1.ru` or `no@no.ru`."""
    name, _, domain = normal.rpartition("@")
    word, (place, _, ending) = _without_number(name.translate(_MARKS_IN_NAMES)), domain.partition(".")
    is_doubled = place in {name, word}
    names_nobody = _is_one_sign(name, domain) or _unit(word) in NO_NAMES | _COUNTS
    is_sample = place in NO_DOMAINS and ending in NO_DOMAIN_ENDINGS
    is_placeholder = word in DOUBLED_NAMES and (is_doubled or is_sample)
    return names_nobody or is_placeholder or (is_doubled and len(name) <= SHORT_NAME_MAX)


def _is_one_sign(name: str, domain: str) -> bool:
    """Return whether a name is a single character, possibly repeated, but not a person's initials.

    One letter, or the same letter twice, counts as initials, as in `i@ivanov.ru`, except at the domains in `PROVIDERS`.
    """
    if len(set(name)) > 1:
        return False
    return not name.isalpha() or len(name) > SHORT_NAME_MAX or domain in PROVIDERS


def _without_number(name: str) -> str:
    """Return a name without the number at its end if the number is short, or is a sequence such as `1234` or `4321`."""
    found = _NUMBERED.fullmatch(name)
    is_numbered = found is not None and (len(found["number"]) <= _NUMBER_LENGTH_MAX or found["number"] in _COUNTS)
    return found["word"] if found is not None and is_numbered else name


def _unit(name: str) -> str:
    """Return the string of which a name is a repetition (`asd` for `asdasd`), or the name itself if there is none."""
    period = (name + name).find(name, 1)
    return name[:period] if period > SHORT_NAME_MAX else name


def _list_addresses(part: str) -> list[str]:
    """List the e-mails in a string that has no separators; list none if a word next to an e-mail may be part of it."""
    part = _LABEL.sub("", part)
    closed = _BLANKS_AROUND_AT.sub("@", part).strip()
    words = [closed] if len(closed.split()) == 1 else part.split()
    stated = [word for several in words if "@" in several for word in _by_slashes(several)]
    read = [address for word in stated if (address := _address(word)) is not None]
    others = _without_phones([word for word in words if "@" not in word and not _ASIDE.issuperset(word)])
    is_alone = not others or (all(map(_is_name, others)) and "".join(read).isascii())
    return read if is_alone and len(read) == len(stated) else []


def _without_phones(words: Sequence[str]) -> list[str]:
    """Return the words that are neither parts of whole phones nor labels."""

    def kept() -> Iterator[str]:
        for is_of_phone, run in groupby(words, key=lambda word: _OF_PHONE.fullmatch(word) is not None):
            several = list(run)
            phone = " ".join(several)
            if not is_of_phone or sum(map(str.isdigit, phone)) not in _PHONE_DIGITS or not list_phones(phone):
                yield from several

    return [word for word in kept() if word not in _LABELS]


def _by_slashes(word: str) -> list[str]:
    return word.split("/") if word.count("@") == word.count("/") + 1 else [word]


def _is_name(word: str) -> bool:
    """Return whether a word next to an address is a name or label: it ends with a colon or has non-ASCII letters."""
    return word.endswith(":") or not word.isascii()


def _address(word: str) -> str | None:
    if _SIGNS_IN_FRONT.match(word) is not None:
        return None
    dressed = word.lstrip(_IN_FRONT).partition("?")[0].rstrip(_BEHIND)
    emphasised = _EMPHASIS.fullmatch(dressed)
    bare = _ESCAPED_SIGN.sub("", emphasised["inner"] if emphasised is not None else _STARS_BEHIND.sub("", dressed))
    found = _ADDRESS.fullmatch(bare.replace("。", "."))
    return f"{found['name']}@{'.'.join(map(_label, found['domain'].split('.')))}" if found is not None else None


def _label(label: str) -> str:
    """Return a part of a domain with `xn--…` decoded to its own alphabet; an invalid `xn--…` is returned unchanged."""
    if not label.startswith(PUNYCODE_PREFIX):
        return label
    coded = label.removeprefix(PUNYCODE_PREFIX)
    try:
        own = coded.encode("ascii").decode("punycode")
        is_sound = not own.isascii() and own.encode("punycode") == coded.encode("ascii")
    except (ValueError, OverflowError):
        return label
    is_read_as_written = replace_signs(folded(own)) == own and re.fullmatch(_DOMAIN_LABEL, own) is not None
    return own if is_sound and is_read_as_written else label
