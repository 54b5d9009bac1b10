"""What helps those who write scenarios: a schema, a canonical form, a language service."""
