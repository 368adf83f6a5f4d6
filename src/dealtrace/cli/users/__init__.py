"""`dealtrace user`: create, invite, list and delete users of the cabinet, the web interface."""
