"""Commands about sites: `site`, and `demo`, which fills a site with made-up data."""
