# Three images: sealdesk, which is the default, and, for docker-compose.yml, the S3
# servers minio and versitygw in the versions that the tests run on.

FROM golang:1.26-bookworm AS build
ENV GOCACHE=/go/cache
WORKDIR /src
COPY scripts/install scripts/install
RUN scripts/install build
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=development
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
	go build -trimpath -buildvcs=false -ldflags "-X main.version=${VERSION}" -o /usr/local/bin/sealdesk ./cmd/sealdesk

# The servers are built from source, each from a module whose go.sum pins all of it:
# of MinIO there are no images any more.
FROM golang:1.26-bookworm AS build-minio
ENV GOCACHE=/go/cache
WORKDIR /src
COPY testdata/servers/minio ./
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
	CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags '-s -w' -o /usr/local/bin/minio github.com/minio/minio

FROM golang:1.26-bookworm AS build-versitygw
ENV GOCACHE=/go/cache
WORKDIR /src
COPY testdata/servers/versitygw ./
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
	CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags '-s -w' -o /usr/local/bin/versitygw github.com/versity/versitygw/cmd/versitygw

# Both servers keep their files in /data, listen on port 9000, tell of their health at
# /minio/health/ready and take their keys from the same two secrets.
FROM debian:bookworm-slim AS server
RUN apt-get update -q \
	&& apt-get install -q -y --no-install-recommends curl \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --create-home server \
	&& install -d -o server -g server /data
USER server
VOLUME /data
EXPOSE 9000

FROM server AS minio
COPY --from=build-minio /usr/local/bin/minio /usr/local/bin/minio
ENV MINIO_ROOT_USER_FILE=/run/secrets/s3_access_key MINIO_ROOT_PASSWORD_FILE=/run/secrets/s3_secret_key \
	MINIO_BROWSER=off MINIO_UPDATE=off
ENTRYPOINT ["minio", "server", "--address", ":9000", "/data"]

FROM server AS versitygw
COPY --from=build-versitygw /usr/local/bin/versitygw /usr/local/bin/versitygw
ENTRYPOINT set -eu; \
	ROOT_ACCESS_KEY=$(cat /run/secrets/s3_access_key); ROOT_SECRET_KEY=$(cat /run/secrets/s3_secret_key); export ROOT_ACCESS_KEY ROOT_SECRET_KEY; \
	mkdir -p /data/objects /data/versions; \
	exec versitygw --port :9000 --health /minio/health/ready --quiet posix --versioning-dir /data/versions /data/objects

FROM debian:bookworm-slim AS sealdesk
COPY scripts/install /install
RUN /install run \
	&& rm -rf /install /var/lib/apt/lists/* \
	&& useradd --create-home sealdesk \
	&& install -d -o sealdesk -g sealdesk /data /var/cache/sealdesk
COPY --from=build /usr/local/bin/sealdesk /usr/local/bin/sealdesk
USER sealdesk
# The second reader is not in the image: "sealdesk models fetch" puts it into the cache.
ENV SEALDESK_DATA=/data XDG_CACHE_HOME=/var/cache/sealdesk LANG=C.UTF-8
VOLUME /data /var/cache/sealdesk
ENTRYPOINT ["sealdesk"]
# Whether the store, the index and the intake that are configured can be used.
HEALTHCHECK --interval=5m --timeout=1m --start-period=1m CMD ["sealdesk", "config", "check"]
