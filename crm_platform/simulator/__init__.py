"""A simulated world of two clubs: people, twelve months of their life as events, and who is who in truth."""

from crm_platform.simulator.live import live_events
from crm_platform.simulator.world import World, build_world, history

__all__ = ["World", "build_world", "history", "live_events"]
