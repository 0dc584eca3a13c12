"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function sortable(table) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const keyOf = (row, at) => row.cells[at].dataset.sort;
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows];
        const known = rows.filter((row) => keyOf(row, at) !== undefined);
        const figures = known.every((row) => keyOf(row, at) !== "" && Number.isFinite(Number(keyOf(row, at))));
        known.sort((one, other) => {
          const [a, b] = [keyOf(one, at), keyOf(other, at)];
          return (down ? -1 : 1) * (figures ? Number(a) - Number(b) : collator.compare(a, b));
        });
        // what is unknown stays last either way
        body.append(...known, ...rows.filter((row) => keyOf(row, at) === undefined));
      });
    });
  }

  function searchable(table) {
    const input = document.querySelector(`input[data-filter="${table.dataset.live}"]`);
    if (!input) return;
    const tools = input.closest(".tools");
    const count = tools.querySelector(".count");
    const rows = [...table.tBodies[0].rows];
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase().replaceAll("\u00a0", " ")]));
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row) => {
        row.hidden = !words.every((word) => texts.get(row).includes(word));
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = `${shown} of ${rows.length}`;
    };
    tools.hidden = false;
    input.addEventListener("input", apply);
    apply();
  }

  document.querySelectorAll("table[data-live]").forEach((table) => {
    sortable(table);
    searchable(table);
  });

  async function unpacked(id) {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  async function draw() {
    const held = document.getElementById("charts");
    if (!held) document.documentElement.dataset.drawn = "yes";
    if (!held || typeof DecompressionStream === "undefined") return;
    const library = document.createElement("script");
    library.textContent = await unpacked("plotly");
    document.head.append(library);
    const charts = JSON.parse(held.textContent);
    const options = {
      responsive: true,
      displaylogo: false,
      modeBarButtons: [["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    };
    document.documentElement.classList.add("ready");
    for (const place of document.querySelectorAll(".plot")) {
      const chart = charts[place.dataset.chart];
      place.hidden = false;
      await window.Plotly.newPlot(place, chart.data, chart.layout, options);
    }
    document.documentElement.dataset.drawn = "yes";
  }

  draw().catch((error) => {
    // the printed charts stay
    document.documentElement.classList.remove("ready");
    document.querySelectorAll(".plot").forEach((place) => { place.hidden = true; });
    console.error(error);
  });
})();
