"""Statistics over scipy and statsmodels: intervals, tests, effects with seeds, power, and how judges behave."""
