"""What other rules and settings of a site would change, computed without storing anything."""
