"""Customers as files: CSV, XLSX or NDJSON, made row by row."""
