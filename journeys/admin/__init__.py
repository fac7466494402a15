"""Pages of journeys and tasks in the back office."""

from journeys.admin import acting, builder, journeys, lists, panel, publishing, slipping, tasks, trials

__all__ = ["acting", "builder", "journeys", "lists", "panel", "publishing", "slipping", "tasks", "trials"]
