FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY scripts/install scripts/install
RUN scripts/install build
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=development
RUN go build -trimpath -buildvcs=false -ldflags "-X main.version=${VERSION}" -o /usr/local/bin/sealdesk ./cmd/sealdesk

FROM debian:bookworm-slim
COPY scripts/install /tmp/install
RUN /tmp/install run \
	&& rm -rf /tmp/install /var/lib/apt/lists/* \
	&& useradd --create-home sealdesk \
	&& install -d -o sealdesk -g sealdesk /data
COPY --from=build /usr/local/bin/sealdesk /usr/local/bin/sealdesk
USER sealdesk
ENV SEALDESK_DATA=/data LANG=C.UTF-8
VOLUME /data
ENTRYPOINT ["sealdesk"]
