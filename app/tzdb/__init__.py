"""What a tzdata release is and means. Pure: values in, values out; no I/O, clock, async or third-party code."""
