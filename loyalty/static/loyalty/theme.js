// Runs before the first paint, so that a chosen theme never flashes in the other one.
"use strict";
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed to us (a privacy setting): the system's theme holds.
}
