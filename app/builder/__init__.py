"""From a spec to bytes: builds each artifact once, keeps it, finds it again. Knows no HTTP and no command line."""
