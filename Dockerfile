# A mock Rasa: mount a bot's folder at /bot, and it is served on port 5005.
#
#   docker build -t rasa-mock .
#   docker run --rm -p 127.0.0.1:5005:5005 -v ./examples/pizza:/bot:ro rasa-mock
#
# compose.yml has an action server beside it.

FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY rasa_mock rasa_mock
RUN pip install --no-cache-dir --disable-pip-version-check --prefix=/install \
    ".[fast,server,redis,sql]"

FROM python:3.12-slim
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin rasa
COPY --from=build /install /usr/local
USER 10001:10001
WORKDIR /bot
EXPOSE 5005
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:5005/', timeout=2)"]
ENTRYPOINT ["rasa-mock"]
CMD ["serve", "/bot", "--interface", "0.0.0.0", "--port", "5005", "--enable-api"]
