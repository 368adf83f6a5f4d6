"""Everything that the product can do with reports, such as computing them, importing costs and defining columns."""
