"use strict";
// A run of `rasa-mock check`: its actions, its findings, and another run beside it.

RM.runList = (runs) => {
  const { el, t } = RM;
  if (!runs.length) return null;
  return [el("h2", { text: t("runs") }), el("ul", {}, runs.map((run) => el("li", {},
    el("a", { href: RM.link("run", { name: run.name }), text: run.title }), " ", RM.counts(run.counts))))];
};

RM.counts = (counts) => Object.entries(counts).filter(([, number]) => number > 0).map(([severity, number]) =>
  RM.el("span", { class: `badge ${severity}`, text: `${RM.words.en[severity] ? RM.t(severity) : severity} ${number}` }));

RM.runView = (root, values) => {
  const { el, t } = RM;
  const body = el("div", { class: "run" });
  RM.fill(root, el("header", { class: "bar" }, el("a", { href: "#/", text: `← ${t("back")}` }), el("h1", { class: "id", text: values.name })), body);
  const load = async () => {
    const run = await RM.source.ask("run", { name: values.name });
    const about = await RM.source.ask("about");
    document.title = `${run.title} · rasa-mock`;
    const others = about.runs.filter((each) => each.name !== values.name);
    const choice = el("select", {}, el("option", { value: "", text: t("compareWith") }), others.map((each) => el("option", { value: each.name, text: each.title })));
    choice.addEventListener("change", () => { location.hash = RM.link("runs", { a: values.name, b: choice.value }); });
    const told = { ...run.started, ...run.finished };
    RM.fill(body,
      el("p", {}, RM.counts(run.counts), others.length ? choice : null),
      el("table", { class: "state" }, el("tbody", {}, ["url", "profile", "seed", "cases", "locale", "calls", "lost", "stopped"].filter((name) => told[name] !== undefined && told[name] !== null)
        .map((name) => el("tr", {}, el("th", { scope: "row", text: t(name === "lost" ? "lostCalls" : name) }), el("td", { text: RM.write(told[name]) }))))),
      run.actions.length ? el("table", { class: "list" }, el("thead", {}, el("tr", {}, ["action_", "calls", "counts", "time"].map((name) => el("th", { text: t(name) })))),
        el("tbody", {}, run.actions.map((each) => el("tr", {}, el("td", { text: each.action }), el("td", { text: each.calls }), el("td", {}, RM.counts(each.counts || {})), el("td", { text: RM.seconds(each.elapsed) }))))) : null,
      el("h2", { text: t("findings") }),
      run.findings.length ? run.findings.map((each) => el("section", { class: "record record-finding" }, RM.finding(each))) : el("p", { class: "empty", text: t("noFindings") }));
    performance.mark("rasa-mock-shown");
  };
  load().catch(RM.failed);
  return { close: () => {}, key: (event) => (event.key === "Escape" ? () => { location.hash = "#/"; } : undefined) };
};

RM.runsView = (root, values) => {
  const { el, t } = RM;
  const body = el("div", { class: "run" });
  const name = (each) => el("a", { href: RM.link("run", { name: each }), class: "id", text: each });
  RM.fill(root, el("header", { class: "bar" }, el("a", { href: "#/", text: `← ${t("back")}` }), el("h1", { text: t("compare") }), name(values.a), "/", name(values.b)), body);
  RM.source.ask("compare_runs", { a: values.a, b: values.b }).then((found) => {
    RM.fill(body, [["newFindings", "new"], ["goneFindings", "gone"], ["sameFindings", "same"]].map(([title, key]) => [
      el("h2", { text: `${t(title)} (${found[key].length})` }), found[key].map((each) => el("section", { class: `record record-finding ${key}` }, RM.finding(each)))]));
  }).catch(RM.failed);
  return { close: () => {}, key: (event) => (event.key === "Escape" ? () => { location.hash = "#/"; } : undefined) };
};
