"""The programs that read our bundles say whether they are right: Go, glibc, musl, tar, curl, coreutils, Python."""
