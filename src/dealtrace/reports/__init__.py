"""Figures: metrics, dimensions, the questions that reports ask, and what a site defines for them."""
