"""The tests mirror the code: ``tests/tzdb/test_links.py`` is about ``app/tzdb/links.py``."""
