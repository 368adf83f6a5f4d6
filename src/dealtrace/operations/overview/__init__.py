"""The current problems and missing data of a site, as shown on the site's first page."""
