<?php
// Variables of the capsule are in $_ENV.
echo 'Hello from PHP ' . PHP_MAJOR_VERSION . ' as ' . ($_ENV['CAPSULE_APP_NAME'] ?? 'nobody');
