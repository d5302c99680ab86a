/* global document, location, requestAnimationFrame, window */
"use strict";
// Search, and lines that stand out under the pointer. The page can be read without it: what needs it starts out hidden.
{
  const form = document.getElementById("search");
  const query = document.getElementById("query");
  const deep = document.getElementById("deep");
  const found = document.getElementById("found");
  const none = document.getElementById("none");

  /** Everything that a search shows or hides, with the text that it looks through. */
  const items = () =>
    [...document.querySelectorAll("tbody tr:not(.sum), .objects > li")].map((element) => {
      const summary = element.querySelector(".object > summary");
      const namespace = element.closest(".namespace")?.querySelector("h3").textContent ?? "";
      const text = summary === null ? element.textContent : `${namespace}/${summary.textContent}`;
      return {
        element,
        section: element.closest("section"),
        fold: element.closest(".namespace, .fold"),
        text: text.toLowerCase(),
        manifest: element.querySelector("pre"),
      };
    });

  let all;
  /** Which folds stood open before the search began. */
  let before;

  const search = () => {
    all ??= items();
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = words.length > 0;
    before ??= new Map([...document.querySelectorAll(".namespace, .fold")].map((element) => [element, element.open]));
    const shown = new Set();
    let count = 0;
    for (const item of all) {
      if (deep.checked && item.manifest !== null) item.deep ??= item.text + item.manifest.textContent.toLowerCase();
      const text = (deep.checked ? item.deep : undefined) ?? item.text;
      const matches = words.every((word) => text.includes(word));
      if (item.element.hidden === matches) item.element.hidden = !matches;
      if (!matches) continue;
      count++;
      shown.add(item.section);
      if (item.fold !== null) shown.add(item.fold);
    }
    for (const [element, open] of before) {
      element.hidden = active && !shown.has(element);
      element.open = active ? shown.has(element) : open;
    }
    if (!active) before = undefined;
    for (const section of document.querySelectorAll("main > section")) section.hidden = active && !shown.has(section);
    // The sum of a table is not the sum of the rows that are left.
    for (const sum of document.querySelectorAll("tr.sum")) sum.hidden = active;
    none.hidden = !active || count > 0;
    found.textContent = active ? `${count} of ${all.length}` : "";
  };

  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      search();
    });
  };

  form.hidden = false;
  query.addEventListener("input", soon);
  deep.addEventListener("change", soon);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea") !== null;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
      query.select();
    } else if (event.key === "Escape" && event.target === query && query.value !== "") {
      event.preventDefault();
      query.value = "";
      search();
    }
  });

  /** Opens what a link leads to, and what it stands in. */
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target === null) return;
    if (target.closest("[hidden]") !== null) {
      query.value = "";
      search();
    }
    for (let fold = target.closest("details"); fold !== null; fold = fold.parentElement.closest("details"))
      fold.open = true;
    target.scrollIntoView();
    if (target.matches("details")) target.querySelector("summary").focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", reveal);
  if (location.hash !== "") reveal();

  /** Under the pointer a box or a namespace shows its own lines, and everything else steps back. */
  const diagram = document.querySelector(".diagram");
  const point = (node) => {
    const own = new Set([node.dataset.node]);
    for (const inner of diagram.querySelectorAll(`[data-in="${node.dataset.node}"]`)) own.add(inner.dataset.node);
    if (node.dataset.in !== undefined) own.add(node.dataset.in);
    const lit = new Set(own);
    for (const line of diagram.querySelectorAll("[data-from]")) {
      const { from, to } = line.dataset;
      const on = own.has(from) || own.has(to);
      line.classList.toggle("on", on);
      if (on) lit.add(from).add(to);
    }
    for (const other of diagram.querySelectorAll("[data-node]")) {
      const inside = [...lit].some(
        (id) => diagram.querySelector(`[data-node="${id}"]`)?.dataset.in === other.dataset.node,
      );
      other.classList.toggle("on", lit.has(other.dataset.node) || inside);
    }
    diagram.classList.add("focused");
  };
  diagram?.addEventListener("pointerover", (event) => {
    const node = event.target.closest("[data-node]");
    if (node === null) diagram.classList.remove("focused");
    else point(node);
  });
  diagram?.addEventListener("pointerleave", () => diagram.classList.remove("focused"));
}
