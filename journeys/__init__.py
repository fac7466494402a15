"""Journeys, their versions and runs, the engine; tasks for staff."""
