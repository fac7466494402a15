"""REST of social publishing and promotion."""
