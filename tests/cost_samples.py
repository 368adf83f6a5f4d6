"""Files of costs as advertising systems and people write them."""

METRIKA = """\
Date,UTMSource,UTMMedium,UTMCampaign,UTMTerm,UTMContent,Expenses,Currency,Clicks
2024-03-01,vk,cpc,spring,,banner1,120.50,RUB,10
2024-03-01,vk,cpc,spring,,banner1,9.50,RUB,1
2024-03-02,vk,cpc,spring,,banner2,80,RUB,
"""
"""What Yandex Metrica takes: two rows of one key, a missing number of clicks."""

DIRECT_API = """\
"Spring report (2024-03-01 - 2024-03-02)"
Date\tCampaignId\tCampaignName\tImpressions\tClicks\tCost
2024-03-01\t701\tВесна\t1000\t10\t123450000
2024-03-01\t702\tЛето\t500\t0\t0
2024-03-02\t701\tВесна\t800\t7\t99990000
Total rows: 3
"""
"""A report of Yandex Direct's API, which counts in micros unless it is told otherwise."""

DIRECT_CABINET = """\
Отчёт за период 01.03.2024 - 02.03.2024;;;;;

День;№ кампании;Кампания;Показы;Клики;Расход (руб., с НДС)
Итого;;;2 300;17;1 340,64
01.03.2024;701;Весна;1 000;10;1 200,00
02.03.2024;701;Весна;1 300;7;140,64
"""
"""An export of Yandex Direct's cabinet."""

VK = """\
Дата;ID кампании;Кампания;Показы;Клики;Потрачено, ₽
01.03.2024;55;Ретаргет;4\u00a0000;40;1\u00a0000,50 ₽
02.03.2024;55;Ретаргет;3\u00a0000;30;999,50 ₽
Всего;;;7\u00a0000;70;2\u00a0000,00 ₽
"""
"""An export of VK Ads."""

VK_API = """\
date,ad_plan_id,ad_plan_name,shows,clicks,spent
2024-03-01,55,Ретаргет,4000,40,1000.5
"""

OWN = """\
Месячный план

Когда;Площадка;Сколько
01.03.2024;avito;1500
02.03.2024;avito;1500,50
"""
"""A table that a person made, with headings of their own."""
