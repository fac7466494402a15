"""`manage.py up`: the two servers and all programs of the platform as children of one process."""
