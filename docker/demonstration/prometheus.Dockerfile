# Debian's Prometheus in a container, for where its makers' image cannot be had.
#   docker build --file docker/demonstration/prometheus.Dockerfile --tag localhost/almanac-prometheus:dev docker/demonstration
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends prometheus \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner 65534 --group 65534 /prometheus
USER 65534:65534
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["/usr/bin/prometheus"]
