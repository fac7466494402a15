"""Engagement and churn risk: rules, set-based SQL, runs over everybody, words for people."""
