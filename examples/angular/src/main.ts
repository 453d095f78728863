import { provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { Ledger } from "./app/ledger";

bootstrapApplication(Ledger, { providers: [provideZonelessChangeDetection()] });
