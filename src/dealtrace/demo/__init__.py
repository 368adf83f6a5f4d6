"""A year of a made-up company, the same for the same seed: pure but for a generator of random numbers with a seed."""
