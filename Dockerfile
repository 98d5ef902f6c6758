# 1. The wheel. Its build tools stay in this stage.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/build.txt requirements/build.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY metrics_core metrics_core
COPY demo_data demo_data
COPY app app
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

# 2. The app.
FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="faultline" \
      org.opencontainers.image.description="Interactive error analysis for a file of predictions" \
      org.opencontainers.image.licenses="Apache-2.0"

# The pinned packages come before the source, so a change of the source keeps their layer.
COPY requirements/app.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt \
    && mkdir /data /store \
    && chown 10001:10001 /store
COPY --from=build /wheels /tmp/wheels
RUN pip install --no-cache-dir --no-deps --no-index /tmp/wheels/*.whl

# Nothing is written outside /tmp and /store, so the root may be read-only: docker run --read-only --tmpfs /tmp
ENV HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# All addresses, because only what the container publishes is reachable anyway.
ENV FAULTLINE_ADDRESS=0.0.0.0 \
    FAULTLINE_DATA=/data \
    FAULTLINE_STORE=/store/store.sqlite \
    PORT=8501

# No telemetry, no prompt, no error details in the browser, no watching of files that never change. The welcome message
# is hidden because Streamlit asks an outside service for the machine's address to print it.
# Streamlit's protection against forged and cross-origin requests stays on, as it is by default.
ENV STREAMLIT_BROWSER_GATHER_USAGE_STATS=false \
    STREAMLIT_CLIENT_SHOW_ERROR_DETAILS=none \
    STREAMLIT_CLIENT_TOOLBAR_MODE=minimal \
    STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    STREAMLIT_SERVER_SHOW_EMAIL_PROMPT=false

USER 10001:10001
WORKDIR /tmp
# Tags and saved slices outlive the container when somebody mounts a volume here.
VOLUME /data /store
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(f\"http://127.0.0.1:{os.environ['PORT']}/_stcore/health\", timeout=4)"]
ENTRYPOINT ["faultline"]
CMD ["open", "--headless"]
