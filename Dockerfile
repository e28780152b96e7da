FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.lock .
# What was locked and nothing else: every file's hash is checked, nothing is resolved anew.
RUN /venv/bin/pip install --require-hashes --no-deps -r requirements.lock
WORKDIR /app
COPY . .
# The names of static files carry their hashes; the production settings know them, so they make them.
RUN LOYALTY_ENV=production EMAIL_HOST=none SEALING_KEYS="only-while-building-the-image-$(seq -s- 1 20)" SECRET_KEY="only-while-building-the-image-$(seq -s- 1 20)" \
    /venv/bin/python manage.py collectstatic --no-input \
    && /venv/bin/python -m compileall -q .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home loyalty && install -d -o loyalty /files
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOYALTY_ENV=production \
    LOYALTY_FILES=/files \
    GRANIAN_INTERFACE=wsgi \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000 \
    GRANIAN_WORKERS=2 \
    GRANIAN_BLOCKING_THREADS=16 \
    GRANIAN_RESPAWN_FAILED_WORKERS=true
COPY --from=build /venv /venv
# Owned by root: the service can read its code and not change it.
COPY --from=build /app /app
WORKDIR /app
USER loyalty
EXPOSE 8000
CMD ["granian", "loyalty.wsgi:application"]
