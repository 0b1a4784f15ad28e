# A static Go program in an empty image, with a zip that Go's own time package reads.
# The build context is the program's source; its main package is at the top.
FROM golang:1.27-alpine AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /program .

FROM alpine:3.22 AS zones
ARG TZDATA_FILTER=http://127.0.0.1:8080
ARG TZDATA_RELEASE=2026f
ARG ZONES=Asia/Shanghai,Etc/UTC
RUN wget -qO /zoneinfo.zip "$TZDATA_FILTER/v1/bundles/$TZDATA_RELEASE/$ZONES.zip"

FROM scratch
COPY --from=build /program /program
COPY --from=zones /zoneinfo.zip /zoneinfo.zip
# Go looks here first. The name must end in .zip.
ENV ZONEINFO=/zoneinfo.zip
USER 65534:65534
ENTRYPOINT ["/program"]
