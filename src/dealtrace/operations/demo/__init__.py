"""Operations of the demo: fill a site with a year of invented data, and remove the data."""
