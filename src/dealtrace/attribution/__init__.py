"""Visits, their traffic sources, and the rules that credit visits with leads."""
