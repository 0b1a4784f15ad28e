"""Asking others over HTTP: how to get there by what the environment says, in time, and within bounds.

Whom to ask, and what to believe of the answer, is not known here.
"""
