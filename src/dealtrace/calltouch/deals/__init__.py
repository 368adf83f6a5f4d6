"""Deals 1.0, an endpoint per file.

Seed: «Управление сделками через API (1.0 / 1С-устаревшее)».
"""
