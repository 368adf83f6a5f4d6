"""All migrations, forward only; a migration that breaks the running release comes in the release after it."""
