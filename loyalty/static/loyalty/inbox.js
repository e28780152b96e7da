// Deciding from the keyboard: a and r on the row that has the focus, and one last look before it is
// done. Rows are walked by keyboard.js; without this file the forms of the page do the same.
"use strict";

(() => {
  const queue = document.getElementById("queue");
  const dialog = document.getElementById("confirm");
  if (!queue || !dialog) return;
  const reason = queue.querySelector("[data-reason]");
  let asked;
  let lent; // the box that a key has ticked, until it is decided or thought better of

  const boxOf = (row) => row.querySelector("input[name=pick]");
  const picked = () => [...queue.querySelectorAll("[data-row]")].filter((row) => boxOf(row)?.checked);
  const buttonOf = (what) => queue.querySelector(`[data-decides="${what}"]`);

  // What is done is said before, once for each kind of thing that is picked.
  function ask(button) {
    const what = button.dataset.decides;
    const rows = picked().filter((row) => row.dataset[what]);
    reason.required = what === "reject" && rows.length > 0;
    if (!reason.reportValidity()) return;
    const list = dialog.querySelector("[data-what]");
    const titles = {};
    for (const row of rows) (titles[row.dataset[what]] ??= []).push(row.dataset.title);
    const lines = Object.entries(titles).map(([does, named]) => `${named.join("; ")}: ${does}`);
    if (!rows.length) lines.push(dialog.dataset.none);
    list.replaceChildren(
      ...lines.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
    const title = dialog.querySelector("h2");
    title.textContent = title.dataset[what];
    dialog.querySelector("p[data-final]").hidden =
      what !== "approve" || !rows.some((row) => "final" in row.dataset);
    dialog.querySelector("[data-goes]").hidden = !rows.length;
    dialog.returnValue = "";
    asked = button;
    dialog.showModal();
  }

  queue.addEventListener("click", (event) => {
    const button = event.target.closest("[data-decides]");
    if (!button || asked === button) return;
    event.preventDefault();
    ask(button);
  });

  dialog.addEventListener("close", () => {
    const button = asked;
    if (dialog.returnValue === "yes") queue.requestSubmit(button);
    else giveBack();
    asked = undefined;
  });

  function giveBack() {
    if (lent) lent.checked = false;
    lent = undefined;
  }

  // Where nothing else is picked, the key is about the row that has the focus.
  queue.addEventListener("row-key", (event) => {
    const { key, row } = event.detail;
    const box = boxOf(row);
    giveBack();
    if (!picked().length && box) {
      box.checked = true;
      lent = box;
    }
    queue.querySelector("[data-at]").value = row.dataset.row;
    ask(buttonOf(key === "a" ? "approve" : "reject"));
  });

  reason?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !reason.value.trim()) return;
    event.preventDefault();
    ask(buttonOf("reject"));
  });
})();
