FROM golang:1.26-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# the pages need node only where they have a build
RUN if [ -f cmd/switchyard/web/package.json ]; then \
      apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*; \
    fi
RUN make build && mkdir -p /out/data /out/tmp && cp bin/switchyard /out/switchyard

# nothing but the binary: it carries its pages and the time zones
FROM scratch
LABEL org.opencontainers.image.title="switchyard" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/ /
USER 65532:65532
ENV SWITCHYARD_DATA=/data \
    SWITCHYARD_LISTEN=0.0.0.0:8080 \
    SWITCHYARD_OPS_LISTEN=0.0.0.0:8081
VOLUME /data
# 8080: pages, API, socket. 8081: metrics and probes, not for the outside.
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["/switchyard", "health"]
ENTRYPOINT ["/switchyard"]
CMD ["serve"]
