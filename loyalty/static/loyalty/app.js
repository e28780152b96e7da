// What HTML cannot do alone. Every page works without this file.
"use strict";

const root = document.documentElement;

function showTheme() {
  const theme = root.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  }
}

function setTheme(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // It holds for this page only.
  }
  showTheme();
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except && !menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a, summary") ?? event.target;
  if (target.dataset.setTheme) setTheme(target.dataset.setTheme);
  if (target.matches(".sidebar-toggle")) {
    const open = target.getAttribute("aria-expanded") === "true";
    target.setAttribute("aria-expanded", String(!open));
  }
  if (target.matches(".sidebar summary")) keepGroup(target);
  if (target.dataset.copy) copy(target);
  closeMenus(target);
});

// The box in the heading picks every row of the page.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-picks]")) return;
  const boxes = event.target.form.querySelectorAll(`input[name="${event.target.dataset.picks}"]`);
  for (const box of boxes) box.checked = event.target.checked;
});

// A field that one of the buttons needs is asked for before anything is sent: what is picked stays.
document.addEventListener("click", (event) => {
  const button = event.target.closest("form button");
  const field = button?.form.querySelector("[data-needed-by]");
  if (field) field.required = field.dataset.neededBy === button.value;
});

// The value of a condition suggests what its field knows.
document.addEventListener("change", (event) => {
  if (!event.target.matches('.condition-row select[name="field"]')) return;
  const value = event.target.closest(".condition-row").querySelector('input[name="value"]');
  value.setAttribute("list", `known-${event.target.value}`);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  const toggle = document.querySelector('.sidebar-toggle[aria-expanded="true"]');
  if (!toggle?.checkVisibility()) return; // beside a big screen's page it stands open for good
  toggle.setAttribute("aria-expanded", "false");
  toggle.focus();
});

// A group of the bar at the side that somebody opened stands open on the next page, too.
function keepGroup(heading) {
  const kept = document.cookie.match(/(?:^|; )places=([^;]*)/)?.[1].split(".") ?? [];
  const keys = new Set(kept.filter(Boolean));
  if (heading.parentElement.open) keys.delete(heading.id);
  else keys.add(heading.id); // it opens after this click
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `places=${[...keys].join(".")}; path=/; max-age=31536000; samesite=lax${secure}`;
}

// Whoever tabs on out of a menu leaves it closed, not lying over what comes next.
document.addEventListener("focusin", (event) => closeMenus(event.target));

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    const label = button.querySelector("[data-label]");
    label.textContent = label.dataset.copied;
  } catch {
    getSelection().selectAllChildren(source); // no clipboard here: it is at least selected
  }
}

// A form that is on its way is not sent twice by an impatient second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (form.method === "dialog" || event.defaultPrevented) return;
  // What answers with a file leaves the page where it is, and may be asked for again.
  if ("repeats" in form.dataset) return;
  showBusy();
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  showIdle();
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A bar that runs while a form is under way; the sheet holds it back for 300 ms. What answers with
// a file leaves the page standing, which nothing tells us: then the bar ends by itself.
let busy;

function showBusy() {
  root.dataset.busy = "";
  clearTimeout(busy);
  busy = setTimeout(showIdle, 20_000);
}

function showIdle() {
  clearTimeout(busy);
  delete root.dataset.busy;
}

function slugOf(text, joint, longest) {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, joint)
    .replace(/^[^a-z]+|[-_]+$/g, "")
    .slice(0, longest)
    .replace(/[-_]+$/, "");
}

// A code suggested from the name of what is new, until the person writes their own.
function suggestCode() {
  const from = document.querySelector('.main input[name="name"]');
  const into = from?.form?.querySelector('input[name="code"]:not([readonly], [disabled])');
  if (!into) return;
  let own = into.value !== "";
  from.addEventListener("input", () => {
    if (!own) into.value = slugOf(from.value, into.dataset.joint ?? "-", 40);
  });
  into.addEventListener("input", () => {
    own = into.value !== "";
  });
}

// An address suggested from a company's name, until the person writes their own.
function suggestSlug() {
  const from = document.querySelector("[data-suggests]");
  const into = from && document.getElementById(from.dataset.suggests);
  const preview = document.querySelector("[data-slug-preview]");
  if (!into) return;
  let own = into.value !== "";
  const show = () => {
    if (preview) preview.textContent = into.value || preview.dataset.slugPreview;
  };
  from.addEventListener("input", () => {
    if (!own) into.value = slugOf(from.value, "-", 40);
    show();
  });
  into.addEventListener("input", () => {
    into.value = into.value.toLowerCase().replace(/[^a-z0-9-]/g, "-");
    own = into.value !== "";
    show();
  });
  show();
}

function guessTimeZone() {
  const select = document.querySelector("select[data-guess-time-zone]");
  const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select && guess && [...select.options].some((option) => option.value === guess)) {
    select.value = guess;
  }
}

// Colors being chosen are shown before they are saved; the server makes them readable.
function previewColors() {
  const preview = document.querySelector("[data-preview-sheet]");
  if (!preview) return;
  const inputs = [...document.querySelectorAll("input[data-previews]")];
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  let waiting;
  const show = () => {
    const colors = new URLSearchParams(inputs.map((input) => [input.dataset.previews, input.value]));
    sheet.href = `${preview.dataset.previewSheet}?${colors}`;
    if (!sheet.isConnected) document.head.append(sheet);
  };
  for (const input of inputs) {
    input.addEventListener("input", () => {
      document.getElementById(input.dataset.shows).textContent = input.value;
      clearTimeout(waiting);
      waiting = setTimeout(show, 150);
    });
  }
}

// What a column is called for those who see; a button needs no name above it.
function nameOf(head) {
  const seen = [...head.childNodes].filter((node) => !node.classList?.contains("visually-hidden"));
  return seen.map((node) => node.textContent).join("").trim();
}

// Each cell of a table learns its column's name, which it shows where rows are cards (tables.css).
function nameCells() {
  for (const table of document.querySelectorAll(".table:not(.ledger, .table-tight)")) {
    const names = [...table.querySelectorAll("thead th")].map(nameOf);
    for (const cell of table.querySelectorAll("tbody td:not([data-label], [colspan])")) {
      cell.dataset.label = names[cell.cellIndex] ?? "";
    }
  }
}

// What arrives in answer to a button further down or up must not arrive out of sight.
function showArrivals(changes) {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (node.matches?.("[data-arrives]")) node.scrollIntoView({ block: "nearest" });
    }
  }
}

// The list at the side and the bar on top scroll by themselves: where we are must be in sight.
function showPlace() {
  const link = document.querySelector('.sidebar-body [aria-current="page"]');
  const list = link?.closest(".sidebar-body");
  if (list) list.scrollTop = link.offsetTop - list.clientHeight + 2 * link.offsetHeight;
  for (const tab of document.querySelectorAll('.tabs [aria-current="page"]')) {
    const bar = tab.closest(".tabs");
    bar.scrollLeft = tab.offsetLeft + tab.offsetWidth - bar.clientWidth;
  }
}

nameCells();
new MutationObserver((changes) => {
  nameCells();
  showArrivals(changes);
}).observe(document.body, { childList: true, subtree: true });
showTheme();
suggestSlug();
suggestCode();
guessTimeZone();
for (const toggle of document.querySelectorAll(".sidebar-toggle")) {
  toggle.setAttribute("aria-expanded", "false");
}
showPlace();
previewColors();
