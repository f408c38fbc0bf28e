"""How many tasks a load needs, what a burst meets while they start, and what a month of it costs."""
