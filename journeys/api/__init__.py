"""REST of journeys and tasks."""
