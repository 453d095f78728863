import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

@Controller()
class HelloController {
  @Get()
  hello(): string {
    return "Hello from Nest";
  }
}

@Module({ controllers: [HelloController] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  await app.listen(Number(process.env.PORT), process.env.HOST ?? "127.0.0.1");
}

void main();
