"""Deals: their rows, versions, matched leads and daily counts."""
