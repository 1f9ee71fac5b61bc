"use strict";
// Two conversations beside each other.

RM.compareView = (root, values) => {
  const { el, t } = RM;
  let rows = [];
  let found = null;
  let chosen = -1;
  let only = false;
  const isDifferent = (row) => row.differences === null || row.differences.length > 0;

  const side = (page, index) => {
    if (index === null) return el("span", { class: "side gap", text: "" });
    const event = page.events[index];
    return el("span", { class: `side kind-${RM.known(event.event)}` },
      el("span", { class: "at", text: page.first + index }), el("span", { class: "kind", text: event.event }),
      el("span", { class: "text", text: RM.cut(RM.summary(event), 160) }));
  };
  const list = RM.virtual({ height: ROW, label: t("compare"), row: (at) => {
    const row = rows[at];
    const kind = row.differences === null ? (row.a === null ? "only-b" : "only-a") : row.differences.length ? "differs" : "same";
    const element = el("div", { class: `pair ${kind} ${at === chosen ? "chosen" : ""}`, role: "listitem" }, side(found.a, row.a), side(found.b, row.b));
    element.addEventListener("click", () => choose(at));
    return element;
  } });
  const detail = el("div", { class: "detail", "aria-live": "polite" });
  const box = el("input", { type: "checkbox", onchange: () => { only = box.checked; filter(); } });
  const total = el("span", { class: "count" });

  const filter = () => {
    rows = only ? found.rows.filter(isDifferent) : found.rows;
    chosen = -1;
    list.redraw(rows.length);
  };
  const choose = (at) => {
    chosen = Math.max(0, Math.min(rows.length - 1, at));
    const row = rows[chosen];
    if (!row) return;
    list.each((element, index) => element.classList.toggle("chosen", index === chosen));
    list.reveal(chosen);
    const event = row.a === null ? found.b.events[row.b] : found.a.events[row.a];
    RM.fill(detail, el("h3", {}, el("span", { class: `kind kind-${RM.known(event.event)}`, text: event.event }), " ", RM.cut(RM.summary(event), 120)), row.differences === null
      ? el("div", { class: "sides" }, row.a === null ? el("p", { class: "empty", text: t("missing") }) : RM.block(found.a.events[row.a]),
        row.b === null ? el("p", { class: "empty", text: t("missing") }) : RM.block(found.b.events[row.b]))
      : row.differences.length ? table(row.differences) : el("p", { class: "empty", text: t("sameEvent") }));
  };
  const value = (each, which) => RM.value(`${which}${each.pointer}`, each[which], RM.write(each[which]));
  const table = (differences) => el("table", { class: "changes" },
    el("thead", {}, el("tr", {}, el("th", {}), ["a", "b"].map((which) => el("th", { scope: "col", class: which, text: RM.cut(values[which], 40) })))),
    el("tbody", {}, differences.map((each) => el("tr", {},
      el("th", { scope: "row", text: each.pointer.replace(/^\/(slot:)?/, "") }), el("td", {}, value(each, "a")), el("td", {}, value(each, "b"))))));
  const seek = (step) => {
    for (let at = chosen + step; at >= 0 && at < rows.length; at += step) if (isDifferent(rows[at])) return choose(at);
    return undefined;
  };

  document.title = `${t("compare")} · rasa-mock`;
  const name = (id) => el("a", { href: RM.link("c", { id }), class: "id", text: RM.cut(id, 80) });
  const final = el("section", { class: "final" });
  RM.fill(root,
    el("header", { class: "bar" }, el("a", { href: "#/", text: `← ${t("back")}` }), el("h1", { text: t("compare") }), name(values.a), "/", name(values.b), total,
      el("label", { class: "toggle" }, box, ` ${t("onlyDifferences")}`)),
    el("main", { class: "panes comparing" }, list.box, el("aside", {}, final, detail)),
    el("footer", { class: "pages only-keys" }, el("span", { class: "keys", text: t("keysCompare") })));
  RM.source.ask("compare", { a: values.a, b: values.b }).then((answer) => {
    found = answer;
    filter();
    const count = found.rows.filter(isDifferent).length;
    total.textContent = count ? t("differs", count) : t("same");
    RM.fill(final, el("h3", { text: t("final") }), found.state.length ? table(found.state) : el("p", { class: "empty", text: t("same") }));
    if (count) seek(1);
  }).catch(RM.failed);
  return {
    close: () => {},
    key: (event) => ({
      n: () => seek(1), p: () => seek(-1), ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1),
      j: () => choose(chosen + 1), k: () => choose(chosen - 1), Escape: () => { location.hash = "#/"; },
    })[event.key],
  };
};
