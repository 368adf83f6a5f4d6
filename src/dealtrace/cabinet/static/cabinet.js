"use strict";
// A chosen preset clears own dates, and own dates clear the preset: the form sends one of them.
document.addEventListener("change", (event) => {
  const field = event.target;
  const form = field.form;
  if (!form || !form.elements.period || !form.elements.from) return;
  if (field.name === "period" && field.value) {
    form.elements.from.value = "";
    form.elements.to.value = "";
  } else if ((field.name === "from" || field.name === "to") && field.value) {
    form.elements.period.value = "";
  }
});
