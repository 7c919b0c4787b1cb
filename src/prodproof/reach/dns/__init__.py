"""DNS: names and zones, and which providers let strangers take them."""
