"""People who called or wrote: everything known of a person in time, their data exported or erased."""
