"""Compute what other rules and settings of a site would change; apply its present rules to past deals and visits."""
