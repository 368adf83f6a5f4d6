"""What other rules and settings of a site would change, computed without storing, and the past changed by them."""
