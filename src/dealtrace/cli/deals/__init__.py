"""`dealtrace deal` and `dealtrace explain`: which deal is meant, its history, why it has its lead."""
