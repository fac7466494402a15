"""The catalogue of inbound events: a typed class for each payload, and what is to be known of each type."""
