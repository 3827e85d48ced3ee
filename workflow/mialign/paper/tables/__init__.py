"""The paper's tables: functions from files and settings to LaTeX and a tidy CSV (see registry)."""
