<?php

namespace Shop;

use Greeter\Greeter;

final class Kernel
{
    public function answer(string $path): string
    {
        return Greeter::greet(trim($path, '/') ?: 'world') . "\n";
    }
}
