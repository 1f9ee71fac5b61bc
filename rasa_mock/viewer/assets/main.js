"use strict";
// Which view is shown: the part of the address behind `#/` says it.

RM.link = (view, values) => `#/${view}?${RM.params(values)}`;

// A sign that tells whether news arrive.
RM.signal = () => {
  const element = RM.el("span", { class: "signal", role: "status" });
  const set = (on) => {
    element.className = `signal ${on ? "on" : "off"}`;
    element.textContent = RM.t(RM.source.offline ? "offline" : on ? "live" : "notLive");
  };
  set(false);
  if (!RM.source.offline) element.textContent = "";
  return { element, set };
};

const VIEWS = { "": RM.listView, c: RM.conversationView, compare: RM.compareView, run: RM.runView, runs: RM.runsView };
let current = null;

RM.failed = (error) => {
  if (error instanceof RM.Failure && error.status === 401) {
    askToken();
    return null;
  }
  const old = document.getElementById("error");
  if (old) old.remove();
  const close = RM.el("button", { type: "button", text: "×", onclick: () => box.remove() });
  const box = RM.el("div", { id: "error", role: "alert" }, RM.t("failed", error.message), " ", close);
  document.body.append(box);
  return null;
};

const askToken = () => {
  if (document.getElementById("token")) return;
  const input = RM.el("input", { type: "password", id: "token", autocomplete: "off" });
  const told = RM.el("p", { role: "alert" });
  const form = RM.el("form", { class: "sign-in" }, RM.el("label", {}, RM.t("token"), " ", input), RM.el("button", { text: RM.t("signIn") }), told);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await RM.source.signIn(input.value)) show();
    else told.textContent = RM.t("wrongToken");
  });
  if (current) current.close();
  current = null;
  RM.fill(document.getElementById("app"), form);
  input.focus();
};

const show = () => {
  const [, view = "", query = ""] = /^#?\/?([^?]*)\??(.*)$/s.exec(location.hash) || [];
  if (current) current.close();
  document.getElementById("error")?.remove();
  const make = Object.hasOwn(VIEWS, view) ? VIEWS[view] : RM.listView;
  const root = document.getElementById("app");
  root.className = `view-${Object.hasOwn(VIEWS, view) && view ? view : "list"}`;
  current = make(root, RM.readParams(query));
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !current) return;
  const target = event.target.matches ? event.target : document.body;
  if (target.matches("input:not([type=checkbox]):not([type=range]), textarea, select")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (event.key === "Enter" && target.matches("a, button, summary")) return;
  const act = current.key(event);
  if (!act) return;
  event.preventDefault();
  act();
});

window.addEventListener("hashchange", show);
document.documentElement.lang = RM.lang;

(async () => {
  const given = new URLSearchParams(location.search);
  if (given.has("token") && !RM.source.offline) {
    await RM.source.signIn(given.get("token"));
    given.delete("token");
    const rest = given.toString();
    history.replaceState(null, "", `${location.pathname}${rest ? `?${rest}` : ""}${location.hash}`);
  }
  if (RM.source.only && !location.hash) history.replaceState(null, "", RM.link("c", { id: RM.source.only }));
  show();
})();
