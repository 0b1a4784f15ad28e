"""The wire contract in words: parameters, responses and schemas of the OpenAPI document. No behaviour."""
