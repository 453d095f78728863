/* Sets the theme before the first paint; a file of its own because the page allows no inline scripts. */
(function () {
  var root = document.documentElement;
  var choice = null;
  var app = null;
  try {
    choice = localStorage.getItem("capsule-theme");
    app = JSON.parse(localStorage.getItem("capsule-app-theme"));
  } catch (error) {
    app = null; // Storage may be switched off; the system decides then.
  }
  var dark = choice ? choice === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = (app && app.fixed) || (dark ? "dark" : "light");
  if (!app) return;
  var variables = app[root.dataset.theme] || {};
  for (var name in variables) root.style.setProperty(name, variables[name]);
})();
