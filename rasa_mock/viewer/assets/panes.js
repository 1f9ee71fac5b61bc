"use strict";
// What is known of one event: what it changed, records, the state after it.

const PARTS = [
  ["active_loop", "activeLoop"], ["stack", "stack"], ["latest_action_name", "latestAction"],
  ["followup_action", "followup"], ["paused", "paused"],
];
let hideEmpty = false;
// Which values are unfolded stays so from event to event.
const unfolded = new Set();
const BRIEF = 60;

const isEmpty = (value) => value === null || value === undefined || (Array.isArray(value) && value.length === 0);

RM.detail = (root, shown) => {
  const { el, t } = RM;
  const at = root.scrollTop;
  const { event, state, changed, records, notes, events, whole } = shown;
  const parts = [];
  if (event) {
    parts.push(el("h2", {}, el("span", { class: `kind kind-${RM.known(event.event)}`, text: RM.cut(String(event.event), 40) }), " ", RM.cut(RM.summary(event), 90)));
  }
  for (const note of notes) parts.push(el("p", { class: "note warning", text: `${t("note")}: ${note}` }));
  parts.push(section(t("whatChanged"), changes(changed, state, events)));
  const first = records.filter((each) => each.kind === "finding");
  const rest = records.filter((each) => each.kind !== "finding");
  for (const record of [...first, ...rest]) parts.push(RM.record(record, () => whole(record)));
  parts.push(stateSection(state, changed, events));
  if (event) parts.push(el("details", { class: "raw" }, el("summary", { text: t("event") }), RM.block(event)));
  RM.fill(root, parts);
  root.scrollTop = at;
};

const section = (title, ...content) => RM.el("section", {}, RM.el("h3", { text: title }), ...content);

const label = (name) => {
  if (name.startsWith("slot:")) return name.slice(5);
  const part = PARTS.find(([key]) => key === name);
  return RM.t(part ? part[1] : name === "latest_message" ? "latestMessage" : name);
};

// A latest message that is an event's is written as the event's index.
const resolved = (value, events) =>
  (value && typeof value === "object" && Object.keys(value).length === 1 && typeof value.event === "number"
    ? events[value.event]?.parse_data ?? {} : value);

const short = (name, value, events) => {
  const found = resolved(value, events);
  if (name === "latest_message") return found?.text === null || found?.text === undefined ? "–" : RM.cut(`${RM.cut(String(found.text), 250)}  → ${found.intent?.name ?? ""}`, 300);
  return isEmpty(found) ? "–" : RM.cut(RM.write(found), 300);
};

// A value in a table: what is long or nested can be unfolded.
RM.value = (key, value, text) => {
  const { el } = RM;
  const nested = value && typeof value === "object" && !isEmpty(value);
  if (text.length <= BRIEF || !(nested || text.length > 2 * BRIEF)) return el("span", { text });
  const details = el("details", { class: "value", open: unfolded.has(key) || null }, el("summary", { title: RM.cut(text, 600), text: RM.cut(text, 4 * BRIEF) }));
  const open = () => { if (details.children.length < 2) details.append(RM.block(value)); };
  if (details.open) open();
  details.addEventListener("toggle", () => {
    if (details.open) unfolded.add(key);
    else unfolded.delete(key);
    open();
  });
  return details;
};

// What was there before; nothing is not struck out.
const old = (name, before, events) => {
  const text = short(name, before, events);
  return RM.el(text === "–" ? "span" : "del", { class: "before", text: RM.cut(text, 2 * BRIEF) });
};

const after = (name, value, events) => {
  const text = short(name, value, events);
  return RM.el("ins", {}, name === "latest_message" ? text : RM.value(`${name} now`, value, text));
};

const changes = (changed, state, events) => {
  const { el } = RM;
  if (!changed.size) return el("p", { class: "empty", text: RM.t("nothing") });
  return el("table", { class: "changes" }, el("tbody", {}, [...changed].map(([name, before]) =>
    el("tr", { class: "changed" }, el("th", { scope: "row", text: label(name) }),
      el("td", {}, old(name, before, events), " → ", after(name, state.get(name), events))))));
};

const stateSection = (state, changed, events) => {
  const { el, t } = RM;
  const row = (name) => {
    const value = state.get(name);
    const marked = changed.has(name);
    return el("tr", { class: `${marked ? "changed" : ""} ${isEmpty(value) ? "none" : ""}`, "data-name": name },
      el("th", { scope: "row", text: label(name) }), el("td", {}, name === "latest_message" ? message(value) : RM.value(name, value, short(name, value, events))));
  };
  const message = (value) => {
    const found = resolved(value, events);
    const text = short("latest_message", value, events);
    return text === "–" ? text : el("details", { class: "value" }, el("summary", { text }), RM.block(found));
  };
  const slots = [...state.keys()].filter((name) => name.startsWith("slot:"));
  const box = el("input", { type: "checkbox" });
  box.checked = hideEmpty;
  const table = el("table", { class: `state ${hideEmpty ? "hide-empty" : ""}` }, el("tbody", {},
    PARTS.map(([name]) => row(name)), row("latest_message"),
    el("tr", { class: "head" }, el("th", { colspan: "2" }, t("slots"), " ", el("small", { text: `(${slots.length})` }))),
    slots.map(row)));
  box.addEventListener("change", () => {
    hideEmpty = box.checked;
    table.classList.toggle("hide-empty", hideEmpty);
  });
  return section(t("state"), el("label", { class: "toggle" }, box, ` ${t("hideEmpty")}`), table);
};

// Records: each kind that is known has a way to be shown, others are shown as they are.
RM.record = (record, whole) => {
  const { el, t } = RM;
  const show = KINDS[record.kind];
  const title = RM.words.en[record.kind] ? t(record.kind) : String(record.kind ?? "?");
  const lost = record.lost ? el("p", { class: "error", text: t("lost") }) : null;
  if (show) return el("section", { class: `record record-${record.kind}` }, show(record, title, whole), lost);
  const rest = Object.fromEntries(Object.entries(record).filter(([name]) => !["kind", "turn", "index", "number", "time"].includes(name)));
  return el("section", { class: "record" }, el("h3", { text: title }), RM.block(rest, whole));
};

const facts = (pairs) => {
  const { el } = RM;
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, shown.map(([name, value]) => [el("dt", { text: name }), el("dd", { text: RM.cut(RM.write(value), 600) })]));
};

const folded = (title, value, whole, open) => {
  if (value === undefined || value === null) return null;
  const details = RM.el("details", { open: open || null }, RM.el("summary", { text: title }));
  const fill = () => { if (details.children.length < 2) details.append(RM.block(value, whole)); };
  if (open) fill();
  details.addEventListener("toggle", fill);
  return details;
};

const bars = (pairs) => RM.el("table", { class: "bars" }, RM.el("tbody", {}, pairs.slice(0, 20).map(([name, value, more]) => {
  const meter = RM.el("meter", { min: "0", max: "1", value: String(Math.max(0, Math.min(1, Number(value) || 0))) });
  return RM.el("tr", {}, RM.el("th", { scope: "row", text: RM.cut(RM.write(name ?? "–"), 80) }), RM.el("td", {}, meter),
    RM.el("td", { class: "number", text: typeof value === "number" ? value.toFixed(3) : "–" }), more ? RM.el("td", { text: more }) : null);
})));

const topScores = (scores) => {
  if (!scores || typeof scores !== "object") return "";
  return Object.entries(scores).filter(([, value]) => value > 0).sort((one, two) => two[1] - one[1]).slice(0, 3)
    .map(([name, value]) => `${name} ${Number(value).toFixed(2)}`).join(", ");
};

const KINDS = {
  call: (record, title, whole) => {
    const { el, t } = RM;
    const failed = record.failure || (typeof record.status === "number" && record.status >= 400);
    const part = (name) => async () => (await whole())[name];
    return [
      el("h3", {}, `${title} `, el("b", { text: RM.cut(String(record.action ?? ""), 80) }), " ",
        el("span", { class: `badge call ${failed ? "error" : ""}`, text: failed ? `${t("failure")} ${record.status ?? ""}` : `${record.status ?? ""} ${RM.seconds(record.elapsed)}` })),
      facts([["URL", record.url], [t("failure"), record.failure], ["", record.detail], [t("status"), record.status], [t("elapsed"), RM.seconds(record.elapsed)],
        [t("attempts"), record.attempts > 1 ? record.attempts : null],
        [t("request"), sized(record.request_bytes)], [t("response"), sized(record.response_bytes)]]),
      folded(t("request"), record.request, part("request")),
      folded(t("response"), record.response, part("response"), true),
    ];
  },
  prediction: (record, title) => {
    const { el, t } = RM;
    const candidates = Array.isArray(record.candidates) ? record.candidates : [];
    return [
      el("h3", {}, `${title} `, el("b", { text: record.action ?? "" })),
      facts([[t("policy"), record.policy], [t("score"), record.confidence], [t("reason"), record.reason], [t("elapsed"), RM.seconds(record.elapsed)]]),
      candidates.length ? el("table", { class: "candidates" }, el("thead", {}, el("tr", {}, ["policy", "score"].map((name) => el("th", { text: t(name) })))),
        el("tbody", {}, candidates.map((each) => [
          el("tr", {}, el("td", { text: `${each.policy ?? ""}${each.priority === undefined ? "" : ` (${each.priority})`}` }), el("td", { text: topScores(each.scores) || "–" })),
          each.reason ? el("tr", { class: "reason" }, el("td", { colspan: "2", text: RM.cut(RM.write(each.reason), 400) })) : null]))) : null,
    ];
  },
  parse: (record, title, whole) => {
    const { el, t } = RM;
    const data = record.parse_data || record;
    const ranking = Array.isArray(data.intent_ranking) ? data.intent_ranking : data.intent ? [data.intent] : [];
    const entities = Array.isArray(data.entities) ? data.entities : [];
    return [
      el("h3", {}, `${title} `, el("small", { text: RM.seconds(record.elapsed) })),
      bars(ranking.map((each) => [each.name, each.confidence])),
      entities.length ? facts(entities.map((each) => [each.entity, `${RM.write(each.value)}${each.extractor ? `  (${each.extractor})` : ""}`])) : null,
      folded(t("json"), data, async () => { const all = await whole(); return all.parse_data || all; }),
    ];
  },
  slot: (record, title) => {
    const { el, t } = RM;
    return [el("h3", {}, `${title} `, el("b", { text: record.name ?? "" })),
      el("p", { class: "change" }, el(isEmpty(record.before) ? "span" : "del", { text: RM.cut(RM.write(record.before ?? null), 2 * BRIEF) }), " → ", el("ins", { text: RM.cut(RM.write(record.after ?? null), 2 * BRIEF) })),
      facts([[t("cause"), record.cause]]), folded(t("mapping"), record.mapping)];
  },
  trace: (record, title, whole) => [RM.el("h3", {}, `${title} `, RM.el("b", { text: record.name ?? "" }), " ", RM.el("small", { text: record.action ?? "" })),
    RM.block(record.value, async () => (await whole()).value)],
  finding: (record) => RM.finding(record),
  turn: (record, title) => [RM.el("h3", {}, `${title} `, RM.el("small", { text: RM.seconds(record.elapsed) })),
    facts(Object.entries(record).filter(([name]) => !["kind", "turn", "index", "number", "elapsed", "time", "lost"].includes(name))
      .map(([name, value]) => [RM.words.en[name] ? RM.t(name) : name, value]))],
};

const sized = (value) => (typeof value === "number" ? RM.bytes(value) : null);

// A finding, of a conversation or of a run.
RM.finding = (finding) => {
  const { el, t } = RM;
  return [
    el("h3", {}, el("span", { class: `badge ${finding.severity || "info"}`, text: finding.rule ?? t("finding") }), " ", RM.cut(String(finding.message ?? ""), 600)),
    facts([[t("action"), finding.action], [t("where"), finding.pointer], [t("expected"), finding.expected], [t("got"), finding.got],
      [t("rasa"), finding.rasa], [t("hint"), finding.hint]]),
    finding.reproduce ? el("pre", { text: finding.reproduce }) : null,
  ];
};
