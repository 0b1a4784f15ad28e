# Two zones for a Debian image, fetched in a stage of their own.
FROM debian:stable-slim AS zones
ARG TZDATA_FILTER=http://127.0.0.1:8080
ARG TZDATA_RELEASE=2026f
ARG ZONES=Asia/Shanghai,Etc/UTC
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/*
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN mkdir -p /zoneinfo && curl -fsSL "$TZDATA_FILTER/v1/bundles/$TZDATA_RELEASE/$ZONES.tar.gz" | tar -xz -C /zoneinfo

FROM debian:stable-slim
COPY --from=zones /zoneinfo /usr/share/zoneinfo
ENV TZ=Asia/Shanghai
CMD ["date"]
