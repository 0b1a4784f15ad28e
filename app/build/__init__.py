"""The one verb: build. Brings sources, plans, recipes and the store together; knows no HTTP and no command line."""
