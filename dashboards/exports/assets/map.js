/* The page of map.html: what a click says, which table is shown, the keyboard's way to an area.
   Every text goes in through textContent, never as HTML. DATA comes from the line above. */
"use strict";

function textElement(tag, text, className) {
  var element = document.createElement(tag);
  element.textContent = text;
  if (className) { element.className = className; }
  return element;
}

function details(heading, rows, note) {
  var box = document.createElement("div");
  box.appendChild(textElement("h2", heading));
  /* A sentence a line: easier to read out in a meeting. */
  (note || "").split(/(?<=[.]) (?=[A-Z])/).filter(Boolean).forEach(function (sentence) {
    box.appendChild(textElement("p", sentence));
  });
  var list = document.createElement("dl");
  rows.forEach(function (row) {
    list.appendChild(textElement("dt", row[0]));
    list.appendChild(textElement("dd", row[1]));
  });
  box.appendChild(list);
  return box;
}

var chosen = null;
var overlays = [];  /* outlines and hot spots: above any area, whichever was drawn last */

function raiseOverlays(map) {
  overlays.forEach(function (overlay) {
    if (map.hasLayer(overlay)) { overlay.bringToFront(); }
  });
}

/* Beside the map, where a long answer fits and the keyboard can follow. */
function showArea(map, layer, group) {
  if (chosen) { chosen.group.resetStyle(chosen.layer); }
  chosen = { layer: layer, group: group };
  layer.setStyle({ color: "#F46A25", weight: 5, dashArray: null });
  layer.bringToFront();
  raiseOverlays(map);
  var area = DATA.areas[layer.feature.id];
  var shown = area.priorities[layer.feature.properties.priority];
  var box = document.getElementById("chosen");
  box.replaceChildren(details(area.label, shown.rows.concat(area.rows), shown.why));
  box.hidden = false;
  box.focus({ preventScroll: true });
  document.getElementById("list").scrollTop = 0;
}

function hideArea() {
  if (chosen) { chosen.group.resetStyle(chosen.layer); }
  chosen = null;
  document.getElementById("chosen").hidden = true;
}

function describeArea(feature, layer) {
  var area = DATA.areas[feature.id];
  var shown = area.priorities[feature.properties.priority];
  layer.bindTooltip(function () { return textElement("span", area.label + ": " + shown.short); },
    { sticky: true });
}

function describeHotspot(feature, layer) {
  var shown = DATA.hotspots[feature.id];
  layer.bindPopup(function () { return details(shown.heading, shown.rows, shown.note); },
    { maxWidth: 320 });
}

function showPriority(key) {
  document.querySelectorAll("[data-priority]").forEach(function (section) {
    section.hidden = section.dataset.priority !== key;
  });
}

function addLabel(group, place, className, size) {
  var icon = L.divIcon({ html: textElement("span", place[2]), className: className,
    iconSize: size });
  L.marker([place[0], place[1]], { icon: icon, interactive: false, keyboard: false })
    .addTo(group);
}

function overlaps(box, other, gap) {
  return box.left < other.right + gap && box.right + gap > other.left &&
    box.top < other.bottom + gap && box.bottom + gap > other.top;
}

/* Shows a label where it covers none placed before it: ranks first, the first rank before the
   second, then names of places, the fullest place first, none cut by the edge of the map. The
   others come out on zooming in; which ranks they are is said under the map. */
function thinLabels() {
  var taken = [];
  var unseen = [];
  var edge = document.getElementById("map_main").getBoundingClientRect();
  document.querySelectorAll(".rank-label, .place-label").forEach(function (label) {
    label.style.visibility = "visible";
  });
  [[".rank-label", -6], [".place-label span", 3]].forEach(function (kind) {
    document.querySelectorAll(kind[0]).forEach(function (label) {
      var box = label.getBoundingClientRect();
      var isRank = label.classList.contains("rank-label");
      var clash = taken.some(function (other) { return overlaps(box, other, kind[1]); });
      var cut = !isRank && overlaps(box, edge, 0) &&
        (box.left < edge.left || box.right > edge.right);
      if (!clash && !cut) { taken.push(box); return; }
      if (isRank) { unseen.push(label.textContent); }
      label.closest(".leaflet-marker-icon").style.visibility = "hidden";
    });
  });
  tellUnseen(unseen);
}

/* A number that found no room is never simply gone. */
function tellUnseen(ranks) {
  var one = ranks.length === 1;
  var listed = one ? ranks[0] : ranks.slice(0, -1).join(", ") + " and " + ranks[ranks.length - 1];
  document.getElementById("unseen").textContent = ranks.length === 0 ? "" :
    "No room on the map for the number" + (one ? " " : "s ") + listed +
    ": zoom in, point at the outlined areas, or see the list.";
}

function flaggedBounds(key) {
  return L.latLngBounds(DATA.ranks[key].map(function (place) { return [place[0], place[1]]; }));
}

function startPage(map, layers, above, places, corners) {
  overlays = above;
  DATA.places.forEach(function (place) { addLabel(places, place, "place-label", [160, 18]); });
  Object.keys(DATA.ranks).forEach(function (key) {
    DATA.ranks[key].forEach(function (place) {
      addLabel(layers[key].group, place, "rank-label", [26, 26]);
    });
  });
  var byRow = {};
  Object.keys(layers).forEach(function (key) {
    byRow[key] = {};
    var group = layers[key].areas;
    group.eachLayer(function (layer) { byRow[key][layer.feature.id] = layer; });
    group.on("click", function (event) { showArea(map, event.propagatedFrom, group); });
  });
  /* Beside the map the choice of layers hides nothing and comes early for the keyboard. */
  document.getElementById("layers").appendChild(
    document.querySelector(".leaflet-control-layers"));
  map.invalidateSize({ pan: false });
  map.fitBounds(corners, { animate: false });
  map.on("baselayerchange", function (event) {
    Object.keys(layers).forEach(function (key) {
      if (layers[key].group === event.layer) { hideArea(); showPriority(key); raiseOverlays(map); }
    });
  });
  document.querySelectorAll("button[data-row]").forEach(function (button) {
    button.addEventListener("click", function () {
      var key = button.closest("[data-priority]").dataset.priority;
      var layer = byRow[key][button.dataset.row];
      map.fitBounds(layer.getBounds(), { maxZoom: 13, animate: false });
      showArea(map, layer, layers[key].areas);
    });
  });
  document.querySelectorAll("button[data-zoom]").forEach(function (button) {
    button.addEventListener("click", function () {
      if (button.dataset.zoom === "all") { map.fitBounds(corners); }
      else { map.fitBounds(flaggedBounds(button.dataset.zoom), { padding: [40, 40], maxZoom: 14 }); }
    });
  });
  document.querySelectorAll("input[data-filter]").forEach(function (input) {
    var rows = input.closest("[data-priority]").querySelectorAll("tbody tr");
    var told = input.closest("[data-priority]").querySelector("[role=status]");
    input.addEventListener("input", function () {
      var wanted = input.value.trim().toLowerCase();
      var found = 0;
      rows.forEach(function (row) {
        row.hidden = row.dataset.words.indexOf(wanted) < 0;
        if (!row.hidden) { found += 1; }
      });
      told.textContent = wanted ? found + " of " + rows.length + " areas" : "";
    });
  });
  /* Paper: the same view, whole, in the width of an A4 page; what is folded is opened. */
  var canvas = document.getElementById("map_main");
  var view = null;
  var opened = [];
  function refit() {
    map.invalidateSize({ pan: false });
    map.fitBounds(view, { animate: false });
    thinLabels();
  }
  window.addEventListener("beforeprint", function () {
    view = map.getBounds();
    canvas.classList.add("on-paper");
    refit();
    opened = Array.from(document.querySelectorAll("aside details:not([open])"));
    opened.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () {
    canvas.classList.remove("on-paper");
    if (view) { refit(); }
    opened.forEach(function (part) { part.open = false; });
  });
  map.on("zoomend moveend overlayadd baselayerchange", thinLabels);
  thinLabels();
  document.documentElement.dataset.ready = "true";
}
