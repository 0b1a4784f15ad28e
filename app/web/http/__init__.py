"""What every route needs from HTTP: representations and their conditions, problems, requests, hot representations."""
