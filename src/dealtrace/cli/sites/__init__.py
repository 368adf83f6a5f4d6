"""`dealtrace site` and `dealtrace demo`: sites, and one to look around in."""
