"""What reports read and costs hold: read models over several nouns, and the tables that only reports use."""
