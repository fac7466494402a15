"""Pages of journeys and tasks in the back office."""

from journeys.admin import builder, journeys, lists, tasks

__all__ = ["builder", "journeys", "lists", "tasks"]
