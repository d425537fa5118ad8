# The image of Lola: built with the Swift toolchain, run without it. Nothing of the configuration is baked in: settings
# and secrets come from the environment or from mounted files (NAME_FILE).
#
# Runs with a read-only root, without capabilities and with little memory:
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --pids-limit 64 --memory 256m \
#     -v lola-data:/var/lib/lola --env-file lola.env -p 8080:8080 lola:dev

FROM swift:6.3.1-bookworm AS build
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
RUN swift build -c release --static-swift-stdlib --product lola \
    && install -D -m 755 .build/release/lola /out/lola \
    && strip --strip-all /out/lola

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="lola" \
      org.opencontainers.image.description="Authenticating gateway between chat channels and AI agents"
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libssl3 libstdc++6 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 65532 appuser \
    && useradd --system --uid 65532 --gid appuser --home-dir /var/lib/lola --shell /usr/sbin/nologin appuser \
    && install -d -o appuser -g appuser -m 700 /var/lib/lola
COPY --from=build /out/lola /usr/local/bin/lola

# More small pieces of memory at hand, for about a tenth less work a message; the C library reads it before the program.
ENV LOLA_LISTEN=0.0.0.0:8080 \
    LOLA_DATA_DIR=/var/lib/lola \
    GLIBC_TUNABLES=glibc.malloc.tcache_count=512
VOLUME ["/var/lib/lola"]
WORKDIR /var/lib/lola
USER appuser
# The public listener. The management listener (9090) stays on loopback inside the container.
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/local/bin/lola", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/lola"]
CMD ["serve"]
