"""Campaigns, A/B tests, planning, analytics."""
