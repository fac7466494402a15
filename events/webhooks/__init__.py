"""Outbound events as webhooks: endpoints of a club, signed requests, retries over three days, a log of all of it."""
