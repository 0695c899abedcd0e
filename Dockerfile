# Rematch on the CPU: `docker compose up`, then http://localhost:8501.
FROM python:3.12-slim AS build
WORKDIR /src
# Without it pip takes PyTorch's default wheels, which bring CUDA on x86_64: several gigabytes that a CPU has no use for.
# Give PyTorch's index of CPU wheels as `--build-arg PIP_EXTRA_INDEX_URL=...` (pytorch.org, "Get started", names it).
ARG PIP_EXTRA_INDEX_URL
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --requirement requirements.txt
COPY pyproject.toml README.md LICENSE NOTICE app.py ./
COPY .streamlit/config.toml .streamlit/
COPY core core
COPY pages pages
COPY rematch rematch
RUN /venv/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
RUN useradd --create-home --uid 1000 rematch \
    && mkdir -p /data/workspace /data/cache && chown -R rematch: /data
COPY --from=build /venv /venv
USER 1000
WORKDIR /data
# HF_HOME is in the volume of the cache, so that downloaded weights survive a restart.
ENV PATH=/venv/bin:$PATH REMATCH_WORKSPACE=/data/workspace REMATCH_CACHE=/data/cache HF_HOME=/data/cache/huggingface
VOLUME ["/data/workspace", "/data/cache"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
CMD ["rematch", "app", "--server.address=0.0.0.0", "--server.headless=true"]
