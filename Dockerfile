# Build: everything that is needed to install stays in this stage.
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
# Such as [apns,postgres].
ARG EXTRAS=""
RUN python -m venv /opt/pushgo \
    && /opt/pushgo/bin/pip install --no-cache-dir ".${EXTRAS}"

# Run: the interpreter and the installed package, nobody's root.
FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --no-create-home pushgo \
    && install --directory --owner=pushgo --group=pushgo --mode=0700 /data
COPY --from=build /opt/pushgo /opt/pushgo
ENV PATH=/opt/pushgo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PUSHGO_HTTP_ADDR=0.0.0.0:8686 \
    PUSHGO_DB_URL=sqlite:////data/pushgo-compat.db
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8686
# The process is up and answers. With TLS, or on another port, give your own check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD \
    ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8686/healthz', timeout=4)"]
ENTRYPOINT ["pushgo-compat"]
CMD ["serve"]
