"""GraphQL of social publishing and promotion."""
