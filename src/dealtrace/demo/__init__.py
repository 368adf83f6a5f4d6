"""The demo: made-up data of a company over a year; the same seed always gives the same data.

The code is pure, except for a seeded random number generator.
"""
