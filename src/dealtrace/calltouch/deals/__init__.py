"""The endpoints of deals 1.0, `orders/…`.

Vendor: «Управление сделками через API (1.0 / 1С-устаревшее)».
"""
