"""Whose data it is: sites, the users who see them, and the tokens that open them."""
