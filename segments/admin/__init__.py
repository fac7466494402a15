"""Segments in the back office: list, builder, segment page."""

from segments.admin import building, pages

__all__ = ["building", "pages"]
