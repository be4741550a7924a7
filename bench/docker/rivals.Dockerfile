# The rivals, wrk and openssl, from Debian's packages. A suite that stands still for a while says that it has expired;
# its signatures are checked all the same.
ARG NODE_IMAGE
FROM ${NODE_IMAGE}
ARG SUITE
RUN echo "deb [check-valid-until=no] http://deb.debian.org/debian ${SUITE} main" > /etc/apt/sources.list.d/rivals.list \
 && apt-get update -q \
 && apt-get install -y -q --no-install-recommends -t ${SUITE} haproxy caddy nginx wrk openssl \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/*
