# One image for every process of Verdict; the command decides which one it is.
FROM python:3.12-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /verdict
RUN python -m venv /opt/verdict
ENV PATH=/opt/verdict/bin:$PATH
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY engine engine
COPY connectors connectors
COPY ml ml
COPY service service
COPY api api
COPY backoffice backoffice
COPY cli cli
COPY migrations migrations
COPY rules rules
RUN pip install --no-cache-dir --no-deps --editable .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /verdict --shell /usr/sbin/nologin verdict \
    && install -d -o verdict -g verdict /data
COPY --from=build /opt/verdict /opt/verdict
COPY --from=build --chown=root:root /verdict /verdict
WORKDIR /verdict
ENV PATH=/opt/verdict/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VERDICT_DATA_DIR=/data
USER verdict
VOLUME /data
EXPOSE 8000
CMD ["uvicorn", "api.app:app", "--host", "0.0.0.0", "--port", "8000", "--no-server-header"]
