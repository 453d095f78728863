import { useState } from "react";

const FIRST = ["The Left Hand of Darkness", "Invisible Cities"];

export function App() {
  const [books, setBooks] = useState(FIRST);
  const [title, setTitle] = useState("");

  function add(event) {
    event.preventDefault();
    if (title.trim()) setBooks([...books, title.trim()]);
    setTitle("");
  }

  return (
    <main>
      <h1>Reading list</h1>
      <p>You are at {location.pathname}.</p>
      <ul>
        {books.map((book) => (
          <li key={book}>{book}</li>
        ))}
      </ul>
      <form onSubmit={add}>
        <input aria-label="Title" value={title} onChange={(event) => setTitle(event.target.value)} />
        <button>Add</button>
      </form>
    </main>
  );
}
