"""Every step the schema took, forward only; a step that breaks running old code goes after the release, not before."""
