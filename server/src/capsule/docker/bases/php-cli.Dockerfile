FROM debian-bookworm
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends php8.2-cli php8.2-curl php8.2-mbstring php8.2-xml php8.2-sqlite3 \
 && rm -rf /var/lib/apt/lists/* \
 && echo 'variables_order = "EGPCS"' > /etc/php/8.2/cli/conf.d/99-environment.ini \
 && mkdir -p /var/www/html
COPY docker-php-ext-install /usr/local/bin/
CMD ["php", "-a"]
