"""GraphQL of journeys and tasks."""
