"""A year of a made-up company, the same for the same seed; pure except for a seeded random number generator."""
