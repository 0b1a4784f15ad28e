"""What every route needs of HTTP: representations and their conditions, problems, requests, what is kept hot."""
