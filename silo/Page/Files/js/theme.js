// Runs before the first paint, so that no other theme flashes up.
(() => {
  const system = matchMedia("(prefers-color-scheme: light)");
  const root = document.documentElement;

  function choice() {
    try {
      const kept = localStorage.getItem("ow.theme");
      return kept === "dark" || kept === "light" ? kept : "system";
    } catch {
      return "system";
    }
  }

  function apply() {
    const chosen = choice();
    const theme = chosen === "system" ? (system.matches ? "light" : "dark") : chosen;
    root.setAttribute("data-theme", theme);
    root.style.setProperty("color-scheme", theme);
  }

  system.addEventListener("change", apply);
  window.owTheme = {
    choice,
    /** Goes from dark to light to the system's own, and returns the new choice. */
    next() {
      const next = { dark: "light", light: "system", system: "dark" }[choice()];
      try {
        localStorage.setItem("ow.theme", next);
      } catch {
        return choice();
      }
      apply();
      return next;
    },
  };
  apply();
})();
