"""`dealtrace doctor`: check an installation, and describe the problems found and how to fix them."""
