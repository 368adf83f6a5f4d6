"""Compute what other rules and settings of a site would change, and apply its present ones to its past."""
