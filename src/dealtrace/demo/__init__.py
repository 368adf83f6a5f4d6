"""The demo: made-up data of a company over a year. The same seed always gives the same data.

The code is pure, except that it uses a seeded random number generator.
"""
