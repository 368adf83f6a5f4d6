"""Operations of the demo: fill a site with a made-up year of data, and remove it."""
