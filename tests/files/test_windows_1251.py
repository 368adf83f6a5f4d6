"""Windows-1251 is told from encodings that decode as it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dealtrace.cli.file_cures import message_with_cure
from dealtrace.errors import FileUnreadable
from dealtrace.files.csv_reader import WINDOWS_1251, Encoding, detect_encoding
from dealtrace.files.windows_1251 import BLOCK_BYTES

HEAD = "date,phone,fio\n26.03.2018 10:00,7,"
OTHERS = [Encoding.KOI8_R, Encoding.DOS_866, Encoding.ISO_8859_5, Encoding.MAC_CYRILLIC]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.csv"


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(FileUnreadable) as caught:
        detect_encoding(path)
    assert "--" not in caught.value.text("ru")
    return message_with_cure(caught.value)


@pytest.mark.parametrize("encoding", OTHERS)
@pytest.mark.parametrize(
    "text",
    [
        "Иван Петров",
        "Сергей Тарасов",
        "Мария Юрьевна Щёголева",
        "ООО Ромашка, отдел продаж",
        "Дата;Телефон;Имя\n26.03.2018 10:00;7;Иван\n",
    ],
)
def test_other_cyrillic_encodings_are_refused_with_the_cure(path: Path, encoding: str, text: str) -> None:
    assert "--encoding" in refused(path, (HEAD + text).encode(encoding))


@pytest.mark.parametrize("encoding", OTHERS)
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
@pytest.mark.parametrize(
    "text",
    [
        "Иванов Иван Иванович",
        "Кузнецова Елена Сергеевна",
        "Звонок с сайта, перезвонить завтра",
        "Тюмень, улица Республики\nОмск, проспект Мира",
        "яна мария юлия",
        "иван анна олег ольга роман",
    ],
)
@pytest.mark.parametrize("rows", [1, 80])
def test_words_in_one_case_are_known_by_their_letters(
    path: Path, encoding: str, case: Callable[[str], str], text: str, rows: int
) -> None:
    content = (f"phone,date,fio\n{case(text)}\n" * rows).encode(encoding)
    if content == f"phone,date,fio\n{case(text)}\n".encode(WINDOWS_1251) * rows:
        return  # Mac-Cyrillic has most small letters in the same places
    assert "--encoding" in refused(path, content)


@pytest.mark.parametrize("around", ["", "звонок по рекламе, просил {} в среду после обеда, адрес и проезд узнал"])
@pytest.mark.parametrize(
    "text",
    [
        *("мария петрова", "оля", "пётр", "перезвонить после дня рождения", "олексій", "київ, вулиця"),
        "Комментарий для менеджера",
    ],
)
@pytest.mark.parametrize("rows", [1, 500])
def test_few_wrong_words_are_enough_for_mac_cyrillic(path: Path, around: str, text: str, rows: int) -> None:
    content = (f"phone,date,fio\n{(around or '{}').format(text)}\n" * rows).encode(Encoding.MAC_CYRILLIC)
    assert "--encoding" in refused(path, content)


def test_text_that_both_encodings_spell_alike_needs_no_cure(path: Path) -> None:
    for text in ("иван петров", "звонок по рекламе\nпросил в среду после обеда"):
        assert text.encode(Encoding.MAC_CYRILLIC) == text.encode(WINDOWS_1251)
        path.write_bytes(f"{HEAD}{text}\n".encode(Encoding.MAC_CYRILLIC))
        assert detect_encoding(path) == WINDOWS_1251


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Müller, José García, Zoë"),
        ("latin-1", "Müller"),
        ("cp1252", "Straße, Ærø, Øre, Ångström\n" * 50),
        ("iso-8859-15", "L’été à Besançon, près de l’œuvre".replace("’", "'")),
        ("cp1250", "Dvořák, Łódź, Szczecin, Kraków"),
        ("cp1254", "Şişli, Beyoğlu, Çankaya"),
        ("cp1257", "Kauņas, Šiauliai, Jūrmala"),
        ("mac-roman", "Müller, José García"),
    ],
)
def test_latin_letters_with_accents_are_refused_with_the_cure(path: Path, encoding: str, text: str) -> None:
    assert "--encoding" in refused(path, (HEAD + text).encode(encoding))


@pytest.mark.parametrize(
    "text",
    [
        "Иван Петров",
        "ИВАН ПЕТРОВ",
        "иван петров",
        "Щёголева-Юрьева",
        "ООО «МегаФон»",
        "АйТи",
        "ОАО «СССР», Рёв",
        "№ 5",
        "20° — 30…",
        "1\u00a0000",
        "«Киевстар» Київ, Ґанок, її",
        "Гомель, вуліца Савецкая, Ўладзімір",
        "Ё",
        "Р,",
        "Ромашка — доставка цветов® в Москве и области",
        "Поиск;12,50 €\nПоиск;€ 9,90\n" * 50,
        "Apple® iPhone™ да\n" * 100,
        "отдел CRM-систем, 1C:Предприятие, SMSка от клиента, звонок по объявлению на сайте, просил перезвонить завтра",
        *("ИВАН", "ОСИП", "АГАП", "ЙОСИП", "ян", "юрий юдин", "евграф", "щербаков, шаров, шилов, шестаков, щукин"),
        "Щербаков, Шаров, Шилов, Шестаков, Щукин, Эдуард, Элеонора, Эльдар, Юрий, Юлиан, Юдин",
        "СССР, ОГРН, КАМАЗ, ЛДПР, СБИС, ОСАГО, КАСКО, ЕГРЮЛ, РОСНО, ДТП, ООО, ОАО, ЗАО",
        "фыва йцук ололо ааааа йййй ъъъъ ыыыы хххх ггггг",
        "КИЇВ, ХАРКІВ, ЧУЙКО, ЧУМАК, ОЛЕКСІЙ, АРТЮХ, СЕРГІЙ, ЙОСИПОВИЧ",
        "ГОМЕЛЬ, ЎЛАДЗІМІР, ЮРЫЙ, АЛЯКСЕЙ, ВІЦЕБСК",
        "СЁМА, ПЁТР, АЛЁНА, ёлка, щёлково, взлёт",
        "нажмите ctrl+с",
        # signs that would be capitals in Mac-Cyrillic, and capitals that would be signs or small letters
        *(
            "звонок из ооо “ромашка” по рекламе в журнале",
            "Зина, Игорь, Йод, Юра, Яна",
            "мир-Ё",
            "ґанок",
            "ЮЛЯ И ЯЮ",
            "ИМ. В.И. ЛЕНИНА",
        ),
        # abbreviations and signs alone
        *("ФГБУ\nМБДОУ", "МБОУ, ФГБОУ", "ФГБУ;МБДОУ;МБОУ;ФГБОУ;ФГУП;ГБУЗ", "НПАО\nУСЗН", "АКПП, ГРЭС", "ЧТПЗ, ММК"),
        *("…………", "————", "„„„„", "\u00a0\u00a0\u00a0\u00a0", "Иван…………", "“““““”””””"),
        "из АО ТрансГаз, ООО нПО, звонок по объявлению на сайте, просил перезвонить завтра после обеда",
    ],
)
def test_texts_in_windows_1251_are_known(path: Path, text: str) -> None:
    path.write_bytes(f"{HEAD}{text}\n".encode(WINDOWS_1251))
    assert detect_encoding(path) == WINDOWS_1251


@pytest.mark.parametrize("utf_8", ["Пётр", "ёж", "Юля"])
def test_a_mixture_with_utf_8_is_refused(path: Path, utf_8: str) -> None:
    windows = "\n26.03.2018 11:00,7,Александра Константиновна".encode(WINDOWS_1251)
    refused(path, f"{HEAD}{utf_8}".encode() + windows * 3)
    refused(
        path, HEAD.encode() + windows * (BLOCK_BYTES // len(windows) + 5) + f"\n26.03.2018 11:00,7,{utf_8}".encode()
    )


def test_half_a_letter_at_the_end_is_no_letter(path: Path) -> None:
    refused(path, f"{HEAD}П".encode()[:-1])
