"""Pages about the users of the cabinet: logging in, their own account, and the roles of others."""
