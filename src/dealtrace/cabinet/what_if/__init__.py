"""What a change of a site would do, shown before it is made, and changes of the past in the background."""
