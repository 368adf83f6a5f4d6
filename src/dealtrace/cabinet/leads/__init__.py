"""Leads and visits: their lists, the page of a lead, and actions on a lead."""
