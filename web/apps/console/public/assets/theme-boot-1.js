/* Sets the theme before the first paint; a file of its own because the page allows no inline scripts. */
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem("capsule-theme");
  } catch (error) {
    choice = null; // Storage may be switched off; the system decides then.
  }
  var dark = choice ? choice === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
