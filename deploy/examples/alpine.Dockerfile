# Two zones in an Alpine image. The list and the release are in the address: a change of either makes a new layer.
FROM alpine:3.22
ARG TZDATA_FILTER=http://127.0.0.1:8080
ARG TZDATA_RELEASE=2026f
ARG ZONES=Asia/Shanghai,Etc/UTC
# busybox's sh knows pipefail, and its wget and tar are all that is needed.
SHELL ["/bin/ash", "-eo", "pipefail", "-c"]
# hadolint ignore=DL4001
RUN mkdir -p /usr/share/zoneinfo \
    && wget -qO- "$TZDATA_FILTER/v1/bundles/$TZDATA_RELEASE/$ZONES.tar.gz" | tar -xz -C /usr/share/zoneinfo
ENV TZ=Asia/Shanghai
CMD ["date"]
