/* The map's drawing. Shapes are loaded once by dash-leaflet; this colours them by values. */
(function () {
  "use strict";

  const shared = (window.hotspots = window.hotspots || {});
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const functions = (clientside.hotspots = clientside.hotspots || {});
  const exported = (window.dashExtensions = window.dashExtensions || {});
  exported.default = exported.default || {};

  const INK = "#0B0C0C";
  const LINE = "#5A5A5A";
  const FLAGGED = "#F46A25";
  const CHOSEN = "#FFDD00";
  const HOTSPOT = "#801650";

  let values = null;
  let map = null;
  let pending = 0;
  const areas = new Map();
  const hotspots = new Set();
  const labels = new Set();
  let outlines = [];

  const chosenCode = () => new URLSearchParams(window.location.search).get("area") || "";

  function styleOf(code) {
    const place = values && code in values.classes ? values.classes[code] : -1;
    const faded = values && values.fadedSet.has(code);
    return {
      fillColor: place < 0 ? "url(#missing-hatch)" : values.colours[place],
      fillOpacity: faded ? 0.08 : 0.92,
      color: LINE,
      weight: faded ? 0.4 : 0.7,
      opacity: faded ? 0.5 : 1,
    };
  }

  function take(given) {
    if (given && given.classes) {
      values = given;
      values.fadedSet = new Set(given.faded);
    }
  }

  function wordsOf(feature) {
    const code = feature.properties.id;
    const box = document.createElement("span");
    const name = document.createElement("strong");
    name.textContent = feature.properties.name;
    box.append(name);
    if (values) {
      const rank = values.ranks[code];
      const parts = [values.text[code] || "no figure"];
      if (rank) {
        parts.unshift("rank " + rank);
      }
      box.append(document.createElement("br"), parts.join(", "));
    }
    return box;
  }

  function adopt(layer) {
    if (map || !layer._map) {
      return;
    }
    map = layer._map;
    shared.map = map;
    if (!new URLSearchParams(window.location.search).get("map")) {
      showAll(false);
    }
    map.on("moveend", function () {
      const centre = map.getCenter();
      const text = [map.getZoom(), centre.lat.toFixed(4), centre.lng.toFixed(4)].join("/");
      shared.set({ map: text }, { quiet: true });
    });
    map.on("zoomend", shared.draw);
    addHomeButton();
  }

  /** Fill the map's own box, whatever its size, with the whole study area. */
  function showAll(animate) {
    const box = map.getContainer().closest("[data-bounds]");
    const [west, south, east, north] = box.dataset.bounds.split("/").map(Number);
    map.fitBounds([[south, west], [north, east]], { padding: [12, 12], animate: animate });
  }

  function addHomeButton() {
    const bar = map.getContainer().querySelector(".leaflet-control-zoom");
    const home = map.getContainer().closest("[data-bounds]");
    if (!bar || !home) {
      return;
    }
    const button = document.createElement("a");
    button.href = "#";
    button.role = "button";
    button.className = "home-button";
    button.title = "Show the whole area";
    button.setAttribute("aria-label", "Show the whole area");
    button.textContent = "⌂";
    button.addEventListener("click", function (event) {
      event.preventDefault();
      event.stopPropagation();
      showAll(!shared.calm());
    });
    bar.append(button);
  }

  exported.default.styleArea = function (feature, context) {
    if (!values) {
      take(context && context.hideout);
    }
    return styleOf(feature.properties.id);
  };

  exported.default.eachArea = function (feature, layer) {
    const code = feature.properties.id;
    areas.set(code, layer);
    layer.bindTooltip(() => wordsOf(feature), { sticky: true, className: "map-words" });
    layer.on("add", function () {
      adopt(layer);
      // Hundreds of tab stops help nobody: the list beside the map is the way by keyboard.
      layer.getElement().setAttribute("tabindex", "-1");
    });
    layer.on("click", () => shared.set({ area: code }));
    layer.on("mouseover", () => highlight(code, true));
    layer.on("mouseout", () => highlight(code, false));
    shared.draw();
  };

  exported.default.styleBorder = () => ({ color: INK, weight: 1.3, opacity: 0.85, fill: false });

  exported.default.styleHotspot = function () {
    const on = shared.shows("hotspots");
    return {
      color: HOTSPOT,
      weight: 2.5,
      dashArray: "6 4",
      fill: false,
      stroke: true,
      opacity: on ? 1 : 0,
    };
  };

  exported.default.eachHotspot = function (_feature, layer) {
    hotspots.add(layer);
    layer.on("add", () => shared.draw());
  };

  exported.default.placeLabel = function (feature, at) {
    const text = document.createElement("span");
    text.textContent = feature.properties.name;
    const marker = new window.L.Marker(at, {
      icon: new window.L.DivIcon({ html: text, className: "place-label", iconSize: [0, 0] }),
      interactive: false,
      keyboard: false,
      pane: "places",
    });
    marker.fromZoom = feature.properties.zoom;
    labels.add(marker);
    marker.on("add", placeLabels);
    return marker;
  };

  function placeLabels() {
    const on = shared.shows("places");
    // A name under a numbered disc cannot be read: the list names the area of the disc.
    const discs = [...document.querySelectorAll(".rank-pin span")].map((disc) =>
      disc.getBoundingClientRect()
    );
    for (const marker of labels) {
      const element = marker.getElement();
      if (element && marker._map) {
        // A label has room from its own zoom level on; quarters round down.
        element.hidden = !on || Math.floor(marker._map.getZoom() + 0.01) < marker.fromZoom;
        if (!element.hidden) {
          const box = element.firstChild.getBoundingClientRect();
          element.hidden = discs.some(
            (disc) =>
              disc.left < box.right && disc.right > box.left &&
              disc.top < box.bottom && disc.bottom > box.top
          );
        }
      }
    }
  }

  function highlight(code, on) {
    const layer = areas.get(code);
    if (layer) {
      layer.setStyle(on ? { color: INK, weight: 2.2, opacity: 1 } : styleOf(code));
    }
    const row = document.querySelector('tr[data-code="' + CSS.escape(code) + '"]');
    if (row) {
      row.classList.toggle("pointed", on);
    }
  }
  shared.highlight = highlight;

  function outline(code, casing, colour, weight) {
    const layer = areas.get(code);
    if (!layer || !layer._map) {
      return;
    }
    const shape = layer.getLatLngs();
    for (const [tint, width] of [[casing, weight + 2.5], [colour, weight]]) {
      const line = new layer.constructor(shape, {
        pane: "outlines",
        interactive: false,
        fill: false,
        color: tint,
        weight: width,
        lineJoin: "round",
      });
      line.addTo(map);
      outlines.push(line);
    }
  }

  /** Number the flagged areas by rank: at county scale a town area is a few pixels wide. */
  function pinAreas(codes) {
    const size = 19;
    const placed = [];
    const ranked = codes
      .filter((code) => areas.has(code) && areas.get(code)._map)
      .sort((a, b) => (values.ranks[a] || 0) - (values.ranks[b] || 0));
    for (const code of ranked) {
      const centre = map.latLngToLayerPoint(areas.get(code).getCenter());
      const places = [[0, 0]];
      for (const reach of [1.1, 2.2, 3.3]) {
        for (let turn = 0; turn < 8; turn += 1) {
          const angle = (turn * Math.PI) / 4;
          places.push([reach * size * Math.cos(angle), reach * size * Math.sin(angle)]);
        }
      }
      const free = places.find(([dx, dy]) =>
        placed.every(([x, y]) => Math.hypot(centre.x + dx - x, centre.y + dy - y) >= size)
      ) || places[0];
      const at = [centre.x + free[0], centre.y + free[1]];
      placed.push(at);
      if (free !== places[0]) {
        const line = new window.L.Polyline(
          [areas.get(code).getCenter(), map.layerPointToLatLng(at)],
          { pane: "outlines", interactive: false, color: INK, weight: 1.5 }
        );
        line.addTo(map);
        outlines.push(line);
      }
      const disc = document.createElement("span");
      disc.textContent = values.ranks[code] || "–";
      const pin = new window.L.Marker(areas.get(code).getCenter(), {
        icon: new window.L.DivIcon({
          html: disc,
          className: "rank-pin",
          iconSize: [size, size],
          iconAnchor: [size / 2 - free[0], size / 2 - free[1]],
        }),
        interactive: false,
        keyboard: false,
        pane: "pins",
      });
      pin.addTo(map);
      outlines.push(pin);
    }
  }

  function drawNow() {
    pending = 0;
    for (const [code, layer] of areas) {
      layer.setStyle(styleOf(code));
    }
    for (const layer of hotspots) {
      layer.setStyle({ opacity: shared.shows("hotspots") ? 1 : 0 });
    }
    for (const line of outlines) {
      line.remove();
    }
    outlines = [];
    if (values && map) {
      if (shared.shows("flagged")) {
        const shown = values.flagged.filter((code) => !values.fadedSet.has(code));
        shown.forEach((code) => outline(code, "#FFFFFF", FLAGGED, 2.5));
        pinAreas(shown);
      }
      const chosen = chosenCode();
      if (chosen) {
        outline(chosen, INK, CHOSEN, 3.5);
      }
    }
    placeLabels();
    const box = map && map.getContainer();
    if (box) {
      box.dataset.drawn = String(areas.size);
    }
  }

  /** Draw once before the next frame, however many things asked for it. */
  shared.draw = function () {
    if (!pending) {
      pending = window.requestAnimationFrame(drawNow);
    }
  };

  /** Bring an area into view: only move where it is out of sight or too small to see. */
  shared.zoomTo = function (code) {
    const layer = areas.get(code);
    if (!layer || !map) {
      return;
    }
    const bounds = layer.getBounds();
    const a = map.latLngToContainerPoint(bounds.getNorthWest());
    const b = map.latLngToContainerPoint(bounds.getSouthEast());
    const small = Math.max(b.x - a.x, b.y - a.y) < 36;
    if (small || !map.getBounds().contains(bounds)) {
      map.fitBounds(bounds, {
        maxZoom: Math.max(13, map.getZoom()),
        padding: [90, 90],
        animate: !shared.calm(),
      });
    }
  };

  let searched = null;

  /** Move to what a search found, once for each search. */
  function showFound() {
    const query = new URLSearchParams(window.location.search).get("q") || "";
    const fresh = searched !== null && searched !== query;
    searched = query;
    if (!fresh || !query || !map) {
      return;
    }
    const found = [...areas].filter(([code]) => !values.fadedSet.has(code));
    if (found.length && found.length < areas.size) {
      const bounds = found.reduce(
        (box, [, layer]) => box.extend(layer.getBounds()),
        new window.L.LatLngBounds([])
      );
      map.fitBounds(bounds, { maxZoom: 13, padding: [40, 40], animate: !shared.calm() });
    }
  }

  functions.drawMap = function (given) {
    take(given);
    shared.draw();
    showFound();
    return null;
  };
})();
