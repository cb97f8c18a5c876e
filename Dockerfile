# The image of `piiforge serve`: what the lock pins and the wheel, no tool and no root.
#
#   docker build --tag piiforge-serve .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -p 127.0.0.1:8000:8000 -e PIIFORGE_TOKEN piiforge-serve
#   docker run ... --mount type=bind,src=$PWD/out/pack,dst=/pack,readonly piiforge-serve --pack /pack
#                                                 # EXTRAS="serve fast" at build time
FROM python:3.11-slim-bookworm AS build
ARG EXTRAS="serve"
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY scripts/lock.py scripts/
RUN python scripts/lock.py --builder > builder.txt \
 && python -m pip install --no-cache-dir --require-hashes -r builder.txt \
 && python -m venv --without-pip /opt/piiforge \
 && python scripts/lock.py --extra ${EXTRAS} > wanted.txt \
 && python -m pip --python /opt/piiforge/bin/python install --no-cache-dir --no-deps \
      --require-hashes -r wanted.txt
COPY src src
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --no-index -w dist . \
 && python -m pip --python /opt/piiforge/bin/python install --no-cache-dir --no-deps --no-index \
      dist/*.whl \
 && /opt/piiforge/bin/piiforge --version

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin piiforge
COPY --from=build /opt/piiforge /opt/piiforge
ENV PATH=/opt/piiforge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
STOPSIGNAL SIGTERM
# Others reach it there, so it asks for a token and does not start without one in PIIFORGE_TOKEN
ENTRYPOINT ["piiforge", "serve", "--host", "0.0.0.0", "--port", "8000"]
