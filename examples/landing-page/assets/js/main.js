// Marks the menu entry of the section that is in view.
const links = new Map([...document.querySelectorAll("nav a[href^='#']")].map((link) => [link.hash, link]));
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) links.get(`#${entry.target.id}`)?.classList.toggle("here", entry.isIntersecting);
});
for (const section of document.querySelectorAll("section")) watcher.observe(section);
