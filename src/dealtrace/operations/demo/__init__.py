"""What the product can do with a demo: fill a site with a made-up year, and remove it."""
