"""Phones in every way in which people and programs write them: the right number or none, never a stranger's."""

import re
from random import Random

import phonenumbers
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dealtrace.leads.phones.normal_form import PHONE_FORMS, PhoneForm, list_phones, normal_phone
from dealtrace.leads.phones.numbering_plans import is_assigned_in_russia
from dealtrace.leads.phones.surrounding_text import WRAPPINGS, Wrapping
from examples import examples
from phone_texts import draw_phone_text

PHONE = "79205550055"
MOSCOW = "74951234567"


@pytest.mark.parametrize("way", PHONE_FORMS, ids=lambda way: way.example)
def test_every_way_reads_its_own_example(way: PhoneForm) -> None:
    assert normal_phone(way.example) is not None


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=lambda wrapping: wrapping.example)
def test_every_dress_is_taken_off_its_own_example_or_spoils_it(wrapping: Wrapping) -> None:
    assert wrapping.remove(wrapping.example) != wrapping.example
    assert list_phones(wrapping.example) in {(PHONE,), ()}


RUSSIAN = [
    # the seed's form, its trunk prefix and the local form
    (PHONE, "79205550055"),
    (PHONE, "+79205550055"),
    (PHONE, "89205550055"),
    (PHONE, "9205550055"),
    (PHONE, "8 (920) 555-00-55"),
    (PHONE, "+7 920 555-00-55"),
    (PHONE, " 7-920-555-00-55\n"),
    (PHONE, "8.920.555.00.55"),
    (PHONE, "8(920)5550055"),
    (PHONE, "(920) 555 00 55"),
    (PHONE, "7 [920] 555 00 55"),
    (PHONE, "-79205550055"),
    ("74852123456", "8 (4852) 12-34-56"),
    ("77272500000", "+7 727 250 00 00"),
    ("77272500000", "8 (727) 250-00-00"),
    ("78005553535", "8-800-555-35-35"),
    # digits, dashes, blanks of other kinds; marks nobody sees
    (PHONE, "7\u00a0920\u00a0555\u00a000\u00a055"),
    (PHONE, "8\u202f920\u2009555\u300000\u200755"),
    (PHONE, "\ufeff79205550055"),
    (PHONE, "\u202a+7 (920) 555-00-55\u202c"),
    (PHONE, "\u200e79205550055\u200f"),
    (PHONE, "\u20668 920 555 00 55\u2069"),
    (PHONE, "8920\u00ad555\u200b00\u206055"),
    (PHONE, "8‒920–555—00−55"),
    (PHONE, "8‑920‑555‑00‑55"),
    (PHONE, "７９２０５５５００５５"),
    (PHONE, "٧٩٢٠٥٥٥٠٠٥٥"),
    (PHONE, "۸۹۲۰۵۵۵۰۰۵۵"),
    (PHONE, "8️⃣9️⃣2️⃣0️⃣5️⃣5️⃣5️⃣0️⃣0️⃣5️⃣5️⃣"),
    (PHONE, "79205550055\x00"),
    # every sort of plus
    *((PHONE, f"{plus}7 920 555-00-55") for plus in "＋﹢⁺₊➕﬩"),
    (PHONE, "(+7) 920 555-00-55"),
    (PHONE, "+(7) 920 555-00-55"),
    (PHONE, "+ 7 920 555 00 55"),
    (PHONE, "++79205550055"),
    # the trunk prefix behind a plus
    (MOSCOW, "+8 (495) 123-45-67"),
    (MOSCOW, "+8(495)123-45-67"),
    (MOSCOW, "+8-495-123-45-67"),
    (MOSCOW, "＋8 495 123 45 67"),
    ("74912345678", "+8 (491) 234-56-78"),
    (PHONE, "+8 920 555-00-55"),
    (PHONE, "+89205550055"),
    # a prefix twice, as masks in forms make it
    (PHONE, "+7 8 920 555-00-55"),
    (PHONE, "+789205550055"),
    (PHONE, "+7 (8920) 555-00-55"),
    (PHONE, "+7+79205550055"),
    (PHONE, "+7 +7 (920) 555-00-55"),
    (PHONE, "8 (+7 920 555 00 55)"),
    # an extension of one or two digits, though all digits would be another country's
    ("78005553535", "8-800-555-35-35 1"),
    ("73512345678", "8 (351) 234-56-78 (12)"),
    ("73832801234", "+7 (383) 280-12-34 5"),
    ("74212456789", "8 (421) 245-67-89 12"),
    # international prefixes
    (PHONE, "0079205550055"),
    (PHONE, "00 7 920 555-00-55"),
    (PHONE, "+0079205550055"),
    (PHONE, "8~10 7 920 555-00-55"),
    (PHONE, "8-10-7-920-555-00-55"),
    (PHONE, "81079205550055"),
    (PHONE, "+81079205550055"),
    (PHONE, "+810 7 920 555-00-55"),
    # left escaped
    (PHONE, "%2B79205550055"),
    (PHONE, "%252B79205550055"),
    (PHONE, "%2B7%20%28920%29%20555-00-55"),
    (PHONE, "%2B7+%28920%29+555-00-55"),
    (PHONE, "%252B7%2B920%2B555%2B00%2B55"),
    (PHONE, "%EF%BC%8B79205550055"),
    (MOSCOW, "%2B8+%28495%29+123-45-67"),
    (MOSCOW, "%2B7+495+123-45-67+%D0%B4%D0%BE%D0%B1.+5"),
    (PHONE, "&#x0002B;&#55;9205550055"),
    (PHONE, "&#43;79205550055"),
    (PHONE, "&#x2b;79205550055"),
    (PHONE, "&plus;7&nbsp;920&nbsp;555&nbsp;00&nbsp;55"),
    (PHONE, "&amp;#43;79205550055"),
    # numbers of programs
    (PHONE, "79205550055.0"),
    (PHONE, "79205550055.00"),
    (PHONE, "9205550055.000"),
    (PHONE, "79205550055.0 12"),
    (PHONE, "79205550055,00 5"),
    (PHONE, "79205550055,0"),
    (PHONE, "89205550055.0"),
    (PHONE, "9205550055.0"),
    (PHONE, "+79205550055.0"),
    (PHONE, "7.9205550055E10"),
    (PHONE, "7,9205550055E+10"),
    (PHONE, "7.9205550055e+010"),
    (PHONE, "8.9205550055E10"),
    (PHONE, "9.205550055E9"),
    (PHONE, "7.92055500550E+10"),
    (PHONE, "79,205,550,055"),
    (PHONE, "79 205 550 055,00"),
    (PHONE, "+7 (920) 555-00-55.0"),
    (PHONE, "8 920 555-00-55,0"),
    (PHONE, "8 920 555-00-55.00"),
    (PHONE, "(920) 555-00-55.0"),
    (PHONE, "8.920.555.00.55.0"),
    (PHONE, "8 920 555-00-55 .0"),
    (PHONE, "8 920 555-00-55..0"),
    ("79205550100", "8.920.555.01.00"),
    ("79205550100", "920.555.01.00"),
    ("79205550100", "8(920)555.01.00"),
    # extensions
    (MOSCOW, "8 (495) 123-45-67 вн.5"),
    (MOSCOW, "84951234567 (5)"),
    (MOSCOW, "84951234567 5"),
    (MOSCOW, "8 495 123-45-67 5"),
    (MOSCOW, "+7 (495) 123-45-67 1234"),
    ("79951234567", "+79951234567 12"),
    ("79951234567", "+7 995 123-45-67 доб. 12"),
    (MOSCOW, "+7 495 123-45-67 (123456)"),
    (MOSCOW, "84951234567 доб. 12"),
    (MOSCOW, "84951234567доб12"),
    (MOSCOW, "8 495 123 45 67 (доб.123)"),
    (MOSCOW, "8 495 123 45 67, добавочный 1"),
    (MOSCOW, "8 495 123 45 67 внутр. номер 12"),
    (MOSCOW, "8 495 123 45 67 ext. 12"),
    (MOSCOW, "8 495 123 45 67 extension 12"),
    (MOSCOW, "8 495 123 45 67 x12"),
    (MOSCOW, "84951234567x12"),
    (MOSCOW, "8 495 123 45 67 #12"),
    (MOSCOW, "8 495 123 45 67,,12"),
    (MOSCOW, "84951234567p12"),
    (MOSCOW, "84951234567;ext=12"),
    (MOSCOW, "tel:+7-495-123-45-67;ext=12"),
    (MOSCOW, "4951234567 доб. 5"),
    (MOSCOW, "(495) 123-45-67 вн 12"),
    (MOSCOW, "495 123 45 67 доб. 12 или 13"),
    (MOSCOW, "8 (495) 123-45-67, 68"),
    (MOSCOW, "8 (495) 123-45-67/68"),
    ("78123412345", "8 (812) 341-23-45 (123)"),
    ("74739000964", "473-900-09-64 вн.892"),
    ("78776748701", "(8776) 748701 доб. 28376"),
    ("79478248253", "кв. 833, 7947 824 8253"),
    ("78007062079", "д.4 кв.7 8 (800) 706-20-79"),
    (PHONE, "д.8 8 (920) 555-00-55"),
    # words and addresses around it
    (PHONE, "tel:+7-920-555-00-55"),
    (PHONE, "тел. 8 920 555-00-55"),
    (PHONE, "тел89205550055"),
    (PHONE, "т.89205550055"),
    (PHONE, "м89205550055"),
    (PHONE, "Телефон: 8 920 555-00-55"),
    (PHONE, "8 920 555-00-55 (Иван)"),
    (PHONE, "8 920 555-00-55 с 10 до 18"),
    (PHONE, "Иван 920 555 00 55"),
    (PHONE, "☎ 8 920 555-00-55"),
    (PHONE, "№ 89205550055"),
    (PHONE, '"89205550055"'),
    (PHONE, "'89205550055"),
    (PHONE, "=79205550055"),
    (PHONE, "8 920 555-00-55?"),
    (PHONE, "https://wa.me/79205550055"),
    (PHONE, "https://api.whatsapp.com/send?phone=79205550055&text=Здравствуйте"),
    (PHONE, "viber://chat?number=%2B79205550055"),
    (PHONE, "79205550055@c.us"),
    (PHONE, "79205550055@s.whatsapp.net"),
    (PHONE, "sip:79205550055@10.0.0.1:5060"),
    (PHONE, '"Ivan" <sip:+79205550055@pbx.example.org;user=phone>'),
    (PHONE, "tel:9205550055;phone-context=+7"),
    (PHONE, "кв. 5, 89205550055"),
    (PHONE, "ivan@example.org, 89205550055"),
    # behind a time or a price
    (MOSCOW, "25.11.2026 10:00 8 (495) 123-45-67"),
    (MOSCOW, "10:00:00 4951234567"),
    (MOSCOW, "4500,00 8 495 123 45 67"),
    ("74958410338", "4500,00 8495-8-41-03-38"),
    # behind a date, before hours
    (MOSCOW, "25.11.2026 8 (495) 123-45-67"),
    (MOSCOW, "2026-11-25 4951234567"),
    (MOSCOW, "заявка 5.3.2026 +8 495 123-45-67"),
    (PHONE, "9205550055 с 10 до 18"),
    (PHONE, "8 920 555-00-55, звонить с 9 по 18"),
    # behind the number of a house, where only the tilde tells the exit code from a number
    (PHONE, "кв.3 8~10 7 920 555-00-55"),
    (PHONE, "8~10 7 920 555-00-55 (60094)"),
    # Russian before foreign
    ("74912345678", "84912345678"),
    ("74930123456", "4930123456"),
]


@pytest.mark.parametrize(("number", "text"), RUSSIAN)
def test_it_reads_a_russian_phone_however_it_is_written(number: str, text: str) -> None:
    assert normal_phone(text) == number


FOREIGN = [
    ("375291234567", "+375 29 123-45-67"),
    ("375291234567", "375291234567"),
    ("375291234567", "00375291234567"),
    ("375291234567", "810375291234567"),
    ("375291234567", "8 10 375 29 123-45-67"),
    ("375291234567", "375291234567.0"),
    ("375291234567", "3.75291234567E+11"),
    ("380501234567", "+380 50 123 45 67"),
    ("998901234567", "998 90 123 45 67"),
    ("37491123456", "374 91 123456"),
    ("12025550123", "+1 202 555 0123"),
    ("12025550123", "1 (202) 555-0123"),
    ("12025550123", "+1 (202) 555-0123 ext. 5"),
    ("39066981234", "+39 06 698 1234"),
    ("4930123456", "+49 30 123456"),
    ("4930123456", "\u202a+49 30 123456\u202c"),
    ("4930123456", "\ufeff＋49 30 123456"),
    ("4930123456", "⁺49 30 123456"),
    ("4930123456", "%2B49 30 123456"),
    ("4930123456", "+49 (0) 30 123456"),
    ("4930123456", "(+49) 30 123456"),
    ("4930123456", "0049 30 123456"),
    ("4930123456", "+0049 30 123456"),
    ("4930123456", "8~10 49 30 123456"),
    ("4930123456", "8-10-49-30-123456"),
    ("4930123456", "+8 10 49 30 123456"),
    ("4930123456", "+8104930123456"),
    ("375291234567", "+810375291234567"),
    ("375291234567", "+810 375 29 123-45-67"),
    ("819012345678", "+810 90 1234 5678"),
    ("442079460958", "+44 (0)20 7946 0958"),
    ("4532123456", "+45 32 12 34 56"),
    ("495123456789", "49 5123 456789"),
    ("972541234567", "+972 54-123-4567"),
    ("4930123456", "8~10 4930123456"),
    ("84912345678", "8~10 84912345678"),
    ("393471234567", "393471234567"),
    # a country code that begins with eight is no trunk prefix
    ("81312345678", "+81 3 1234 5678"),
    ("81312345678", "+81 (0)3 1234 5678"),
    ("84912345678", "+84 912 345 678"),
    ("84951234567", "+84951234567"),
    ("85251234567", "+852 5123 4567"),
    ("85251234567", "852 5123 4567"),
    ("8613812345678", "86 138 1234 5678"),
    ("8801712345678", "880 1712 345678"),
    ("375291234567", "375 29 123-45-67 с 10 до 18"),
    ("375291234567", "д.5 8~10 375 29 123-45-67"),
    # behind the number of a house and a comma, or a time
    ("375291234567", "д. 4; +375 29 123-45-67"),
    ("375291234567", "25.11.2026 10:00:00 00 375 29 123-45-67"),
    ("375291234567", "37529 123-45-67"),
    ("998951234567", "998 95 123 45 67"),
    ("380501234567", "38050 123 45 67"),
    # the code of Ukraine, whose last digit is also the trunk prefix
    ("380441234567", "38 (044) 123-45-67"),
    ("380501234567", "тел. 38-050-123-45-67"),
    ("380671234567", "38 067 1234567"),
    # an extension behind a number that cannot go on, and none behind one that can
    ("375291234567", "+375 29 123-45-67 5"),
    ("375291234567", "+375 29 123-45-67 (5)"),
    ("375171234567", "+375 17 123-45-67 (8)"),
    ("375291234567", "00 375 29 123-45-67 (12)"),
    ("380501234567", "+380 50 123-45-67 (5)"),
    ("442079460958", "+44 20 7946 0958 123456"),
    ("493012345612", "+49 30 123456-12"),
    ("493012345612", "+49 (0)30 123456-12"),
    ("375291234567", "+375 (0)29 123-45-67 (5)"),
    ("24106031000", "+241 06 03 10 00 0"),
    ("261202123000", "+261 20 21 230 00"),
]


@pytest.mark.parametrize(("number", "text"), FOREIGN)
def test_it_reads_a_foreign_phone_by_its_country_code(number: str, text: str) -> None:
    assert normal_phone(text) == number


UNUSABLE = [
    # nothing
    *("", " ", "+", "-", "\u202a\u202c", "anonymous", "скрыт", "нет", "unknown", "ivan@example.org"),
    # not a subscriber
    *("112", "3080100", "123-45-67", "0 800 500 500"),
    # typed to fill a field
    *("70000000000", "+7 (000) 000-00-00", "80000000000", "0000000000", "00000000000"),
    *("7777777777", "77777777777", "+7 777 777-77-77", "9999999999", "+7 (999) 999-99-99", "1111111111"),
    *("11111111111", "88888888888", "+7 (900) 000-00-00", "+7 (495) 000-00-00", "+375 29 000-00-00"),
    *("12345678910", "12345678901", "+1 234 567 89-10", "+12345678901", "+375 123456789", "+380 987654321"),
    *("+49 1111111111", "+996 555 55-55-55", "+380 55 555-55-55", "998999999999"),
    *("1234567890", "71234567890", "81234567890", "0123456789", "+7 (912) 345-67-89", "89876543210"),
    # a mask
    *("+7 (___) ___-__-__", "+7 (920) 555-__-__", "+7 (9__) ___-__-__", "+7 920 555-00-5_", "8920***0055"),
    *("7920XXXXX55", "7920xxxxx55", "+7 920 •••-••-55", "8920???0055", "+49 30 1234**", "+7 ( ) - -"),
    # a letter for a digit
    *("89О51234567", "89O51234567", "8 9O5 123 45 67", "8(9О5)123-45-67", "8920555OO55", "8 920 555 OO 55"),
    *("8920555005O", "920555005O", "O9205550055", "l9205550055", "8920555б055", "892O5550055", "8 92о 555 00 55"),
    *("+4930 12З456", "+49 30 12345б", "8920five5550055", "1-800-FLOWERS", "+1 800 FLOWERS"),
    *("A9205550055", "л89205550055", "8920five89205550066"),
    *("8 9205550055I", "4951234567¹", "495123456⁷", "8 920 555 0055①2"),
    # cut short or with too much
    *("7495123456", "+7495123456", "8920555005", "+7920555005", "+7 (920) 555-00-5", "495123456", "920555005"),
    *("8 495 123 45", "7920555005512", "792055500551", "+792055500555", "8 92055500551", "+7 920 555 00 555"),
    *("849512345675", "84951234567123456", "7920555005579205550066", "+8 (495) 123-45-6"),
    *("+8 (495) 123-45-678", "8 (351) 234-56-7", "7-351-234-56-7"),
    # and a float's zero, which is no digit of it
    *("8 920 555-00-5.0", "8 920 555-00-5,0", "8-485-612-355.0", "37 529 123-45-6.0", "8.920.555.00.5.0"),
    *(
        "7495 00 00 01.0 12",
        "8.920.555.00.5.0 12",
        "8 920 555-00-5.0 12",
        "+49 30 123456.00",
        "+358 9 200 00.00",
        "+375 (17) 200-00-0.0",
        "+7 (920) 555-00-5.0",
        "920 555-00-5.0",
        "8.920 555-00-5.0",
        "8 (343) 300-00-0.0",
        "8 (343) 300-00-0..0",
        "8 920 555-00-5 .0",
        "8 920 555-00-5 .0 12",
        "+44 20 7946 095 .0",
        "+44 20 7946 095..0",
        "+49 30 123456..00",
    ),
    # an order and a phone with an x inside, or a phone with an extension
    *("3514. 848553x82808", "д.5 848553x82808", "351.4 84855х382808"),
    # hours and a phone, whose digits together would be in India
    *("9-18 8 86130 517,00", "9-18 8 86130 517"),
    # Vietnam or Ryazan, and an extension
    *("кв.84 + 84 912 341 898 3", "84 | + 84 912 329 655 97458", "под.8 эт.1 + 84912389830-444211"),
    # a local number and a digit beside it, which would be another person's with an 8 in front
    *("842-11-475-24 1-й", "842-11-475-24 2 этаж", "842 1147524 1", "842-11-475-24 (1)", "842-11-475-24 1, 5"),
    # beside numbers of houses, flats, lists and orders, with which they would be another person's
    *("д.79 8 (495) 566-06-50", "79. 8 857 401-89-80", "1. (812) 482-53-74", "кв.9 89188112750", "№4 935 122 79 91"),
    *("кв.5 8 (415) 256-46-54", "кв.3 9346018298", "8415 8 495 123-45-67", "кв.810 495 123-45-67"),
    *("8104 8 (495) 132-65-54", "8841 978 29 60 632", "д.23 кв.9 89188112750", "4 935 122 79 91 12"),
    *("495 8 920/5550055", "983412 8 495/1234567"),
    # beside them without a plus, though another country's
    *("кв.4 972 50-234-2888", "тел.432-861019971134", "заказ 79 993 12 35-67-55", "кв.79 0033 1 23 44 02 77"),
    *("3 47 22 12 34 56", "6. 6621297317", "заказ 83024 810373 22 752 516", "770224 00 380 31 1233481"),
    *("заказ 7 995 555 12 31 13 (8)", "810-432 996 312 123825", "810-84 784176 1 52 46", "84-810 81044 121 234 3727"),
    # beside an order that begins with a 7 or 8, with or without an exit code
    *("заказ 87616 66 21 23 73 68,,4884", "заказ 770856 81047 40 61 23 11 №406", "моб: №87012 00 49 30 702141"),
    *(
        "т.7423-372 5123 4094",
        "phone 87784 00 47 40 66 08 43",
        "тел. #73900 372 380 72 60 вечером",
        "№8101 8635 37 50 03",
    ),
    *("кв.98 6621237152", "(7381) 66-81-234-6402x8104", "заказ 777840 81066 2 123 0213", "810-86 47 40 61 24 37"),
    *(
        "8-976 370 - 61 - 86 - 60 - 02",
        "8-869 007 4156 - 794441",
        "8845-26 84 210 1203 376",
        "8950-867 20 (23) 4567861",
    ),
    # a Russian number with a comma or a slash inside, beside a house or another number
    *("79 8(3490) - 22 - 22, 92 7-(49590) - 9 - 00 - 84", "каб 43 - 7-485 022 37 / 39 007 4737 - 386 - 041."),
    *("оф.8104; 0049 30 123171 - 7-(8636).917061", "8628 784696x8–85–36 #8104", "+49 30 808448 - (30177) - 93554"),
    *("т.#781427 42726 51x574", "86, 7062, 781 431 (18553)", "8 38174, 73-657-700323"),
    # a foreign number with the beginning of the next number, which may also be its own digits
    *("тел.004930123449 - 7 (347)/901 96 90", "+810 49 30 794871 - 374 77 186593 звонить с 10 до 18"),
    *("29: Ольга, 8~10 49 - 30 - 123449 - 993 (66) 140339, ", "8\n+4930122531 374 (10) 530425\u202c"),
    "оф.485; + 82 2-997-4833 7 (708) / 549-33-75",
    # a prefix twice, or a foreign number behind an 8
    "8104 | +8 (8416) - 079972 (7)",
    # divided by an x, or cut by a slash
    *("+7 98686x78131 659616", "№7 8 98686x78131 659616", "тел. + 86–131–21–42/75–46", "+82.10.2053x0538"),
    # more digits than a number can have
    "+4930123547 - 00372 32 16320",
    # divided by a slash or a point, with an extension
    *("т. 8995-293/8771 123456", "Иван, +7(922) 595·7243 123456", "92259/84951 123456", "+7 8 98686x78131 659616"),
    # with what may be a part of them or an extension
    *("4951234567 (5)", "4951234567 5", "9205550055 10 18", "9205550055, 12", "9205550055 9205550066"),
    *("+49,30 12345678", "123-45-67, 8901", "+375,29 123-45-67", "12 9205550055,"),
    # Russian by its prefix, and nobody's in Russia
    *("8 (213) 123-45-67", "8 (131) 234-56-78", "+8 1 3 1234 5678", "00 8 495 123 45 67", "+7 (892) 055-50-05"),
    *("85251234567", "78905123456", "77495123456", "2025550123"),
    # another country's behind a Russian prefix
    *("+7 998 90 123 45 67", "8 998 90 123 45 67", "7-998-90-123-45-67", "+8 998 90 123 45 67", "007 998 90 123 45 67"),
    *("+7 99890 123 45 67", "+7 90 532 123 45 67", "+7 992 92 777 77 77", "8 994 50 123 45 67", "+7 995 599 12 34 56"),
    *("+7 996 700 12 34 56", "8~10 7 998 90 123 45 67", "+8107 998 90 123 45 67", "+7 (998) 90 123-45-67"),
    # the exit code or Japan
    *("+810312345678", "+810 3 1234 5678"),
    # abroad, with too much to be an extension
    *("+358 40 12345 678901", "+375 29 123-45-67 (1234567)"),
    # rounded
    *("7,92055500E+10", "7.92E+10", "7.920555E+10", "7.920555005E+10", "7,92055500e10", "7.92055500Е+10", "8E10"),
    *("+7.92055500E+10", "9.2055500E+09", "7.92055500551E+10", "3.752912E+11", "7.9205550055E-10"),
    # something else
    *("2026-11-25 10:00:00", "25.11.2026 10:00", "20261125103045", "1000000123", "10000000123", "10.0.0.1"),
    *("79205550055@mail.ru", "ivan79205550055@mail.ru", "0" * 300, "9" * 300, "+" * 300, "\ud800"),
]


@pytest.mark.parametrize("text", UNUSABLE)
def test_it_reads_no_phone_from_what_is_none(text: str) -> None:
    assert list_phones(text) == ()
    assert normal_phone(text) is None


SECOND, THIRD = "79205550066", "79205550077"
SEVERAL = [
    ("+7 920 555-00-55, +7 920 555-00-66", (PHONE, SECOND)),
    ("89205550055;89205550066", (PHONE, SECOND)),
    ("89205550055/89205550066", (PHONE, SECOND)),
    ("89205550055|89205550066", (PHONE, SECOND)),
    ("89205550055\n89205550066", (PHONE, SECOND)),
    ("89205550055\t89205550066", (PHONE, SECOND)),
    ("89205550055 89205550066", (PHONE, SECOND)),
    ("8 920 555 00 55 8 920 555 00 66 8 920 555 00 77", (PHONE, SECOND, THIRD)),
    ("+79205550055+79205550066", (PHONE, SECOND)),
    ("9205550055, 9205550066", (PHONE, SECOND)),
    ("89205550055 9205550066", (PHONE, SECOND)),
    ("89205550055 и 89205550066", (PHONE, SECOND)),
    ("89205550055 или 89205550066", (PHONE, SECOND)),
    ("8 920 555-00-55 (Иван), 8 920 555-00-66 (Ольга)", (PHONE, SECOND)),
    ("моб. 89205550055 раб. 84951234567 доб. 12", (PHONE, MOSCOW)),
    ("84951234567 доб. 12, 89205550055", (MOSCOW, PHONE)),
    ("79205550055.0; 79205550066.0", (PHONE, SECOND)),
    ("79205550055.0 79205550066.0", (PHONE, SECOND)),
    ("79205550055.00 89205550066", (PHONE, SECOND)),
    ("+375 29 123-45-67, 89205550055", ("375291234567", PHONE)),
    ("375291234567, 89205550055", ("375291234567", PHONE)),
    ("3080100, 89205550055", (PHONE,)),
    ("3080100, 9205550055", (PHONE,)),
    ("8 (495) 123-45-67, 123-45-68", (MOSCOW,)),
    ("8 (495) 123-45-67 123-45-68", (MOSCOW,)),
    ("89205550055, 89205550055", (PHONE,)),
    ("495 341-23-45, 495 123-45-67", ("74953412345", MOSCOW)),
    ("308-01-00, 8 495 123-45-67", (MOSCOW,)),
    ("д.5/89205550055", (PHONE,)),
    ("89205550055, 70000000000", (PHONE,)),
    ("89О51234567, 89205550055", (PHONE,)),
    ("7,92055500E+10; 89205550055", (PHONE,)),
    ("+7 (___) ___-__-__; 89205550055", (PHONE,)),
    ("ivan79@example.org, 89205550055", (PHONE,)),
    ("8920555005589205550066", ()),
    # joined by a plus, which announces no country
    ("970-886-5781 + 4958759084", ("79708865781",)),
    ("970-886-5781+4958759084", ("79708865781",)),
    ("7) +7-3476777080+84994727416", ("73476777080",)),
    ("8 920 555-00-55, кв. 862+3830–06–46–59 8;", (PHONE,)),
    ("+5511961514155+49577.50006-61 Иван", ("5511961514155",)),
    ("+86 131 2345 4784+8499 - 868 - 62 - 61", ("8613123454784",)),
    ("9205550055 + 9205550066", (PHONE, SECOND)),
    ("8 920 555-00-55 + 8 920 555-00-66", (PHONE, SECOND)),
    ("+7 920 555-00-55 + +7 920 555-00-66", (PHONE, SECOND)),
    ("8 920 555-00-55 + 375 29 123-45-67", (PHONE, "375291234567")),
    ("8 920 555-00-55 + 49 30 123456", (PHONE,)),
    ("8 920 555-00-55, +4958759084", (PHONE, "4958759084")),
    ("495 123-45-67.0, 8 920 555-00-55.0", (MOSCOW, PHONE)),
    # a last group of zeros behind a point
    ("+375 (17) 200-00.00", ("375172000000",)),
    ("8~10 375 17 200-00.00", ("375172000000",)),
    ("00 375 17 200-00.00", ("375172000000",)),
    ("+86 (10) 6500-00.00", ("861065000000",)),
    ("+380 44 200 00.00", ("380442000000",)),
    ("8-800-200-00.00", ("78002000000",)),
    ("8 (800) 500-00.00", ("78005000000",)),
    ("+7 (495) 720-00.00 Иван", ("74957200000",)),
    ("495 720-00.00", ("74957200000",)),
    ("8 (920) 555-00.00, 8 920 555-00-55.00", ("79205550000", PHONE)),
    ("+49 30 123456.0", ("4930123456",)),
    ("+49 30 123456 .0", ("4930123456",)),
    ("+49 30 123456..0", ("4930123456",)),
    # the zero in brackets is dialled inside the country alone, except in Italy
    *((f"+44 (0) 20 7946 0958{zero}", ("442079460958",)) for zero in ("", " .0", ".0", ",0", ".00")),
    ("0044 (0)20 7946 0958.0", ("442079460958",)),
    ("+33 (0)1 42 68 53 00 .0", ("33142685300",)),
    ("+41 [0] 44 668 18 00.0", ("41446681800",)),
    ("+39 (0)6 6982 1234 .0", ("390669821234",)),
    *((f"+44 (0) 20 7946 095{zero}", ()) for zero in (" .0", ".0", ".00")),
    ("+33 (0)1 42 68 53 0.0", ()),
    ("8 3514 848553x82808", ("73514848553",)),
    # a plus directly behind a bracket or a dash may join Moscow, or announce Germany
    ("8 (920) 555-00-55 (84)+4957654321", (PHONE,)),
    ("+381 60 1234480 (84)+4990806323", ("381601234480",)),
    ("8 (920) 555-00-55 (2)+79205550066", (PHONE, SECOND)),
    ("5)+4957654321", ()),
    ("(5)+9205550055", ()),
    ("5)+79205550066", (SECOND,)),
    # numbers of a list directly before the plus, and behind a phone
    ("1.+49 89 123456", ("4989123456",)),
    ("(1)+90 532 123 45 67 (2)+48 601 123 456", ("905321234567", "48601123456")),
    ("1)+998 90 123-45-67 (2)+47 22 12 34 56", ("998901234567", "4722123456")),
    ("8 (920) 555-00-55 (2)+49 89 123456", (PHONE, "4989123456")),
    ("1.+995 599 12 34 56 (1) Иван", ("995599123456",)),
    ("8 (3514) 848553x82808", ("73514848553",)),
    ("8342234567x1", ("78342234567",)),
    ("(8776) 748701 доб. 28376", ("78776748701",)),
    # a sign between blanks or words, which hides no digit
    ("Иван · 89161234567", ("79161234567",)),
    ("Москва · 8 495 123 45 67 · Питер · 8 812 123 45 67", (MOSCOW, "78121234567")),
    ("тел.: +7 (495) 123-45-67 · факс: +7 (495) 123-45-68", (MOSCOW, "74951234568")),
    ("ivan@mail.ru · +7 916 123 45 67", ("79161234567",)),
    *((f"{sign} 8 (495) 123-45-67", (MOSCOW,)) for sign in "■▪▫◾◼⚫⬤⬛×∙✱•●"),
    ("▪+7 (495) 123-45-67", (MOSCOW,)),
    ("+7 (916) 123-45-67 × 8 (925) 123-45-67", ("79161234567", "79251234567")),
    ("8 (495) 123-45-67 ×2", (MOSCOW,)),
    *(
        (text, ())
        for text in ("8 (920) 555-•-55", "8 920 • • 00 55", "8 (•) 555-00-55", "8 920 555 00 5▪", "▪8920555005")
    ),
    # a plus that announces a country although ten digits may be Russian
    ("+79205550055, + 998 (90) 123-45-67", (PHONE, "998901234567")),
    ("+79205550055+998(90)123-45-67", (PHONE, "998901234567")),
    ("+ 998 90 123 45 67, + 998 90 123 45 68", ("998901234567", "998901234568")),
    ("89205550055 + 995 555 12 34 56", (PHONE, "995555123456")),
    ("9205550055 + 84 28 3823 1234", (PHONE, "842838231234")),
    ("9205550055 + 495 123-45-67 12", (PHONE,)),
]


@pytest.mark.parametrize(("text", "phones"), SEVERAL)
def test_it_lists_the_phones_of_a_text_in_their_order(text: str, phones: tuple[str, ...]) -> None:
    assert list_phones(text) == phones
    assert normal_phone(text) == next(iter(phones), None)


@pytest.mark.parametrize("number", [79205550055, 79205550055.0, 89205550055.0, 9205550055.0])
def test_it_reads_a_json_number_as_the_text_it_is_spelt_as(number: float) -> None:
    assert normal_phone(str(number)) == PHONE


# Properties

NATIONAL = st.from_regex(
    r"(?:9[0-24-9][0-9]|495|499|812|383|351|843|846|863|800|700|701|747|777|727|345|491|301)[0-9]{7}", fullmatch=True
).filter(is_assigned_in_russia)
USUAL_PREFIXES = (
    "7",
    "+7",
    "8",
    "8 ",
    "+7 ",
    "7 ",
    "8-",
    "+7-",
    "+8 ",
    "＋7",
    "%2B7",
    "&#43;7",
    "007",
    "8~10 7",
    "+8107",
    "+810 7 ",
    "+7 8 ",
)
GROUPS = ((10,), (3, 7), (3, 3, 4), (3, 3, 2, 2), (4, 6), (4, 2, 2, 2), (5, 5), (3, 1, 2, 2, 2), (3, 2, 2, 3))
BETWEEN = ("", " ", "-", ".", "\u00a0", " - ", "–", "‑", "\u200b", "\u202f", "  ")
FRONTS = ("", " ", "тел. ", "tel:", "\u202a", "\ufeff", "'", '"', "Иван ", "моб.: ", "т.", "☎")
TAILS = ("", " ", "\u202c", "\n", '"', ".", ";", " Иван", " доб. 12", " (Ольга)", ", ", " вн.5", " #7")
WHOLE_TAILS = (*TAILS, " (5)", " 123456", ", 12", "/68", ".0")


def _dressed(digits: str, groups: tuple[int, ...], between: str, *, in_brackets: bool) -> str:
    parts, start = [], 0
    for length in groups:
        parts.append(digits[start : start + length])
        start += length
    if in_brackets and len(parts) > 1:
        parts[0] = f"({parts[0]})"
    return between.join(parts)


@given(
    national=NATIONAL,
    prefix=st.sampled_from(USUAL_PREFIXES),
    groups=st.sampled_from(GROUPS),
    between=st.sampled_from(BETWEEN),
    in_brackets=st.booleans(),
    front=st.sampled_from(FRONTS),
    tail=st.sampled_from(TAILS),
)
def test_a_russian_number_in_any_usual_dress_is_itself(
    national: str, prefix: str, groups: tuple[int, ...], between: str, in_brackets: bool, front: str, tail: str
) -> None:
    written = _dressed(national, groups, between, in_brackets=in_brackets)
    assert list_phones(f"{front}{prefix}{written}{tail}") == (f"7{national}",)
    assert list_phones(f"{front}{written}{tail}") == (f"7{national}",)


TEXTS_AROUND = st.text(" .,;:+()-/#\u202a\u200b\u00a0абвгдОоlxE?_*доб", max_size=6)
NUMBERS_AROUND = st.one_of(
    [st.integers(10**length // 10, 10**length - 1) for length in range(1, 7)] + [st.sampled_from([7, 8, 79, 84, 810])]
)
"""Numbers of houses, flats, lists and orders."""
FRONTS_WITH_NUMBERS = (
    *("д.{} ", "кв.{} ", "кв. {}, ", "оф.{}; ", "каб {} - ", "заказ {}, ", "д.{} кв.{} ", "{}/{} ", "{}. ", "{}) "),
    *("({}) ", "№{} ", "тел.{} ", "{} ", "{}: ", "{}-", "{}, ", "{}/", "{} · ", "{}\n", *FRONTS),
)
TAILS_WITH_NUMBERS = (
    *(" кв.{}", ", кв. {}", " ({})", " {}", ", {}", "/{}", " - {}", "; {}", " №{}", " #{}", " доб. {}"),
    *WHOLE_TAILS,
)


@given(
    national=NATIONAL,
    prefix=st.sampled_from(("", *USUAL_PREFIXES)),
    groups=st.sampled_from(GROUPS),
    between=st.sampled_from((*BETWEEN, ",", "/", "_", ", ", "О", "l", "+", "x")),
    front=TEXTS_AROUND,
    tail=st.sampled_from(WHOLE_TAILS) | TEXTS_AROUND,
)
def test_a_russian_number_in_whatever_dress_is_itself_or_none(
    national: str, prefix: str, groups: tuple[int, ...], between: str, front: str, tail: str
) -> None:
    """A plus before ten digits is left out, since it announces a country."""
    assume(prefix or "+" not in front)
    written = _dressed(national, groups, between, in_brackets=False)
    assert list_phones(f"{front}{prefix}{written}{tail}") in {(f"7{national}",), ()}


@given(
    national=NATIONAL,
    prefix=st.sampled_from(("", *USUAL_PREFIXES)),
    groups=st.sampled_from(GROUPS),
    between=st.sampled_from((*BETWEEN, "/", "·", " / ", " · ")),
    front=st.sampled_from(FRONTS_WITH_NUMBERS),
    tail=st.sampled_from(TAILS_WITH_NUMBERS),
    numbers=st.tuples(*[NUMBERS_AROUND] * 3),
)
@settings(max_examples=examples(1_000))
def test_a_russian_number_beside_other_numbers_is_itself_or_none(
    national: str, prefix: str, groups: tuple[int, ...], between: str, front: str, tail: str, numbers: tuple[int, ...]
) -> None:
    written = _dressed(national, groups, between, in_brackets=False)
    front, tail = front.format(*numbers), tail.format(numbers[-1])
    assert list_phones(f"{front}{prefix}{written}{tail}") in {(f"7{national}",), ()}


@given(
    first=NATIONAL,
    second=NATIONAL,
    groups=st.tuples(st.sampled_from(GROUPS), st.sampled_from(GROUPS)),
    between=st.sampled_from(["", " ", "-", "\u00a0"]),
    prefix=st.sampled_from(["", "7", "8", "8 ", "+7 "]),
    second_prefix=st.sampled_from(["", "7", "8", "8 "]),
    joint=st.sampled_from(["+", " + ", "  +  ", " ++ ", "\u00a0+\u00a0"]),
)
@settings(max_examples=examples(500))
def test_phones_joined_by_a_plus_are_themselves_or_none(
    first: str,
    second: str,
    groups: tuple[tuple[int, ...], tuple[int, ...]],
    between: str,
    prefix: str,
    second_prefix: str,
    joint: str,
) -> None:
    written = [
        _dressed(national, lengths, between, in_brackets=False)
        for national, lengths in zip((first, second), groups, strict=True)
    ]
    assert {f"7{first}", f"7{second}"}.issuperset(
        list_phones(f"{prefix}{written[0]}{joint}{second_prefix}{written[1]}")
    )


ZEROS = st.sampled_from([".0", ",0", ".0 ", ".0 Иван", ".0 12", ".0, 5", "..0", " .0", ". .0", " ,0", ".,0 12"])


@given(
    national=NATIONAL,
    prefix=st.sampled_from(("", *USUAL_PREFIXES)),
    groups=st.sampled_from(GROUPS),
    between=st.sampled_from(BETWEEN),
    zero=ZEROS,
)
@settings(max_examples=examples(500))
def test_a_zero_behind_a_point_is_no_digit_of_a_number(
    national: str, prefix: str, groups: tuple[int, ...], between: str, zero: str
) -> None:
    written = prefix + _dressed(national, groups, between, in_brackets=False)
    assert {f"7{national}"}.issuperset(list_phones(f"{written}{zero}"))
    assert f"7{national[:-1]}0" not in list_phones(f"{written[:-1]}{zero}")


@given(st.integers(0, 2**64))
@settings(max_examples=examples(500))
def test_a_field_of_phones_among_other_numbers_names_no_stranger(seed: int) -> None:
    text = draw_phone_text(Random(seed))
    assert text.phones.issuperset(list_phones(text.text)), text


@st.composite
def _foreign(draw: st.DrawFn) -> phonenumbers.PhoneNumber:
    region = draw(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS - {"RU", "KZ"})))
    kind = draw(st.sampled_from([phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]))
    example = phonenumbers.example_number_for_type(region, kind)
    assume(example is not None)
    assert example is not None
    changed = draw(st.integers(0, 999))
    number = phonenumbers.PhoneNumber(
        country_code=example.country_code,
        national_number=example.national_number // 1000 * 1000 + changed,
        italian_leading_zero=example.italian_leading_zero,
    )
    assume(phonenumbers.is_valid_number(number) and not str(number.national_number).endswith("0" * 7))
    return number


FORMS = [phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL]


@given(_foreign(), st.sampled_from(FORMS), ZEROS)
@example(phonenumbers.parse("+56600123000"), phonenumbers.PhoneNumberFormat.E164, ".0 12")
@example(phonenumbers.parse("+2908000"), phonenumbers.PhoneNumberFormat.E164, ".0 12")
@settings(max_examples=examples(500))
def test_a_zero_behind_a_point_is_no_digit_of_a_foreign_number(
    number: phonenumbers.PhoneNumber, form: int, zero: str
) -> None:
    written = phonenumbers.format_number(number, form)
    own = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    assume(written.startswith(f"+{own[0]}"))
    assert {own}.issuperset(list_phones(f"{written}{zero}"))
    assert f"{own[:-1]}0" not in list_phones(f"{written[:-1]}{zero}")


@given(_foreign(), st.sampled_from(FORMS), st.sampled_from(FRONTS), st.sampled_from(TAILS), st.booleans())
def test_a_foreign_number_with_its_plus_or_an_exit_code_is_itself_or_none(
    number: phonenumbers.PhoneNumber, form: int, front: str, tail: str, in_full_width: bool
) -> None:
    own = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    written = phonenumbers.format_number(number, form)
    assume(written.startswith(own[:2]))
    allowed = {own[1:], None}
    plus = "＋" if in_full_width else "+"
    assert normal_phone(f"{front}{plus}{written[1:]}{tail}") in allowed
    assert normal_phone(f"{front}00{written[1:]}{tail}") in allowed
    assert normal_phone(f"{front}8~10 {written[1:]}{tail}") in allowed
    assert normal_phone(f"{front}{plus}810{written[1:]}{tail}") in allowed
    assert normal_phone(own) == own[1:] or len(own) <= len("+49301234")


FORCED_PREFIXES = ("+7", "+7 ", "+7-", "7", "7 ", "8 ", "8-", "+8 ", "007 ", "8~10 7 ", "+810 7 ")


def _pairs(digits: str) -> str:
    """Return digits in groups of two, with a group of three in front if there is one too many."""
    first = 2 + len(digits) % 2
    return " ".join([digits[:first], *(digits[place : place + 2] for place in range(first, len(digits), 2))])


RUSSIAN_WITH_EXTENSION = re.compile(r"(?!99)\d{3} \d{3} \d{2} \d{2} ")


@given(
    number=_foreign(),
    prefix=st.sampled_from(FORCED_PREFIXES),
    form=st.sampled_from([*FORMS, None]),
    front=st.sampled_from(FRONTS),
    tail=st.sampled_from(TAILS),
)
def test_a_foreign_number_behind_a_russian_prefix_is_itself_or_none(
    number: phonenumbers.PhoneNumber, prefix: str, form: int | None, front: str, tail: str
) -> None:
    """What is a Russian number even without the prefix is left out, and so are the groups of one with an extension.

    Nobody can tell `+7 381 601 23 40 00` from a number of Omsk with the extension 00; behind 99 it is never Russian.
    """
    own = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    code, national = str(number.country_code), own.removeprefix(str(number.country_code))
    written = f"{code} {_pairs(national)}" if form is None else phonenumbers.format_number(number, form)
    assume(normal_phone(own) in {own, None} and RUSSIAN_WITH_EXTENSION.match(written) is None)
    assert normal_phone(f"{front}{prefix}{written.removeprefix('+')}{tail}") in {own, None}


def is_valid(digits: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))


@given(_foreign(), st.from_regex(r"[0-9]{1,6}", fullmatch=True), st.sampled_from([" ", "-", " - "]), st.booleans())
def test_an_extension_behind_a_foreign_number_belongs_to_it_or_is_dropped(
    number: phonenumbers.PhoneNumber, extension: str, between: str, in_brackets: bool
) -> None:
    """Where a country has longer and shorter numbers, as Germany, an extension may be the end of a number."""
    own = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assume(written.startswith(own[:2]))
    read = normal_phone(f"{written} ({extension})" if in_brackets else written + between + extension)
    continued = [normal_phone(own + extension[:length]) for length in range(1, len(extension) + 1)]
    ends_here = not any(is_valid(longer) and longer.startswith(own[1:]) for longer in continued if longer is not None)
    assert read in ({own[1:], None} if ends_here else {own[1:], f"{own[1:]}{extension}", None})


@given(_foreign(), st.sampled_from(FORMS))
def test_a_foreign_number_without_its_plus_is_itself_or_russian_or_none(
    number: phonenumbers.PhoneNumber, form: int
) -> None:
    written = phonenumbers.format_number(number, form).removeprefix("+")
    own = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    read = normal_phone(written)
    is_russian = read is not None and read[0] == "7" and own.endswith(read[1:]) and is_assigned_in_russia(read[1:])
    assert read in {own, None} or is_russian


TEXTS = (
    st.text(max_size=40)
    | st.text("0123456789+-() ;,доб.#", max_size=25)
    | st.text("0123456789+ (.,;#%&@x/_eEО\u202a\n", max_size=40)
)


@given(TEXTS)
def test_a_phone_is_digits_or_none_whatever_is_written(text: str) -> None:
    for phone in list_phones(text):
        assert phone.isascii()
        assert phone.isdigit()
        assert len(phone) <= 20
    assert normal_phone(text) == next(iter(list_phones(text)), None)


@given(TEXTS)
def test_the_normal_form_of_a_phone_is_its_own(text: str) -> None:
    """A foreign one may lose its plus only where no Russian number has the same digits."""
    normal = normal_phone(text)
    assert normal is None or normal_phone(f"+{normal}") == normal
    assert normal is None or not normal.startswith("7") or normal_phone(normal) == normal


@given(NATIONAL)
def test_the_form_of_the_seed_is_its_own_normal_form(national: str) -> None:
    """Vendor: «Номер телефон клиента в формате 7XXXXXXXXXX»."""
    assert normal_phone(f"7{national}") == f"7{national}"


@pytest.mark.parametrize("text", ["79205550055", "74953080100"])
def test_the_numbers_the_seed_prints_are_usable(text: str) -> None:
    assert normal_phone(text) == text


@pytest.mark.parametrize(
    "text", ["1" * 1000, "1 " * 500, "а" * 1000, "?" * 1000, "+7" * 500, "8 920 555 00 55 " * 62, "9" * 1_000_000]
)
def test_a_long_text_is_read_or_passed_over(text: str) -> None:
    assert list_phones(text) in {(), (PHONE,)}


@given(NATIONAL, st.sampled_from(["7", "+7", "8", ""]))
def test_what_programs_send_is_read_as_the_same_digits_with_a_mark_are(national: str, prefix: str) -> None:
    assert list_phones(f"{prefix}{national}") == list_phones(f"{prefix}{national} ") == (f"7{national}",)
