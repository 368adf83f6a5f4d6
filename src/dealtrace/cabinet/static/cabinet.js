"use strict";
// Choosing a preset clears custom dates, and entering custom dates clears the preset: the form sends only one of them.
// `data-days` marks the fields of a period, whatever their names: `preset`, or `date` for both dates.
document.addEventListener("change", (event) => {
  const field = event.target;
  const kind = field.dataset.days;
  if (!kind || !field.form || !field.value) return;
  const others = kind === "preset" ? "date" : "preset";
  for (const other of field.form.querySelectorAll(`[data-days=${others}]`)) other.value = "";
});

// The keys of `keyboard_shortcuts.py`, pressed outside of fields; letters are recognised by position, in any layout.
const named = { Slash: "/", "?": "?" };
const patience = 1500; // How many milliseconds a `g` waits for the next letter.
let before = "";
let pressedAt = 0;
document.addEventListener("keydown", (event) => {
  if (document.body.dataset.keys === "off") return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const key = named[event.key] ?? named[event.code] ?? event.code.replace("Key", "").toLowerCase();
  const isNext = before && event.timeStamp - pressedAt < patience;
  const pressed = isNext ? `${before} ${key}` : key;
  before = pressed === "g" ? "g" : "";
  pressedAt = event.timeStamp;
  const aim = pressed === "/" ? "main :is(input:not([type=hidden]), select)" : `[data-key="${CSS.escape(pressed)}"]`;
  const found = { n: "[rel=next]", p: "[rel=prev]" }[pressed] ?? aim;
  const target = [...document.querySelectorAll(found)].find((each) => each.checkVisibility());
  if (!target) return;
  event.preventDefault();
  if (pressed === "/") target.focus();
  else target.click();
});

// The menu is one line on a phone: it is scrolled to the present page.
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A button that copies a field, shown only with this script. `navigator.clipboard` is missing on pages without https.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.getElementById(button.dataset.copy).select();
    if (document.execCommand("copy")) button.textContent = button.dataset.done;
  });
}
