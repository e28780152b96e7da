// Ways through the pages for hands that stay on the keyboard. Every page works without this file.
"use strict";

(() => {
  const AFTER_G = 1500; // milliseconds in which the letter of a place may follow
  const dialog = document.getElementById("shortcuts");
  const places = new Map();
  let waitsForPlace = 0;

  // Each place of the page's bar gets the first letter of its name that is still free.
  function namePlaces() {
    const list = dialog.querySelector("[data-places]");
    for (const link of document.querySelectorAll(".tabs .nav-link, .sidebar .nav-link")) {
      const name = link.textContent.trim();
      const letter = [...name.toLowerCase()].find((one) => /[a-z]/.test(one) && !places.has(one));
      if (!letter) continue;
      places.set(letter, link);
      const row = list.querySelector("template").content.cloneNode(true);
      row.querySelector("[data-letter]").textContent = letter;
      row.querySelector("[data-place]").textContent = name;
      list.append(row);
    }
    list.hidden = places.size === 0;
  }

  // A key pressed into a field is text; with Ctrl, Alt or Meta it is the browser's.
  function isForUs(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return false;
    if (document.querySelector("dialog[open]")) return false;
    return !event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  }

  function search() {
    const fields = [...document.querySelectorAll("input[type=search]")];
    const field = fields.find((one) => one.checkVisibility());
    field?.focus();
    field?.select();
    return Boolean(field);
  }

  document.addEventListener("keydown", (event) => {
    if (!isForUs(event)) return;
    const place = event.timeStamp < waitsForPlace ? places.get(event.key) : undefined;
    waitsForPlace = 0;
    if (place) place.click();
    else if (event.key === "g") waitsForPlace = event.timeStamp + AFTER_G;
    else if (event.key === "?") dialog.showModal();
    else if (event.key !== "/" || !search()) return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shows-shortcuts]")) dialog.showModal();
    // Beside the dialog's content is its backdrop, which closes it.
    if (event.target === dialog) dialog.close();
  });

  namePlaces();
})();
