"""Deals: their rows, versions, links to leads and daily counts."""
