"""How figures are read: what a metric means, whether its growth is good, and where data is missing."""
