"use strict";
// One conversation: chat, events, and the state at each of them.

const ROW = 26;
const CHAT_STEP = 60;

// What an event says, on one line.
RM.summary = (event) => {
  const kind = event.event;
  if (kind === "user") {
    const intent = event.parse_data?.intent?.name;
    return `${event.text ?? ""}${intent ? `  → ${intent}` : ""}`;
  }
  if (kind === "bot") return event.text || RM.said(event.data).map(([name, value]) => `${name}: ${RM.write(value)}`).join("  ");
  if (kind === "slot") return `${event.name} = ${RM.write(event.value)}`;
  if (kind === "active_loop") return event.name ?? "–";
  if (kind === "action") return event.name ?? event.action_text ?? "";
  const rest = Object.entries(event).filter(([name, value]) =>
    !["event", "timestamp", "metadata"].includes(name) && value !== null);
  return rest.map(([name, value]) => (name === "name" ? RM.write(value) : `${name}: ${RM.write(value)}`)).join("  ");
};

// What a bot says beside its text: what is there at all.  Rasa writes an image as an
// attachment, too.
RM.said = (data) => Object.entries(data ?? {}).filter(([name, value]) =>
  value !== null && value !== undefined && !(Array.isArray(value) && !value.length)
  && !(name === "attachment" && value === data.image));

// The state after each event, put together from what each changes.
RM.TimeMachine = class {
  constructor(page) {
    this.page = page;
    this.at = -1;
    this.state = new Map(Object.entries(page.initial));
  }

  go(index) {
    if (index < this.at) {
      this.at = -1;
      this.state = new Map(Object.entries(this.page.initial));
    }
    while (this.at < index) {
      this.at += 1;
      for (const [name, value] of this.page.changes[this.at]) this.state.set(name, value);
    }
    return this.state;
  }

  // The state after an event, and what the event changed: name -> value before.
  look(index) {
    const before = this.go(index - 1);
    const changed = new Map();
    for (const [name] of this.page.changes[index] || []) changed.set(name, before.get(name));
    return { state: this.go(index), changed };
  }
};

RM.byIndex = (records) => {
  const found = new Map();
  for (const record of records) {
    const index = record.index ?? record.turn ?? 0;
    if (!found.has(index)) found.set(index, []);
    found.get(index).push(record);
  }
  return found;
};

RM.severities = ["error", "warning", "info"];

// What an event's line tells of its records: calls, and findings by their rules.
RM.badges = (records) => {
  const { el, t } = RM;
  const shown = [];
  const calls = records.filter((each) => each.kind === "call");
  if (calls.length) {
    const failed = calls.filter((each) => each.failure || (typeof each.status === "number" && each.status >= 400));
    const time = calls.reduce((sum, each) => sum + (Number(each.elapsed) || 0), 0);
    const many = calls.length > 1 ? `${calls.length} × ` : "";
    const text = failed.length ? t("failure") : time ? RM.seconds(time) : t("call");
    shown.push(el("span", { class: `badge call ${failed.length ? "error" : ""}`, title: calls.map((each) => each.action).join(", "), text: many + text }));
  }
  // The worst finding by its rule, and how many more there are.
  const rank = (each) => RM.severities.indexOf(each.severity);
  const found = records.filter((each) => each.kind === "finding").sort((one, two) => rank(one) - rank(two));
  if (found.length) {
    const rule = String(found[0].rule ?? t("finding"));
    const title = RM.cut(found.map((each) => `${each.rule ?? ""} ${each.message ?? ""}`).join("\n"), 600);
    shown.push(el("span", { class: `badge ${found[0].severity || "info"}`, title, text: found.length > 1 ? `${rule} +${found.length - 1}` : rule }));
  }
  return shown;
};

RM.conversationView = (root, values) => {
  const { el, t } = RM;
  const id = values.id ?? "";
  let page = null;
  let chosen = -1;
  let stop = () => {};
  let closed = false;
  let records = new Map();
  let machine = null;
  let messages = [];

  const signal = RM.signal();
  const events = RM.virtual({ height: ROW, row: (index) => eventRow(index), label: t("events") });
  const chat = el("div", { class: "chat", tabindex: "0", role: "log", "aria-label": t("chat") });
  const detail = el("div", { class: "detail", tabindex: "0", "aria-live": "polite" });
  const slider = el("input", { type: "range", min: "0", max: "0", value: "0", class: "slider", "aria-label": t("events") });
  const place = el("output", { class: "place" });
  const problems = el("div");
  const sessions = el("select", { "aria-label": t("session") });
  const menu = el("details", { class: "export" }, el("summary", { text: t("export") }),
    el("div", {}, ["json", "story", "e2e", "pytest", "curl"].map((kind) =>
      el("button", { type: "button", "data-kind": kind, text: t(kind), onclick: () => write(kind) }))));
  // In a narrow window there is room for one of the two.
  const tabs = el("div", { class: "tabs" }, ["chat", "events"].map((name) =>
    el("button", { type: "button", "data-name": name, text: t(name), onclick: () => show(name) })));
  const other = el("button", { type: "button", text: t("compare"), onclick: () => mark() });

  const position = (index) => page.first + index;

  const badges = (index) => RM.badges(records.get(position(index)) || []);

  const eventRow = (index) => {
    const event = page.events[index];
    const changed = page.changes[index].length > 0;
    const noted = page.noted.has(index);
    const row = el("div", { class: `event kind-${RM.known(event.event)}`, role: "listitem", "data-index": index },
      el("span", { class: "at", text: position(index) }),
      el("span", { class: "dot", title: changed ? t("whatChanged") : "", text: noted ? "!" : changed ? "•" : "" }),
      el("span", { class: "kind", text: RM.cut(String(event.event), 24) }),
      el("span", { class: "text", text: RM.cut(RM.summary(event), 200) }),
      badges(index));
    row.addEventListener("click", () => choose(index));
    return light(row, index);
  };
  const light = (row, index) => {
    row.classList.toggle("chosen", index === chosen);
    row.classList.toggle("future", index > chosen);
    return row;
  };

  // Chat: only a part of a long one exists; it grows where one scrolls.
  let low = 0;
  let high = 0;
  const bubble = (index) => {
    const event = page.events[index];
    const kind = event.event;
    if (kind === "session_started") {
      return el("div", { class: "line", "data-index": index, text: `${t("session")} · ${RM.moment(event.timestamp)}` });
    }
    const element = el("div", { class: `bubble ${kind}`, "data-index": index, title: RM.moment(event.timestamp) });
    if (typeof event.text === "string") element.append(el("p", { text: RM.cut(event.text, 2000) }));
    if (kind === "user") {
      const intent = event.parse_data?.intent;
      if (intent?.name) {
        const sure = typeof intent.confidence === "number" ? ` ${intent.confidence.toFixed(2)}` : "";
        element.append(el("small", { text: `${intent.name}${sure}` }));
      }
    } else element.append(...extras(event.data || {}));
    for (const record of records.get(position(index)) || []) {
      if (record.kind === "finding") element.append(el("small", { class: record.severity || "info", text: `${record.rule ?? ""} ${record.message ?? ""}` }));
    }
    element.addEventListener("click", () => choose(index));
    return element;
  };
  const extras = (data) => RM.said(data).map(([name, value]) => {
    if ((name === "buttons" || name === "quick_replies") && Array.isArray(value)) {
      return el("div", { class: "buttons" }, value.map((each) => el("span", { class: "button", title: RM.write(each?.payload), text: RM.cut(RM.write(each?.title ?? each), 80) })));
    }
    return el("small", { class: "extra", text: `${RM.words.en[name] ? t(name) : name}: ${RM.cut(RM.write(value), 200)}` });
  });
  const drawChat = () => {
    const at = nearest(chosen);
    if (at < low || at >= high || !chat.children.length) {
      low = Math.max(0, at - CHAT_STEP);
      high = Math.min(messages.length, at + CHAT_STEP);
      RM.fill(chat, messages.slice(low, high).map(bubble));
    }
    for (const element of chat.children) {
      const index = Number(element.dataset.index);
      element.classList.toggle("future", index > chosen);
      element.classList.toggle("chosen", index === messages[at]);
      if (index === messages[at]) keepInSight(element);
    }
  };
  const keepInSight = (element) => {
    const top = element.offsetTop;
    if (top < chat.scrollTop || top + element.offsetHeight > chat.scrollTop + chat.clientHeight) {
      chat.scrollTop = top - chat.clientHeight / 2;
    }
  };
  const nearest = (index) => {
    let left = 0;
    let right = messages.length;
    while (left < right) {
      const middle = (left + right) >> 1;
      if (messages[middle] <= index) left = middle + 1;
      else right = middle;
    }
    return Math.max(0, left - 1);
  };
  chat.addEventListener("scroll", () => {
    if (chat.scrollTop < 200 && low > 0) {
      const height = chat.scrollHeight;
      const from = Math.max(0, low - CHAT_STEP);
      chat.prepend(...messages.slice(from, low).map(bubble));
      low = from;
      chat.scrollTop += chat.scrollHeight - height;
    } else if (chat.scrollTop + chat.clientHeight > chat.scrollHeight - 200 && high < messages.length) {
      const to = Math.min(messages.length, high + CHAT_STEP);
      chat.append(...messages.slice(high, to).map(bubble));
      high = to;
    }
    for (const element of chat.children) element.classList.toggle("future", Number(element.dataset.index) > chosen);
  });

  const choose = (index) => {
    if (!page) return;
    chosen = Math.max(-1, Math.min(page.events.length - 1, index));
    slider.value = String(chosen + 1);
    const event = page.events[chosen];
    place.textContent = chosen < 0 ? t("start") : `${t("ofEvents", position(chosen), position(page.events.length - 1))} · ${RM.moment(event.timestamp)}`;
    const current = page.sessions.filter((each) => each.start <= position(Math.max(chosen, 0))).pop();
    if (current) sessions.value = String(current.number);
    draw();
    const { state, changed } = machine.look(chosen);
    const mine = chosen < 0 ? [] : records.get(position(chosen)) || [];
    RM.detail(detail, {
      event, state, changed, records: mine, events: page.events,
      notes: page.notes.filter(([at]) => at === chosen).map(([, text]) => text),
      whole: (record) => RM.source.ask("record", { id, number: record.number, upto: values.upto }),
    });
    const written = RM.params({ ...values, e: chosen < 0 ? undefined : position(chosen) });
    clearTimeout(timer);
    // Whoever has gone elsewhere in the meantime stays there.
    const here = location.hash;
    timer = setTimeout(() => { if (!closed && location.hash === here) history.replaceState(null, "", `#/c?${written}`); }, 120);
  };
  let timer = 0;
  const draw = () => {
    events.each(light);
    if (chosen >= 0) events.reveal(chosen);
    drawChat();
  };
  const show = (name) => {
    panes.dataset.shown = name;
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.name === name));
    if (page) draw();
  };

  const accept = (found) => {
    page = found;
    page.noted = new Set(page.notes.map(([index]) => index));
    records = RM.byIndex(page.records);
    machine = new RM.TimeMachine(page);
    messages = [];
    page.events.forEach((event, index) => {
      if (["user", "bot", "session_started"].includes(event.event)) messages.push(index);
    });
    slider.max = String(page.events.length);
    RM.fill(problems, RM.problems(page.problems));
    RM.fill(sessions, page.sessions.map((session) => el("option", { value: session.number, text: `${t(session.replaced ? "replacedBy" : "sessionAt", session.number + 1)} · ${RM.moment(session.time)}` })));
    sessions.disabled = page.sessions.length < 2;
    events.redraw(page.events.length);
    RM.fill(chat);
  };

  sessions.addEventListener("change", () => {
    const session = page.sessions[Number(sessions.value)];
    if (!session) return;
    const within = session.start >= page.first && session.start < page.first + page.events.length;
    if (within) choose(session.start - page.first);
    else location.hash = RM.link("c", { id, upto: session.end - 1 });
  });
  const write = async (kind) => {
    menu.open = false;
    const found = await RM.source.exported({ id, kind, upto: values.upto }).catch(RM.failed);
    if (found) RM.download(found);
  };
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.firstElementChild.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(event.relatedTarget)) menu.open = false;
  });
  slider.addEventListener("input", () => choose(Number(slider.value) - 1));
  const mark = () => {
    if (!RM.marked.includes(id)) RM.marked = [...RM.marked, id].slice(-2);
    if (RM.marked.length === 2) location.hash = RM.link("compare", { a: RM.marked[0], b: RM.marked[1] });
    else location.hash = "#/";
  };

  // Go to the next event of a kind, before or behind this one.
  const seek = (step, test) => {
    for (let index = chosen + step; index >= 0 && index < page.events.length; index += step) {
      if (test(index)) return choose(index);
    }
    return choose(step > 0 ? page.events.length - 1 : -1);
  };
  const isMessage = (index) => page.events[index].event === "user";
  const hasFinding = (index) => (records.get(position(index)) || []).some((each) => each.kind === "finding");

  const refresh = async () => {
    if (!page || closed) return;
    const known = page.first + page.events.length;
    const found = await RM.source.ask("conversation", { id, since: known }).catch(RM.failed);
    if (!found || closed) return;
    const wasLast = chosen === page.events.length - 1;
    const index = chosen;
    if (found.first === page.first && found.since === known) {
      found.events = [...page.events, ...found.events];
      found.changes = [...page.changes, ...found.changes];
      accept(found);
    } else {
      const whole = await RM.source.ask("conversation", { id }).catch(RM.failed);
      if (!whole || closed) return;
      accept(whole);
    }
    choose(wasLast ? page.events.length - 1 : index);
  };

  const panes = el("main", { class: "panes" }, chat, events.box, detail);
  show("chat");
  document.title = `${RM.cut(id, 60)} · rasa-mock`;
  RM.fill(root,
    el("header", { class: "bar" },
      el("a", { href: "#/", text: `← ${t("back")}` }),
      el("h1", { class: "id", text: RM.cut(id, 120), title: RM.cut(id, 400) }),
      signal.element, el("span", { class: "break" }), sessions, other, menu),
    problems,
    el("div", { class: "time-travel" },
      el("button", { type: "button", text: "◀", "aria-label": t("previous"), onclick: () => choose(chosen - 1) }),
      slider,
      el("button", { type: "button", text: "▶", "aria-label": t("next"), onclick: () => choose(chosen + 1) }),
      place),
    tabs, panes,
    el("footer", { class: "pages only-keys" }, el("span", { class: "keys", text: t("keysView") })));
  detail.append(el("p", { class: "empty", text: t("loading") }));

  RM.source.ask("conversation", { id, upto: values.upto }).then((found) => {
    if (closed) return;
    accept(found);
    const asked = values.e === undefined ? page.events.length - 1 : Number(values.e) - page.first;
    choose(Number.isFinite(asked) ? asked : page.events.length - 1);
    performance.mark("rasa-mock-shown");
    if (values.upto === undefined) stop = RM.source.live({ id }, refresh, signal.set);
  }).catch((error) => {
    root.classList.add("failed");
    RM.fill(panes, el("p", { class: "empty", role: "alert", text: t("failed", error.message) }));
    if (error.status === 401) RM.failed(error);
  });

  return {
    close: () => { closed = true; clearTimeout(timer); stop(); },
    key(event) {
      if (!page) return event.key === "Escape" ? () => { location.hash = "#/"; } : undefined;
      const acts = {
        ArrowRight: () => choose(chosen + 1), ArrowDown: () => choose(chosen + 1), j: () => choose(chosen + 1),
        ArrowLeft: () => choose(chosen - 1), ArrowUp: () => choose(chosen - 1), k: () => choose(chosen - 1),
        PageDown: () => seek(1, isMessage), PageUp: () => seek(-1, isMessage),
        Home: () => choose(-1), End: () => choose(page.events.length - 1),
        f: () => seek(1, hasFinding), F: () => seek(-1, hasFinding),
        Escape: () => { location.hash = "#/"; },
      };
      return acts[event.key];
    },
  };
};

// A type of event as part of a class name.
RM.known = (kind) => (["user", "bot", "action", "slot", "active_loop", "session_started", "restart"].includes(kind) ? kind : "other");

RM.download = ({ file_name: name, text }) => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = RM.el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
};
