"""How much may be asked: a site's points of a day, an address's requests of a second."""
