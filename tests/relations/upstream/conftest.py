"""The plugin is no module of tests: it changes etuples for the process that loads it."""

collect_ignore = ["terms_for_etuples.py"]
