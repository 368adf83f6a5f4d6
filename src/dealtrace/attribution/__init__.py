"""Visits, their traffic sources, the costs of advertising, and the rules that credit visits with leads."""
