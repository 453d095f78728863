<?php

namespace Greeter;

final class Greeter
{
    public static function greet(string $name): string
    {
        return "Hello, $name, from a package of Composer";
    }
}
