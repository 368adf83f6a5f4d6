"use strict";
// The cursor of line charts. Its words and days come from the table below the chart, so that both say the same.
{
  const SVG = "http://www.w3.org/2000/svg";
  const LINES = "figure > svg.chart:not(.matching)";
  const charts = new WeakMap();
  let dragged = null;

  const chartOf = (target) => {
    const svg = target instanceof Element ? target.closest(LINES) : null;
    if (!svg) return null;
    const rows = [...svg.parentNode.querySelectorAll("tbody tr")];
    if (!charts.has(svg) && rows.length) charts.set(svg, { svg, rows, place: -1, start: -1, parts: {} });
    return charts.get(svg) ?? null;
  };

  const ends = ({ svg }) => ["x1", "x2"].map((name) => Number(svg.querySelector(".axis").getAttribute(name)));

  const across = (chart, place) => {
    const [left, right] = ends(chart);
    const last = chart.rows.length - 1;
    return last ? left + ((right - left) * place) / last : (left + right) / 2;
  };

  const nearest = (chart, clientX) => {
    const [left, right] = ends(chart);
    const box = chart.svg.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * chart.svg.viewBox.baseVal.width;
    const last = chart.rows.length - 1;
    return Math.min(Math.max(Math.round(((x - left) / (right - left)) * last), 0), last);
  };

  const part = (chart, name, attributes) => {
    if (!chart.parts[name]) {
      chart.parts[name] = document.createElementNS(SVG, name);
      chart.parts[name].setAttribute("class", "cursor");
      chart.parts[name].setAttribute("aria-hidden", "true");
      chart.svg.append(chart.parts[name]);
    }
    for (const [key, value] of Object.entries(attributes)) chart.parts[name].setAttribute(key, value);
    return chart.parts[name];
  };

  const wordsOf = (row) => {
    const [value, before] = [...row.querySelectorAll("td.value")].map((cell) => cell.textContent.trim());
    return `${row.cells[0].textContent.trim()}: ${value}${before ? ` (${before})` : ""}`;
  };

  // Two points that do not fit beside each other stand below each other; a line that is still too long is narrowed.
  const write = (text, words, x, width) => {
    text.textContent = words.join(" – ");
    const isOneLine = text.getComputedTextLength() <= width;
    const lines = isOneLine ? [text.textContent] : words.map((word, place) => (place + 1 < words.length ? `${word} – ` : word));
    text.replaceChildren(...lines.map(() => document.createElementNS(SVG, "tspan")));
    for (const [place, line] of [...text.children].entries()) {
      line.textContent = lines[place];
      const length = line.getComputedTextLength();
      line.setAttribute("x", Math.max(Math.min(x, width - length), 0));
      if (place) line.setAttribute("dy", "1.2em");
      if (length > width) line.setAttribute("lengthAdjust", "spacingAndGlyphs");
      if (length > width) line.setAttribute("textLength", width);
    }
  };

  const draw = (chart) => {
    const { height, width } = chart.svg.viewBox.baseVal;
    const x = across(chart, chart.place);
    const start = chart.start < 0 ? x : across(chart, chart.start);
    part(chart, "rect", { x: Math.min(x, start), y: 0, width: Math.abs(x - start), height });
    part(chart, "line", { x1: x, x2: x, y1: 0, y2: height });
    const text = part(chart, "text", { y: 24 });
    const places = chart.start < 0 || chart.start === chart.place ? [chart.place] : [chart.start, chart.place];
    write(text, places.sort((one, other) => one - other).map((place) => wordsOf(chart.rows[place])), x + 8, width);
    chart.said ??= chart.svg.parentNode.appendChild(document.createElement("output"));
    chart.said.textContent = text.textContent;
  };

  const hide = (chart) => {
    for (const each of Object.values(chart.parts)) each.remove();
    if (chart.said) chart.said.textContent = "";
    chart.parts = {};
    chart.place = chart.start = -1;
  };

  // Points of charts by hour, and charts of shared links, have no days to open.
  const openDays = (chart) => {
    const [first, last] = [chart.start, chart.place].sort((one, other) => one - other).map((place) => chart.rows[place]);
    if (!first.dataset.first) return hide(chart);
    const url = new URL(location.href);
    for (const name of ["period", "offset"]) url.searchParams.delete(name);
    url.searchParams.set("from", first.dataset.first);
    url.searchParams.set("to", last.dataset.last);
    location.assign(url);
  };

  document.addEventListener("pointerdown", (event) => {
    const chart = chartOf(event.target);
    if (!chart) return;
    chart.start = -1;
    chart.place = nearest(chart, event.clientX);
    draw(chart);
    if (event.button === 0 && event.pointerType !== "touch") dragged = { chart, place: chart.place };
  });
  document.addEventListener("pointermove", (event) => {
    const chart = dragged ? dragged.chart : chartOf(event.target);
    if (!chart || (!dragged && chart.start >= 0)) return;
    chart.place = nearest(chart, event.clientX);
    if (dragged) chart.start = dragged.place;
    draw(chart);
  });
  document.addEventListener("pointerup", () => {
    const { chart, place } = dragged ?? {};
    dragged = null;
    if (!chart) return;
    chart.start = place;
    if (chart.place !== place) openDays(chart);
    else chart.start = -1;
  });
  document.addEventListener("pointercancel", () => {
    if (dragged) hide(dragged.chart);
    dragged = null;
  });
  document.addEventListener("pointerout", (event) => {
    const chart = chartOf(event.target);
    if (chart && !dragged && chart.start < 0 && !chart.svg.contains(event.relatedTarget)) hide(chart);
  });
  document.addEventListener("dragstart", (event) => {
    if (chartOf(event.target)) event.preventDefault(); // Otherwise, the browser would drag the link of the point.
  });

  document.addEventListener("keydown", (event) => {
    const chart = chartOf(event.target);
    if (!chart || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      if (!event.shiftKey) chart.start = -1;
      else if (chart.start < 0) chart.start = Math.max(chart.place, 0);
      chart.place = Math.min(Math.max(chart.place + step, 0), chart.rows.length - 1);
      draw(chart);
    } else if (event.key === "Enter" && event.target === chart.svg && chart.start >= 0) openDays(chart);
    else if (event.key === "Escape") hide(chart);
    else return;
    event.preventDefault();
  });
  document.addEventListener("focusout", (event) => {
    const chart = chartOf(event.target);
    if (chart && !dragged && !chart.svg.contains(event.relatedTarget)) hide(chart);
  });
  for (const svg of document.querySelectorAll(LINES)) {
    if (chartOf(svg)) svg.setAttribute("tabindex", "0");
  }
}
