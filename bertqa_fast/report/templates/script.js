"use strict";
const all = (root, query) => [...root.querySelectorAll(query)];

const colour = (article) => {
  const data = JSON.parse(article.querySelector("script").textContent);
  const spans = all(article, ".text span[data-i]");
  const heads = all(article, ".heat thead th[data-row]");
  const choice = (name) => article.querySelector(`input[data-choice=${name}]:checked`).value;
  const numbers = (row, i) =>
    `${(100 * data.shares[row][i]).toPrecision(3)} %, signed ${data.signed[row][i]}`;
  const paint = () => {
    const row = data.layers.indexOf(Number(choice("layer")));
    const signed = choice("mode") === "signed";
    const values = signed ? data.signed[row] : data.shares[row];
    const largest = Math.max(...values.map(Math.abs)) || 1;
    for (const span of spans) {
      const i = Number(span.dataset.i);
      const value = values[i];
      span.style.setProperty("--a", Math.sqrt(Math.abs(value) / largest).toFixed(3));
      span.style.setProperty("--c", !signed ? "var(--heat)" : value < 0 ? "var(--lowers)" : "var(--raises)");
      span.title = `${data.tokens[i]}: ${numbers(row, i)}`;
    }
    for (const head of heads) head.classList.toggle("on", Number(head.dataset.row) === row);
  };
  article.addEventListener("change", paint);
  for (const head of heads) {
    head.addEventListener("click", () => {
      all(article, "input[data-choice=layer]")[Number(head.dataset.row)].checked = true;
      paint();
    });
  }
  // Written when it is first asked for: a title in every cell would be most of the page.
  article.querySelector(".heat").addEventListener("mouseover", (event) => {
    const cell = event.target.closest("tr[data-i] td");
    if (!cell || cell.title) return;
    const i = Number(cell.parentElement.dataset.i);
    const row = cell.cellIndex - 1;
    cell.title = `${data.tokens[i]}, layer ${data.layers[row]}: ${numbers(row, i)}`;
  });
  article.querySelector("fieldset").hidden = false;
  paint();
};

const pick = (picker) => {
  const articles = all(document, "article");
  const select = picker.querySelector("select");
  const show = (number) => {
    for (const article of articles) article.hidden = article.id !== `example-${number}`;
    select.value = number;
  };
  const follow = () => {
    const found = /^#example-(\d+)$/.exec(location.hash);
    if (!found || !document.getElementById(`example-${found[1]}`)) return false;
    show(found[1]);
    return true;
  };
  select.addEventListener("change", () => show(select.value));
  for (const button of all(picker, "[data-step]")) {
    button.addEventListener("click", () => {
      const count = articles.length;
      show(((Number(select.value) - 1 + Number(button.dataset.step) + count) % count) + 1);
    });
  }
  // Shown before the browser goes there: it cannot scroll to what is hidden.
  for (const link of all(document, 'a[href^="#example-"]')) {
    link.addEventListener("click", () => show(link.hash.slice("#example-".length)));
  }
  window.addEventListener("hashchange", follow);
  picker.hidden = false;
  if (!follow()) show(1);
};

all(document, "article").forEach(colour);
all(document, ".picker").forEach(pick);
