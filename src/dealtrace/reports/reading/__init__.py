"""Help with reading figures: what a metric means, whether its growth is good, and where data is missing."""
