"""What the first screen of a site shows beside its figures: what is missing, and what is wrong."""
