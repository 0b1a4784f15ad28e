"""The service's own API: bundles, artifacts, releases, zones, diffs, feeds, sets; and its health."""
