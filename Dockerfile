FROM python:3.11-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY retrieval retrieval
COPY assistant assistant
COPY finetune finetune
COPY ui ui
COPY evals evals
# Give PyTorch's index of CPU wheels here for an image without CUDA (docs/operations.md).
ARG TORCH_INDEX=
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url $TORCH_INDEX} .

FROM python:3.11-slim
# LightGBM's compiled core needs OpenMP.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 shopkeeper \
    && mkdir /data && chown shopkeeper /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    HF_HUB_OFFLINE=1 \
    GRADIO_ANALYTICS_ENABLED=False \
    ANONYMIZED_TELEMETRY=False \
    SHOPKEEPER_HOME=/data \
    SHOPKEEPER_HOST=0.0.0.0 \
    PORT=8000
USER shopkeeper
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s \
    CMD python -c "import os,urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"
CMD ["shopkeeper", "serve", "--demo"]
