"""Show the effect of changed settings before they are saved, and apply settings to past data in the background."""
