"""The journals (paged, filtered lists of deals and leads), read from the tables of several domains."""
