/* The address is the state of a page: controls write to it, and it changes the page.
   Nothing here ever builds markup from text: names of places are text nodes only. */
(function () {
  "use strict";

  const shared = (window.hotspots = window.hotspots || {});
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const functions = (clientside.hotspots = clientside.hotspots || {});

  const parameters = () => new URLSearchParams(window.location.search);

  /** Change parts of the address; an empty value removes its part. */
  shared.set = function (changes, options) {
    const search = parameters();
    // Another order or another choice of areas begins at its first row.
    if (["sort", "stratum", "q"].some((name) => name in changes)) {
      search.delete("from");
    }
    for (const [name, value] of Object.entries(changes)) {
      if (value) {
        search.set(name, value);
      } else {
        search.delete(name);
      }
    }
    // Slashes and commas are allowed in a query and keep an address readable.
    const text = search.toString().replace(/%2F/g, "/").replace(/%2C/g, ",");
    const address = window.location.pathname + (text ? "?" + text : "") + window.location.hash;
    const quiet = options && options.quiet;
    if (quiet || (options && options.replace)) {
      window.history.replaceState({}, "", address);
    } else {
      window.history.pushState({}, "", address);
    }
    if (!quiet) {
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    }
  };

  shared.shows = function (overlay) {
    const show = parameters().get("show");
    return show === null ? overlay !== "hotspots" : show.split(",").includes(overlay);
  };

  shared.calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** Tell screen readers; the same words twice are announced once. */
  shared.announce = function (text) {
    const region = document.getElementById("announce");
    if (region && region.textContent !== text) {
      region.textContent = text;
    }
  };

  function question(names) {
    const search = parameters();
    const asked = new URLSearchParams({ priority: window.location.pathname.slice(1) });
    const frame = document.querySelector("[data-run]");
    if (frame) {
      asked.set("run", frame.dataset.run);
    }
    for (const name of names) {
      if (search.get(name)) {
        asked.set(name, search.get(name));
      }
    }
    return asked.toString();
  }

  /** Bring the controls in line with the address, as after the back button. */
  function readControls() {
    const search = parameters();
    for (const control of document.querySelectorAll("select[data-param]")) {
      const wanted = search.get(control.dataset.param) || control.options[0].value;
      if ([...control.options].some((option) => option.value === wanted)) {
        control.value = wanted;
      }
    }
    const box = document.getElementById("control-q");
    if (box && document.activeElement !== box && box.value !== (search.get("q") || "")) {
      window.dash_clientside.set_props("control-q", { value: search.get("q") || "" });
    }
    for (const tick of document.querySelectorAll("[data-toggle] input")) {
      tick.checked = shared.shows(tick.closest("[data-toggle]").dataset.toggle);
    }
  }

  /** Put a plain checkbox with its label into each place for one. */
  function makeTicks() {
    for (const place of document.querySelectorAll("[data-toggle]:empty")) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = place.dataset.ticked === "yes";
      const key = document.createElement("span");
      key.className = "tick-key tick-key-" + place.dataset.toggle;
      label.append(box, key, place.dataset.label);
      place.append(label);
    }
  }

  /** Put a slider into each place for one; the box beside it holds the same weight. */
  function makeSliders() {
    for (const place of document.querySelectorAll("[data-slider]:empty")) {
      const slider = document.createElement("input");
      slider.type = "range";
      slider.min = "0";
      slider.max = place.dataset.most;
      slider.step = "0.05";
      slider.value = place.dataset.value;
      slider.setAttribute("aria-label", place.dataset.label);
      place.append(slider);
    }
  }

  /** The weights as they stand in the form: the address and the question of the page. */
  function askWeights() {
    const frame = document.querySelector("[data-run]");
    const changes = {};
    for (const box of document.querySelectorAll("[data-weight]")) {
      changes[box.dataset.weight] = box.querySelector(".weight-box input, input.weight-box").value.trim();
    }
    shared.set(changes, { quiet: true });
    const asked = new URLSearchParams(window.location.search);
    asked.set("run", frame.dataset.run);
    asked.set("priority", document.querySelector("input[name=priority]").value);
    window.dash_clientside.set_props("compare-question", { data: asked.toString() });
  }

  functions.compareShown = function (children) {
    const heading = document.getElementById("compare-finding");
    if (children && heading) {
      shared.announce(heading.textContent);
    }
    return null;
  };

  /** The address changed: ask the server only what the change touches. */
  functions.route = function (_search, forMap, forList, forArea) {
    const keep = window.dash_clientside.no_update;
    const map = question(["layer", "stratum", "q", "force"]);
    const list = question(["stratum", "q", "sort", "force", "from"]);
    const area = question(["area"]);
    readControls();
    shared.draw();
    shared.markRow();
    const first = (now) => now === null || now === undefined;
    return [
      map === (first(forMap) ? shared.first.map : forMap) ? keep : map,
      list === (first(forList) ? shared.first.list : forList) ? keep : list,
      area === (first(forArea) ? shared.first.area : forArea) ? keep : area,
    ];
  };

  /** A page arrived: name the window after it and pin its run in the address. */
  functions.pageShown = function (children) {
    const frame = document.querySelector("[data-title]");
    if (!children || !frame) {
      return window.dash_clientside.no_update;
    }
    document.title = frame.dataset.title;
    if (frame.dataset.run && !parameters().get("run")) {
      shared.set({ run: frame.dataset.run }, { quiet: true });
    }
    shared.first = {
      map: question(["layer", "stratum", "q", "force"]),
      list: question(["stratum", "q", "sort", "force", "from"]),
      area: question(["area"]),
    };
    makeTicks();
    makeSliders();
    readControls();
    if (window.location.hash) {
      // The part that a link names has only come now.
      const part = document.getElementById(window.location.hash.slice(1));
      window.setTimeout(() => part && part.scrollIntoView(), 0);
    }
    return frame.dataset.title;
  };

  functions.areaShown = function (children) {
    const heading = document.getElementById("area-heading");
    if (children && heading) {
      shared.announce(heading.textContent + " is shown below the map and the list.");
    }
    return null;
  };

  const folded = () => [...document.querySelectorAll("details.folded")];

  /** Open every folded table of the page, or fold them again. */
  function unfold(button) {
    const open = button.getAttribute("aria-pressed") !== "true";
    const words = button.textContent;
    button.setAttribute("aria-pressed", String(open));
    button.textContent = button.dataset.unfold;
    button.dataset.unfold = words;
    folded().forEach((part) => (part.open = open));
  }

  /** Paper cannot be unfolded, and a map on it keeps the size that it was drawn in. */
  let opened = [];
  window.addEventListener("beforeprint", function () {
    opened = [...document.querySelectorAll("details.folded, .list-notes details")].filter(
      (part) => !part.open
    );
    opened.forEach((part) => (part.open = true));
    for (const box of document.querySelectorAll(".map")) {
      box.style.height = box.offsetHeight + "px";
    }
  });
  window.addEventListener("afterprint", function () {
    opened.forEach((part) => (part.open = false));
    opened = [];
    for (const box of document.querySelectorAll(".map")) {
      box.style.height = "";
    }
  });

  document.addEventListener("click", function (event) {
    const unfolds = event.target.closest("[data-unfold]");
    if (unfolds) {
      unfold(unfolds);
      return;
    }
    const setter = event.target.closest("[data-set]");
    const plain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (setter && plain && event.button === 0) {
      event.preventDefault();
      const changes = Object.fromEntries(new URLSearchParams(setter.dataset.set));
      shared.set(changes);
      if (changes.area) {
        shared.zoomTo(changes.area);
      }
      return;
    }
    const row = event.target.closest("tr[data-code]");
    if (row && plain && !event.target.closest("a")) {
      shared.set({ area: row.dataset.code });
      shared.zoomTo(row.dataset.code);
    }
  });

  document.addEventListener("change", function (event) {
    const control = event.target.closest("select[data-param]");
    if (control) {
      const first = control.options[0].value;
      shared.set({ [control.dataset.param]: control.value === first ? "" : control.value });
      return;
    }
    const tick = event.target.closest("[data-toggle]");
    if (tick) {
      const shown = ["flagged", "hotspots", "places"].filter((name) =>
        name === tick.dataset.toggle ? event.target.checked : shared.shows(name)
      );
      const usual = shown.join() === "flagged,places";
      shared.set({ show: usual ? "" : shown.join() || "none" });
    }
  });

  let typing = 0;
  document.addEventListener("input", function (event) {
    const weight = event.target.closest("[data-weight]");
    if (weight) {
      const slider = weight.querySelector("[data-slider] input");
      if (event.target === slider) {
        window.dash_clientside.set_props(slider.parentNode.dataset.slider, { value: slider.value });
      } else {
        slider.value = event.target.value.replace(",", ".");
      }
      window.clearTimeout(typing);
      typing = window.setTimeout(askWeights, 150);
      return;
    }
    if (event.target.closest("[data-search]")) {
      window.clearTimeout(typing);
      const text = event.target.value.trim();
      typing = window.setTimeout(() => shared.set({ q: text }, { replace: true }), 250);
    }
  });
})();
