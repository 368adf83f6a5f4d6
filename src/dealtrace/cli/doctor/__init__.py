"""`dealtrace doctor`: the checks of an installation and the texts of what they find."""
