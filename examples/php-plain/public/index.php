<?php

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
header('Content-Type: text/plain');
echo "Hello from PHP, you asked for $path\n";
