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

  // A page with rows to walk through shows what keys do there.
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];
  const rowKeys = dialog.querySelector("[data-row-keys]");
  const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

  function focusRow(row) {
    row?.querySelector("[data-opens]").focus();
    row?.scrollIntoView({ block: "nearest" });
    return Boolean(row);
  }

  // The row that has the focus; beside the list, the one that is open has the keys.
  function rowInHand() {
    const focus = document.activeElement;
    const isBeside = focus === document.body || focus.closest("#look");
    return rows().find((row) => row.contains(focus) || (isBeside && row.ariaCurrent === "true"));
  }

  function step(by) {
    const all = rows();
    const here = all.indexOf(rowInHand());
    const first = by > 0 ? 0 : all.length - 1;
    return focusRow(here < 0 ? all[first] : all[here + by]);
  }

  // What a letter does to a row is the page's own affair: see inbox.js.
  function decide(key) {
    const row = rowInHand();
    if (!row || !row.closest("form")?.querySelector("[data-decides]")) return false;
    row.dispatchEvent(new CustomEvent("row-key", { bubbles: true, detail: { key, row } }));
    return true;
  }

  function walk(key) {
    if (key in STEPS) return step(STEPS[key]);
    if (key === "x") {
      const row = rowInHand();
      row?.querySelector("input[type=checkbox]")?.click();
      return Boolean(row);
    }
    return (key === "a" || key === "r") && decide(key);
  }

  // Whoever speaks to their computer, or brushes keys by accident, can turn single keys off.
  const singleKeys = document.body.dataset.singleKeys !== "off";

  // A key pressed into a field is text; with Ctrl, Alt or Meta it is the browser's.
  function isForUs(event) {
    if (!singleKeys) return false;
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
    else if (!rowKeys || !walk(event.key)) {
      if (event.key !== "/" || !search()) return;
    }
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shows-shortcuts]")) dialog.showModal();
    // Beside the dialog's content is its backdrop, which closes it.
    if (event.target === dialog) dialog.close();
  });

  namePlaces();
  // After a decision the address names the row that has taken the place of the one decided, and the
  // browser gives it the focus; where the last one was decided, there is no such row any more.
  const wasLast = location.hash.startsWith("#row-") && !document.getElementById(location.hash.slice(1));
  if (wasLast) focusRow(rows().at(-1));
})();
