"""The effect of a change of a site's settings, shown before it is saved, and changes of the past in the background."""
