// Draws the charts from the data of the page, in the theme of the reader, and again when that changes. Text is set as text, never as markup.
(function () {
  "use strict";
  var root = document.documentElement;
  var page = JSON.parse(document.getElementById("chart-data").textContent);
  var button = document.getElementById("theme");
  var wish = window.matchMedia("(prefers-color-scheme: dark)");
  var chosen = null;  // "light" or "dark" by the button; null: as the system wishes
  var drawn = null, views = [], turn = 0;

  function theme() { return chosen || (wish.matches ? "dark" : "light"); }

  function rowsOf(columns) {
    var keys = Object.keys(columns);
    if (keys.length === 0) return [];
    return columns[keys[0]].map(function (_, i) {
      var row = {};
      keys.forEach(function (key) { row[key] = columns[key][i]; });
      return row;
    });
  }

  function configOf(chart, name) {
    var config = JSON.parse(JSON.stringify(page.themes[name]));
    if (chart.platforms.length > 0) config.range.category = chart.platforms.map(function (platform) { return page.colours[platform][name]; });
    if (root.clientWidth < 640) {
      config.axis.labelLimit = 96;
      config.legend.columns = 2;
      config.legend.labelLimit = 120;
      config.axis.tickCount = 4;
    }
    return config;
  }

  function embed(chart, name) {
    var places = Array.from(document.querySelectorAll('[data-chart="' + chart.id + '"]'));
    return places.reduce(function (before, place) { return before.then(function () { return embedAt(place, chart, name); }); }, Promise.resolve());
  }

  function embedAt(place, chart, name) {
    var spec = Object.assign({}, chart.spec, { datasets: {} });
    Object.keys(chart.data).forEach(function (key) { spec.datasets[key] = rowsOf(chart.data[key]); });
    return window.vegaEmbed(place, spec, {
      renderer: chart.renderer,
      config: configOf(chart, name),
      actions: { export: { svg: true, png: true }, source: false, compiled: false, editor: false },
      downloadFileName: chart.file,
      scaleFactor: { svg: 1, png: 2 },
      i18n: { CLICK_TO_VIEW_ACTIONS: "Save this chart" },
      tooltip: { theme: name }
    }).then(function (result) {
      views.push(result);
      place.setAttribute("role", "group");
      place.setAttribute("aria-label", chart.description);
    }).catch(function (problem) {
      var note = document.createElement("p");
      note.className = "problem";
      note.textContent = "This chart could not be drawn: " + problem.message;
      place.replaceChildren(note);
      console.error(chart.id, problem);
    });
  }

  // One after another, so that the page answers meanwhile; a later call ends an earlier one.
  function draw(name) {
    if (drawn === name || !window.vegaEmbed) return Promise.resolve();
    drawn = name;
    root.dataset.charts = "drawing";
    views.forEach(function (view) { view.finalize(); });
    views = [];
    window.trainmarkViews = views;
    var mine = ++turn;
    return page.charts.reduce(function (before, chart) {
      return before.then(function () { return mine === turn ? embed(chart, name) : undefined; });
    }, Promise.resolve()).then(function () { if (mine === turn) root.dataset.charts = "ready"; });
  }

  function show() {
    var name = theme();
    if (chosen) root.dataset.theme = chosen; else delete root.dataset.theme;
    button.textContent = name === "dark" ? "Light page" : "Dark page";
    return draw(name);
  }

  button.hidden = false;
  button.addEventListener("click", function () { chosen = theme() === "dark" ? "light" : "dark"; show(); });
  wish.addEventListener("change", show);
  window.addEventListener("beforeprint", function () { draw("light"); });
  window.addEventListener("afterprint", function () { draw(theme()); });
  show();
})();
