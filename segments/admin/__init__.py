"""Segments in the back office: list, builder, segment page."""

from segments.admin import building, desk, pages, segment_actions

__all__ = ["building", "desk", "pages", "segment_actions"]
