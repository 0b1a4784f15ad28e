# The service: docker build -t tzdata-filter . && docker run -p 8080:8080 -v tzdata-filter:/var/lib/tzdata-filter tzdata-filter
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
WORKDIR /src
RUN python -m venv /opt/tzdata-filter
COPY locks/runtime.txt locks/
RUN /opt/tzdata-filter/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r locks/runtime.txt
COPY pyproject.toml LICENSE README.md ./
COPY app app
# pip stays: the service asks it which package index it is set to, and without it serves the built-in release alone.
RUN /opt/tzdata-filter/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/tzdata-filter/bin/pip uninstall --yes flit_core

FROM ${PYTHON}
# The build stage and this one share a Python, so the environment can move as it is.
COPY --from=build /opt/tzdata-filter /opt/tzdata-filter
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tzdata-filter \
    && install -d -o tzdata-filter -g tzdata-filter /var/lib/tzdata-filter
ENV PATH=/opt/tzdata-filter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TZDATA_FILTER_HOST=0.0.0.0 \
    TZDATA_FILTER_PORT=8080 \
    TZDATA_FILTER_DATA_DIR=/var/lib/tzdata-filter \
    TZDATA_FILTER_LOG_FORMAT=json
USER 10001:10001
VOLUME /var/lib/tzdata-filter
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['TZDATA_FILTER_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["tzdata-filter"]
CMD ["serve"]
