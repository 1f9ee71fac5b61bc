"use strict";
// Elements and lists.  Text only ever becomes text: nothing here reads HTML.

RM.el = (tag, properties, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
};

// Show other children, and let go of those that were shown.
RM.fill = (element, ...children) => {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child));
  return element;
};

const LONGEST = 20000;

RM.cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

RM.write = (value) => {
  if (value === undefined) return RM.t("missing");
  return typeof value === "string" ? value : JSON.stringify(value);
};

RM.pretty = (value) =>
  typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? RM.t("missing");

// A value as a block of text; a long one is cut until it is asked for.
RM.block = (value, whole) => {
  const pre = RM.el("pre");
  const size = value && typeof value === "object" ? value.$cut : undefined;
  if (size !== undefined && whole) {
    const label = RM.t("showAll", RM.bytes(size));
    const button = RM.el("button", { type: "button", text: label });
    button.addEventListener("click", async () => {
      button.disabled = true;
      pre.replaceWith(RM.block(await whole()));
    });
    if (value.head) pre.append(value.head, "…\n");
    pre.append(button);
    return pre;
  }
  const text = RM.pretty(value);
  pre.textContent = text.slice(0, LONGEST);
  if (text.length > LONGEST) {
    const label = RM.t("showAll", RM.bytes(text.length));
    const button = RM.el("button", { type: "button", text: label });
    button.addEventListener("click", () => { pre.textContent = text; });
    pre.append("…\n", button);
  }
  return pre;
};

RM.bytes = (size) => {
  if (size < 1000) return RM.t("bytes", size);
  return size < 1e6 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
};

RM.seconds = (value) => {
  if (typeof value !== "number") return "";
  return value < 1 ? `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms` : `${value.toFixed(2)} s`;
};

RM.moment = (seconds) => {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return "–";
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) return "–";
  const two = (number) => String(number).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};

// A list of which only the rows in sight exist.  `row(index)` makes one of them.
RM.virtual = ({ height, row, label }) => {
  const space = RM.el("div", { class: "space" });
  const box = RM.el("div", { class: "virtual", tabindex: "0", role: "list", "aria-label": label }, space);
  let count = 0;
  let rows = new Map();
  let waiting = false;
  const draw = () => {
    waiting = false;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - 8);
    const last = Math.min(count, Math.ceil((box.scrollTop + box.clientHeight) / height) + 8);
    const now = new Map();
    for (let index = first; index < last; index += 1) {
      let element = rows.get(index);
      if (!element) {
        element = row(index);
        element.style.top = `${index * height}px`;
        space.append(element);
      }
      now.set(index, element);
    }
    for (const [index, element] of rows) if (!now.has(index)) element.remove();
    rows = now;
  };
  const soon = () => {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  };
  box.addEventListener("scroll", soon);
  new ResizeObserver(soon).observe(box);
  return {
    box,
    // Make all rows anew.
    redraw(total = count) {
      count = total;
      space.style.height = `${count * height}px`;
      for (const element of rows.values()) element.remove();
      rows = new Map();
      draw();
    },
    each(change) {
      for (const [index, element] of rows) change(element, index);
    },
    reveal(index) {
      const top = index * height;
      if (top < box.scrollTop + height) box.scrollTop = top - height;
      else if (top + 2 * height > box.scrollTop + box.clientHeight) {
        box.scrollTop = top + 2 * height - box.clientHeight;
      }
      draw();
    },
  };
};
