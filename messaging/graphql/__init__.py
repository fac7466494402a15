"""Messages in GraphQL."""
