"""Visits, their traffic sources, and credits: which visits are credited with a lead."""
