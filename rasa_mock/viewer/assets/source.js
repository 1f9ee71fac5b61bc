"use strict";
// Where the page's data comes from: the server, or the block in an offline page.

RM.Failure = class extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
};

const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

// Write parameters of a URL.  An id may have signs that no URL can: then it is JSON.
RM.params = (values) => {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === "") continue;
    if (HALF_PAIR.test(String(value))) written.set(`${name}_json`, JSON.stringify(value));
    else written.set(name, String(value));
  }
  return written.toString();
};

RM.readParams = (text) => {
  const values = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (name.endsWith("_json")) values[name.slice(0, -5)] = JSON.parse(value);
    else values[name] = value;
  }
  return values;
};

const served = {
  offline: false,
  async ask(question, values = {}) {
    const url = new URL(`api/${question}?${RM.params(values)}`, RM.base);
    const answer = await fetch(url, { credentials: "same-origin" });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new RM.Failure(answer.status, body.error || answer.statusText);
    return body;
  },
  async exported(values) {
    const url = new URL(`api/export?${RM.params(values)}`, RM.base);
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) {
      const body = await answer.json().catch(() => ({}));
      throw new RM.Failure(answer.status, body.error || answer.statusText);
    }
    const named = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") || "");
    return { file_name: named ? named[1] : "conversation.txt", text: await answer.text() };
  },
  async signIn(token) {
    const answer = await fetch(new URL("login", RM.base), {
      method: "POST", credentials: "same-origin", body: JSON.stringify({ token }),
    });
    return answer.ok;
  },
  // Call `changed` when there is news, `state` when the connection comes or goes.
  live(values, changed, state) {
    const news = new EventSource(new URL(`live?${RM.params(values)}`, RM.base));
    let known = null;
    news.addEventListener("mark", (event) => {
      // What happened while there was no connection counts as well.
      const { mark } = JSON.parse(event.data);
      if (known !== null && known !== mark) changed();
      known = mark;
      state(true);
    });
    news.addEventListener("changed", (event) => {
      known = JSON.parse(event.data).mark;
      changed();
    });
    news.addEventListener("error", () => state(false));
    return () => news.close();
  },
};

const embedded = (data) => {
  const find = (id) => data.conversations.find((each) => each.sender_id === id);
  const missing = (what) => { throw new RM.Failure(404, what); };
  const fits = (page, { search = "", intent, action, finding, since, until }) => {
    if (!page.sender_id.toLowerCase().includes(search.toLowerCase())) return false;
    const updated = page.updated ?? 0;
    if ((since && updated < Number(since)) || (until && updated > Number(until))) return false;
    const has = (test) => page.events.some(test);
    if (intent && !has((e) => e.event === "user" && e.parse_data?.intent?.name === intent)) return false;
    if (action && !has((e) => e.event === "action" && e.name === action)) return false;
    return !finding || page.records.some((r) => r.kind === "finding" && r.rule === finding);
  };
  const answers = {
    about: () => data.about,
    conversations: (values) => ({
      items: data.conversations.filter((page) => fits(page, values)), next: null, problems: data.problems ?? [],
    }),
    conversation: ({ id }) => find(id) || missing(id),
    record: ({ id, number }) => find(id).records[number],
    compare: ({ a, b }) =>
      data.compared.find((each) => each.a.sender_id === a && each.b.sender_id === b) || missing(`${a}, ${b}`),
    run: ({ name }) => data.runs.find((each) => each.name === name) || missing(name),
    compare_runs: ({ a, b }) =>
      data.compared_runs.find((each) => each.a === a && each.b === b) || missing(`${a}, ${b}`),
  };
  const [first, ...others] = data.conversations;
  return {
    offline: true,
    // Where there is one conversation alone nobody needs the list.
    only: first && !others.length && !data.runs.length ? first.sender_id : null,
    canCompare: (a, b) => data.compared.some((each) => each.a.sender_id === a && each.b.sender_id === b),
    async ask(question, values = {}) { return answers[question](values); },
    async exported({ id, kind }) {
      const found = data.exports.find((each) => each.id === id && each.kind === kind);
      if (found.error) throw new RM.Failure(400, found.error);
      return found;
    },
    live: () => () => {},
  };
};

RM.source = (() => {
  const block = document.getElementById("data");
  return block ? embedded(JSON.parse(block.textContent)) : served;
})();
