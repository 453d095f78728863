FROM php-cli
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends apache2 libapache2-mod-php8.2 \
 && rm -rf /var/lib/apt/lists/* /var/www/html/index.html \
 && echo 'variables_order = "EGPCS"' > /etc/php/8.2/apache2/conf.d/99-environment.ini \
 && a2dismod -q mpm_event && a2enmod -q mpm_prefork php8.2 \
 && printf '<Directory /var/www/>\n    AllowOverride All\n</Directory>\nServerName localhost\n' > /etc/apache2/conf-enabled/container.conf \
 && ln -sf /dev/stdout /var/log/apache2/access.log && ln -sf /dev/stderr /var/log/apache2/error.log \
 && chown www-data:www-data /var/www/html \
 && printf '#!/bin/sh\nset -e\n. /etc/apache2/envvars\nmkdir -p "$APACHE_RUN_DIR" "$APACHE_LOCK_DIR"\nrm -f "$APACHE_PID_FILE"\nexec apache2 -DFOREGROUND "$@"\n' > /usr/local/bin/apache2-foreground \
 && chmod 755 /usr/local/bin/apache2-foreground
EXPOSE 80
STOPSIGNAL SIGWINCH
WORKDIR /var/www/html
CMD ["apache2-foreground"]
