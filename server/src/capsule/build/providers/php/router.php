<?php
// Decides for each request between a file of the site and its front controller (index.php), and hides what is
// not meant for visitors. PHP's own server asks it first; `false` says that the server answers by itself.
$capsule_answer = (static function (): string {
    $root = rtrim($_SERVER['DOCUMENT_ROOT'], '/');
    $path = rawurldecode(explode('?', $_SERVER['REQUEST_URI'], 2)[0]);
    $hidden = '#(^|/)(\.(?!well-known/)|vendor/|node_modules/|composer\.(json|lock)$|Procfile$|package(-lock)?\.json$)#i';
    if (str_contains($path, "\0") || preg_match($hidden, ltrim($path, '/'))) {
        return 'missing';
    }
    // Links are followed: sites link their uploads into the public folder. What begins with a dot, and so every
    // way upwards, is hidden already.
    $file = rtrim($root . $path, '/');
    if (is_file($file)) {
        return 'server';
    }
    if (is_dir($file) && !str_ends_with($path, '/')) {
        header('Location: /' . ltrim($path, '/') . '/', true, 301);
        return 'sent';
    }
    if (is_file("$file/index.php") || is_file("$file/index.html")) {
        return 'server';
    }
    if (!is_file("$root/index.php")) {
        return 'missing';
    }
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
    $_SERVER['SCRIPT_FILENAME'] = "$root/index.php";
    if (str_starts_with($path, '/index.php/')) {
        $_SERVER['PATH_INFO'] = substr($path, strlen('/index.php'));
    }
    return 'front';
})();
if ($capsule_answer === 'server') {
    return false;
}
if ($capsule_answer === 'missing') {
    http_response_code(404);
    echo 'Not found';
}
if ($capsule_answer === 'front') {
    unset($capsule_answer);
    chdir($_SERVER['DOCUMENT_ROOT']);
    require $_SERVER['SCRIPT_FILENAME'];
}
