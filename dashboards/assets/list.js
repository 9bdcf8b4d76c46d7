/* The ranked list, drawn from values. Every text becomes a text node: a name is never markup. */
(function () {
  "use strict";

  const shared = (window.hotspots = window.hotspots || {});
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const functions = (clientside.hotspots = clientside.hotspots || {});

  let firstDrawing = true;

  function make(tag, text, css) {
    const element = document.createElement(tag);
    if (text !== null && text !== undefined) {
      element.textContent = text;
    }
    if (css) {
      element.className = css;
    }
    return element;
  }

  function rowOf(values) {
    const row = make("tr", null, values.flagged ? "is-flagged" : "");
    row.dataset.code = values.code;
    const name = make("th");
    name.scope = "row";
    const link = make("a", values.name);
    link.href = values.href;
    link.dataset.set = "area=" + values.code;
    name.append(link);
    if (values.ward) {
      name.append(make("span", ", ", "visually-hidden"), make("span", values.ward, "ward"));
    }
    if (values.standing) {
      name.append(make("span", ", ", "visually-hidden"), make("span", values.standing, "list-note"));
    }
    const tier = make("td");
    tier.append(make("span", values.tier, "tag tag-" + values.tier.toLowerCase().replace(/ /g, "-")));
    const rank = make("td", values.rank === null ? "–" : values.rank, "number rank");
    if (values.note) {
      rank.append(make("span", values.note, "ward"));
    }
    row.append(
      rank,
      make("td", values.range || "–", "number quiet"),
      name,
      tier,
      make("td", values.score || "–", "number"),
      make("td", values.rate || "–", "number")
    );
    row.addEventListener("mouseenter", () => shared.highlight(values.code, true));
    row.addEventListener("mouseleave", () => shared.highlight(values.code, false));
    return row;
  }

  function noteRow(text, css) {
    const row = make("tr", null, css);
    const cell = make("td", text);
    cell.colSpan = 6;
    row.append(cell);
    return row;
  }

  /** Show which row is the chosen area, and bring it into view inside the list's own box. */
  shared.markRow = function () {
    const chosen = new URLSearchParams(window.location.search).get("area") || "";
    for (const row of document.querySelectorAll("#list-body tr[data-code]")) {
      const mine = row.dataset.code === chosen;
      row.classList.toggle("chosen", mine);
      const link = row.querySelector("a");
      if (mine) {
        link.setAttribute("aria-current", "true");
        const box = row.closest(".list-box");
        const top = row.offsetTop;
        if (top < box.scrollTop + 40 || top + row.offsetHeight > box.scrollTop + box.clientHeight) {
          box.scrollTop = top - box.clientHeight / 2;
        }
      } else {
        link.removeAttribute("aria-current");
      }
    }
  };

  functions.drawList = function (data) {
    const body = document.getElementById("list-body");
    if (!body || !data || !data.rows) {
      return null;
    }
    const rows = data.rows.map(rowOf);
    // Paper takes the list, the rows next to it, who cannot be told apart from it, and every
    // flagged area.
    const printed = Math.max(data.cut_after + 8, 18);
    rows.forEach(function (row, place) {
      const near = (data.rows[place].standing || "").includes("cannot be told apart");
      row.classList.toggle("beyond", place >= printed && !near);
    });
    if (data.cut_after > 0) {
      rows.splice(data.cut_after, 0, noteRow(data.cut_text, "cut"));
    }
    if (!rows.length) {
      rows.push(noteRow("No area passes these filters.", "none"));
    }
    body.replaceChildren(...rows);
    const sort = new URLSearchParams(window.location.search).get("sort") || "rank";
    for (const head of document.querySelectorAll("th[data-sort]")) {
      if (head.dataset.sort === sort) {
        head.setAttribute("aria-sort", sort === "rate" ? "descending" : "ascending");
      } else {
        head.removeAttribute("aria-sort");
      }
    }
    shared.markRow();
    if (!firstDrawing) {
      shared.announce(data.count_text);
    }
    firstDrawing = false;
    return null;
  };
})();
