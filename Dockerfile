# One image for every process of docker-compose.yml. Built from the two lock files; runs as an ordinary user.

FROM node:22-bookworm-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm AS environment
COPY requirements.txt /
# uv comes from its own hashed line of the lock, and installs the rest.
RUN python -m venv /venv \
    && awk '/^[^ #]/ { inside = /^uv==/ } inside' /requirements.txt > /uv.txt \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r /uv.txt \
    && /venv/bin/uv pip sync --no-cache --require-hashes --compile-bytecode --python /venv/bin/python /requirements.txt

FROM python:3.11-slim-bookworm
# What printed orders are drawn with, and a Chinese font to draw them in.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/onemap --create-home onemap \
    && install -d -o onemap -g onemap /var/lib/onemap/media \
    && install -d -o onemap -g onemap -m 700 /var/lib/onemap/keys
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    DJANGO_SETTINGS_MODULE=command_center.settings.production \
    ONEMAP_VAR=/var/lib/onemap \
    STATIC_ROOT=/app/collected
WORKDIR /app
COPY --from=environment /venv /venv
COPY . .
COPY --from=libraries /app/node_modules node_modules
# Collecting needs settings that load, not the secrets of any site: these live for this one command.
RUN find locale -name '*.po' -exec sh -c 'pybabel compile -i "$1" -o "${1%.po}.mo"' _ {} ';' \
    && SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(60))')" ALLOWED_HOSTS=build \
       DEVICE_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(60))')" \
       DATABASE_URL=postgis://build:build@127.0.0.1/build REDIS_URL=redis://127.0.0.1/0 \
       python manage.py collectstatic --no-input
USER 10001
EXPOSE 8000 6510 6511 6512 6513 6514 6510/udp 6514/udp
CMD ["python", "-m", "uvicorn", "command_center.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--ws", "websockets-sansio", "--ws-max-size", "65536", "--ws-per-message-deflate", "false", "--lifespan", "off", "--timeout-graceful-shutdown", "3", "--no-access-log"]
