"""``/v2/``: images for every client that pulls from a registry. OCI words live here and in ``artifact/oci/image``."""
