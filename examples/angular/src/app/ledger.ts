import { CurrencyPipe } from "@angular/common";
import { Component, computed, signal } from "@angular/core";

interface Entry {
  what: string;
  amount: number;
}

@Component({
  selector: "app-root",
  imports: [CurrencyPipe],
  template: `
    <main>
      <h1>Ledger</h1>
      <table>
        @for (entry of entries(); track $index) {
          <tr>
            <td>{{ entry.what }}</td>
            <td>{{ entry.amount | currency: "EUR" }}</td>
          </tr>
        }
        <tr>
          <th>Left</th>
          <th>{{ left() | currency: "EUR" }}</th>
        </tr>
      </table>
      <button (click)="buy()">Buy a coffee</button>
    </main>
  `,
})
export class Ledger {
  readonly entries = signal<Entry[]>([{ what: "Savings", amount: 40 }]);
  readonly left = computed(() => this.entries().reduce((sum, entry) => sum + entry.amount, 0));

  buy(): void {
    this.entries.update((entries) => [...entries, { what: "Coffee", amount: -3.2 }]);
  }
}
