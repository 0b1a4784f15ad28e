"""What the numbers in the README come from: programs run by hand through ``python3 dev.py bench [NAME]``.

Each prints a small table, with a peer measured in the same run wherever speed is meant. No test looks at a time.
"""
