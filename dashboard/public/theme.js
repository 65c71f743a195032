// Runs before the first paint, so that the chosen theme never flashes.
(function () {
  try {
    var prefs = JSON.parse(localStorage.getItem("faultline.prefs") || "{}");
    var root = document.documentElement;
    if (prefs.theme === "light" || prefs.theme === "dark") root.dataset.theme = prefs.theme;
    if (prefs.density === "compact") root.dataset.density = "compact";
  } catch (_) {
    // Without storage the system's theme is used.
  }
})();
