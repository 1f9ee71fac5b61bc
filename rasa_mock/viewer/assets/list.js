"use strict";
// The list of conversations: filters, pages, two to compare.

RM.marked = [];

RM.listView = (root, values) => {
  const { el, t } = RM;
  const pages = [];
  let page = { items: [], next: null, problems: [] };
  let chosen = 0;
  let stop = () => {};
  let asked = 0;

  const body = el("tbody");
  const count = el("span", { class: "count" });
  const hint = el("p", { class: "empty", role: "status" });
  const problems = el("div");
  const signal = RM.signal();
  const back = el("button", { type: "button", text: t("previous"), onclick: () => turn(-1) });
  const on = el("button", { type: "button", text: t("next"), onclick: () => turn(1) });
  const compare = el("button", { type: "button", text: t("compare"), title: t("compareHint"), onclick: () => open2() });
  const fields = ["search", "intent", "action", "finding", "since", "until"].map((name) => {
    const type = name === "search" ? "search" : name === "since" || name === "until" ? "date" : "text";
    const hint = { intent: t("wholeName"), action: t("wholeName"), finding: "RM…" }[name];
    const input = el("input", { type, name, placeholder: hint, value: values[name] || "", autocomplete: "off", spellcheck: "false" });
    input.value = values[name] || "";
    return { name, input, label: el("label", { class: `field ${name}` }, el("span", { text: t(name) }), input) };
  });
  const clear = el("button", { type: "button", text: t("clear"), onclick: () => { location.hash = "#/"; for (const { input } of fields) input.value = ""; load(true); } });
  const form = el("form", { class: "filters", role: "search" }, fields.map((field) => field.label), clear);

  const wanted = () => {
    const found = {};
    for (const { name, input } of fields) {
      if (!input.value) continue;
      found[name] = input.value.trim();
    }
    return found;
  };
  const asTimes = (found) => {
    const query = { ...found };
    if (query.since) query.since = new Date(`${query.since}T00:00:00`).getTime() / 1000;
    if (query.until) query.until = new Date(`${query.until}T23:59:59.999`).getTime() / 1000;
    return query;
  };

  const load = async (fresh) => {
    if (fresh) pages.length = 0;
    asked += 1;
    const mine = asked;
    const query = asTimes(wanted());
    const after = pages.length ? pages[pages.length - 1] : null;
    const found = await RM.source.ask("conversations", { ...query, after, limit: 50 }).catch(RM.failed);
    if (!found || mine !== asked) return;
    page = found;
    if (chosen >= page.items.length) chosen = Math.max(0, page.items.length - 1);
    draw();
  };

  const draw = () => {
    const now = Date.now() / 1000;
    RM.fill(body, page.items.map((item, index) => {
      const link = el("a", { href: RM.link("c", { id: item.sender_id }), class: "sender", text: RM.cut(item.sender_id, 160), title: RM.cut(item.sender_id, 400) });
      const mark = el("input", { type: "checkbox", "aria-label": t("compare") });
      mark.checked = RM.marked.includes(item.sender_id);
      mark.addEventListener("change", () => toggle(index));
      const row = el("tr", { class: index === chosen ? "chosen" : "" },
        el("td", { class: "mark" }, mark), el("td", { class: "id" }, link),
        el("td", { class: "number", text: item.version ?? "–" }),
        el("td", { class: "time", title: RM.moment(item.updated), text: RM.ago(item.updated, now) }));
      row.addEventListener("click", (event) => {
        if (event.target === mark || event.target === link) return;
        location.hash = RM.link("c", { id: item.sender_id });
      });
      return row;
    }));
    const filtered = Object.keys(wanted()).length > 0;
    hint.textContent = page.items.length ? "" : t(filtered ? "none" : "empty");
    back.disabled = pages.length === 0;
    on.disabled = !page.next;
    const first = pages.length * 50;
    count.textContent = page.items.length ? `${first + 1}–${first + page.items.length}` : "";
    RM.fill(problems, RM.problems(page.problems));
    drawCompare();
  };
  const drawCompare = () => {
    compare.disabled = RM.marked.length !== 2 || (RM.source.offline && !RM.source.canCompare(...RM.marked));
    compare.textContent = RM.marked.length ? `${t("compare")} (${RM.marked.length}/2)` : t("compare");
  };
  const toggle = (index) => {
    const id = page.items[index]?.sender_id;
    if (id === undefined) return;
    if (RM.marked.includes(id)) RM.marked = RM.marked.filter((each) => each !== id);
    else RM.marked = [...RM.marked, id].slice(-2);
    draw();
  };
  const open2 = () => {
    if (!compare.disabled) location.hash = RM.link("compare", { a: RM.marked[0], b: RM.marked[1] });
  };
  const turn = (step) => {
    if (step > 0 && page.next) pages.push(page.next);
    else if (step < 0 && pages.length) pages.pop();
    else return;
    chosen = 0;
    load(false);
  };
  const choose = (index) => {
    chosen = Math.max(0, Math.min(page.items.length - 1, index));
    [...body.children].forEach((row, at) => row.classList.toggle("chosen", at === chosen));
    body.children[chosen]?.scrollIntoView({ block: "nearest" });
  };

  let timer = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    const here = location.hash;
    timer = setTimeout(() => {
      if (location.hash !== here) return;
      const written = RM.params(wanted());
      history.replaceState(null, "", `#/${written ? `?${written}` : ""}`);
      chosen = 0;
      load(true);
    }, 150);
  });

  const runs = el("section", { class: "runs" });
  RM.source.ask("about").then((about) => {
    RM.about = about;
    document.title = `${t("conversations")} · rasa-mock`;
    where.textContent = about.store;
    RM.fill(runs, RM.runList(about.runs));
    RM.fill(notes, about.notes.map((note) => el("p", { class: "note", text: note })));
  }).catch(RM.failed);
  const where = el("code", { class: "store" });
  const notes = el("div");
  RM.fill(root,
    el("header", { class: "bar" }, el("h1", { text: t("conversations") }), where, signal.element),
    notes, problems, runs, form,
    el("table", { class: "list" }, el("thead", {}, el("tr", {},
      el("th", {}), el("th", { text: t("sender") }), el("th", { class: "number", text: t("events") }),
      el("th", { class: "time", text: t("changed") }))), body),
    hint,
    el("footer", { class: "pages" }, back, on, count, compare, el("span", { class: "keys", text: t("keysList") })));
  load(true);
  stop = RM.source.live({}, () => load(false), signal.set);

  return {
    close: () => { clearTimeout(timer); stop(); },
    key(event) {
      const acts = {
        "/": () => fields[0].input.focus(),
        ArrowDown: () => choose(chosen + 1), j: () => choose(chosen + 1),
        ArrowUp: () => choose(chosen - 1), k: () => choose(chosen - 1),
        Home: () => choose(0), End: () => choose(Infinity),
        Enter: () => { const item = page.items[chosen]; if (item) location.hash = RM.link("c", { id: item.sender_id }); },
        x: () => toggle(chosen), c: open2, n: () => turn(1), p: () => turn(-1),
      };
      return acts[event.key];
    },
  };
};

RM.ago = (seconds, now) => {
  if (typeof seconds !== "number") return "–";
  const names = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const gone = now - seconds;
  if (gone > 7 * 86400 || gone < -60) return RM.moment(seconds);
  const [name, length] = names.find(([, each]) => gone >= each) || names[3];
  const format = new Intl.RelativeTimeFormat(RM.lang, { numeric: "auto" });
  return format.format(-Math.floor(Math.max(0, gone) / length), name);
};

// What could not be read: how many records, and which.
RM.problems = (problems) => {
  if (!problems || !problems.length) return null;
  return RM.el("details", { class: "problems" },
    RM.el("summary", { text: RM.t("problems", problems.length) }),
    RM.el("p", { text: RM.t("skipped") }),
    RM.el("ul", {}, problems.map((each) => RM.el("li", {}, RM.el("code", { text: each.place }), ` ${each.message}`))));
};
