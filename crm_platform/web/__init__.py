"""The web server's own part: requests are read whole, by nobody's thread, before Django hears of them."""
