# An image of one process of the app. compose.yaml starts two of them with a database and a proxy.
# docs/running.md says more.
FROM python:3.11-slim-bookworm

# Chromium draws the plots of *Take along*. Without it, the app works, but makes no plots.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium \
    && rm -rf /var/lib/apt/lists/*

# The address of a package index with the smaller PyTorch build for CPUs: see README.md.
ARG PIP_EXTRA_INDEX_URL=""
WORKDIR /lab
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY . .
RUN python -m compileall -q pglab pages

# The app writes only to these two folders.
RUN useradd --create-home --uid 10001 pglab \
    && install --directory --owner=pglab /data /compiled
USER pglab
ENV NUMBA_CACHE_DIR=/compiled \
    PGLAB_DATABASE_URL=sqlite:////data/runs.sqlite3 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_BASE_URL_PATH=class/lab

# Compile the training code for the processor of this machine. On another type of processor, the app
# compiles it again when it starts, which takes up to a minute.
RUN python -c "import torch; from pglab.engine.engine import warm_up; warm_up(torch.float32)"

# For the library of runs, if PGLAB_DATABASE_URL names no other database.
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s CMD python -c "import urllib.request as u; \
    u.urlopen('http://127.0.0.1:$STREAMLIT_SERVER_PORT/$STREAMLIT_SERVER_BASE_URL_PATH/_stcore/health')"
CMD ["python", "-m", "streamlit", "run", "app.py"]
