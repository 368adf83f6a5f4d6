"""Leads and visits: their lists, the page of a lead, and what a person may do with it."""
