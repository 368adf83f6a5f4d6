"""Visits, their traffic sources, and which visits are credited with a lead."""
