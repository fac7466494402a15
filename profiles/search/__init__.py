"""Finding customers by what somebody types: words, documents, the search itself, and why somebody was found."""
