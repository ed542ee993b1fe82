// SPDX-License-Identifier: 0BSD
// The dashboard: reads /api/v1, follows /api/v1/events, and polls while events do not come.
const $ = (selector) => document.querySelector(selector);
const poll_ms = 5000, redraw_ms = 400, rows_max = 500;
let token = sessionStorage.getItem("token") ?? "";

class Refused extends Error {}

async function call(path, options = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const reply = await fetch(path, { headers, cache: "no-store", ...options });
  if (reply.status === 401) throw new Refused();
  if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
  return reply;
}
const read = async (path) => (await call(`/api/v1/${path}`)).json();

const percent = (ppm) => (ppm == null ? "–" : `${(ppm / 10000).toFixed(1)} %`);
const nano = (n) => (n / 1e9).toLocaleString("en", { maximumFractionDigits: 3 });
const clock = (time) => new Date(time).toLocaleTimeString();
const counted = (n, one, more = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : more}`;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text != null) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// A table that its head's buttons sort. A column is {title, of, show, number, tone}.
const orders = new Map();
function fill(section, columns, rows, caption, empty = "None yet.") {
  const table = $(`#${section} table`);
  const order = orders.get(section) ?? { by: -1, down: false };
  const draw = () => fill(section, columns, rows, caption, empty);
  const focused = [...table.tHead.querySelectorAll("button")].indexOf(document.activeElement);
  table.caption.textContent = rows.length > 0 ? caption : empty;
  table.tHead.hidden = rows.length === 0;
  const head = element("tr");
  columns.forEach((column, at) => {
    const cell = element("th", null, { scope: "col", class: column.number ? "number" : "" });
    const sorted = order.by === at;
    if (sorted) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    const button = element("button", column.title + (sorted ? (order.down ? " ▼" : " ▲") : ""), { type: "button" });
    button.onclick = () => {
      orders.set(section, { by: at, down: sorted && !order.down });
      draw();
    };
    cell.append(button);
    head.append(cell);
  });
  table.tHead.replaceChildren(head);
  if (focused >= 0) table.tHead.querySelectorAll("button")[focused]?.focus();
  const sorted = order.by < 0 ? rows : [...rows].sort((a, b) => {
    const [x, y] = [columns[order.by].of(a), columns[order.by].of(b)];
    const less = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
    return order.down ? -less : less;
  });
  table.tBodies[0].replaceChildren(...sorted.map((row) => {
    const line = element("tr");
    columns.forEach((column, at) => {
      const value = column.of(row);
      const tone = column.tone?.(row) ?? "";
      line.append(element(at === 0 ? "th" : "td", column.show ? column.show(value) : value ?? "–",
        { class: `${column.number ? "number" : ""} ${tone}`, ...(at === 0 ? { scope: "row" } : {}) }));
    });
    return line;
  }));
}

const column = (title, of, more = {}) => ({ title, of, ...more });
const number = (title, of, show) => ({ title, of, show, number: true });
const status_tone = (row) => ({ flagged: "bad", inactive: "warn", draining: "warn" })[row.status] ?? "";
const status = column("Status", (r) => (r.reason ? `${r.status}: ${r.reason}` : r.status), { tone: status_tone });
const matched = (miner) => miner.matches.map((m) => m.validator ?? `none: ${m.reason}`).join(", ");
const miner_columns = [
  column("Miner", (m) => m.id), column("Namespace", (m) => m.namespace), column("Type", (m) => m.model_type),
  column("Validator", matched), status, number("Score", (m) => m.score_ppm, percent),
  number("Reliability", (m) => m.reliability_ppm, percent),
];
const validator_columns = [
  column("Validator", (v) => v.id), column("Serves", (v) => v.specializations.join(", ")),
  number("Load", (v) => v.load), number("Capacity", (v) => v.capacity), status,
  number("Reliability", (v) => v.reliability_ppm, percent),
];
const validation_columns = [
  column("Time", (v) => v.at, { show: clock }), column("Miner", (v) => v.miner),
  column("Validator", (v) => v.validator),
  column("Outcome", (v) => v.outcome, { tone: (v) => (v.outcome.endsWith("failed") ? "bad" : "") }),
  number("Score", (v) => v.score_ppm, percent),
];
const paid_columns = [
  column("Node", (r) => r.id), column("Role", (r) => r.role), number("Paid", (r) => r.amount_nano, nano),
  number("Verdicts", (r) => r.score_count),
  number("Mean score", (r) => (r.score_count ? r.score_sum_ppm / r.score_count : null), percent),
  number("Off consensus", (r) => r.deviation_ppm, percent), column("Moved", (r) => r.why_moved),
];
const plugin_columns = [
  column("Plugin", (p) => p.id), column("Kind", (p) => p.kind), column("Version", (p) => p.version),
  column("State", (p) => (p.reason ? `${p.state}: ${p.reason}` : p.state), { tone: (p) => (p.state === "active" ? "" : "bad") }),
  number("Calls", (p) => p.calls), number("Failures", (p) => p.failures),
];

// One bar a validator; the table below says the same in numbers.
const bars_max = 24;
function draw_bars(validators) {
  $("#bars").replaceChildren(...validators.slice(0, bars_max).map((v) => {
    const line = element("div");
    const bar = element("progress", null, { max: v.capacity, value: v.load, "aria-label": `Load of ${v.id}` });
    line.append(element("span", v.id), bar, element("span", `${v.load} / ${v.capacity}`, { class: "number" }));
    return line;
  }));
  $("#loads").hidden = validators.length === 0;
}

function draw_overview(subnet) {
  $("#name").textContent = subnet.name || "subnetd";
  document.title = `${subnet.name || "subnetd"} · subnetd`;
  const figures = [["Miners", subnet.miners], ["Validators", subnet.validators], ["Verdicts", subnet.verdicts],
    ["Under way", subnet.validations_open], ["Epoch", subnet.epoch.open]];
  $("#figures").replaceChildren(...figures.map(([title, value]) => {
    const pair = element("div");
    pair.append(element("dt", title), element("dd", value.toLocaleString("en")));
    return pair;
  }));
  const e = subnet.epoch;
  $("#epoch").textContent = `Epoch ${e.open} ends at ${clock(e.ends_at)}; ${counted(e.verdicts, "verdict")} so far.` +
    (e.held ? ` The epoch before is held: ${e.held_reason}` : "");
  $("#epoch").className = e.held ? "bad" : "";
}

async function draw_emission() {
  const { items } = await read("epochs?limit=10");
  const last = items.find((epoch) => epoch.status === "emitted");
  if (!last) return;
  const epoch = await read(`epochs/${last.epoch}?limit=${rows_max}`);
  $("#paid").textContent = `Epoch ${epoch.epoch} by ${epoch.policy}: budget ${nano(epoch.budget_nano)} = paid ` +
    `${nano(epoch.paid_nano)} + founder ${nano(epoch.founder_nano)} + dust ${nano(epoch.dust_nano)} + ` +
    `unallocated ${nano(epoch.unallocated_nano)}, in units of 1,000,000,000 nano`;
  const rows = [...epoch.rows].sort((a, b) => b.amount_nano - a.amount_nano);
  fill("emission", paid_columns, rows, `Nodes of epoch ${epoch.epoch}`);
}

async function draw() {
  const subnet = await read("subnet");
  const [miners, validators, validations, plugins] = await Promise.all([
    read(`miners?limit=${rows_max}`), read(`validators?limit=${rows_max}`),
    read("validations?limit=30"), read("plugins")]);
  draw_overview(subnet);
  const of = (list, total) => `${list.items.length} of ${total.toLocaleString("en")}`;
  fill("miners", miner_columns, miners.items, of(miners, subnet.miners),
    "None yet: subnetd miner register ID --namespace NAME --endpoint URL");
  draw_bars(validators.items);
  fill("matches", validator_columns, validators.items, of(validators, subnet.validators),
    "No validator yet: subnetd validator register ID --endpoint URL --specializations chat --capacity 10");
  fill("validations", validation_columns, validations.items, "The latest, newest first",
    "None yet: a miner is validated once it is matched.");
  fill("plugins", plugin_columns, plugins.items, counted(plugins.items.length, "component"));
  await draw_emission();
}

function say(state) {
  $("#live").textContent = state;
  $("#live").className = state === "live" ? "live" : state === "polling" ? "" : "bad";
}

// Without the token that reading needs, only the form for it is shown, and nothing is asked for.
let locked = false, unlocked = () => {};
function lock(now) {
  locked = now;
  $("#login").hidden = !now;
  $("nav").hidden = now;
  for (const section of document.querySelectorAll("section")) section.hidden = now;
  if (now) say("token needed");
  else unlocked();
}

let drawing = false, wanted = false, timer = 0;
async function refresh() {
  if (drawing || document.hidden) return void (wanted = true);
  drawing = true;
  wanted = false;
  try {
    await draw();
    lock(false);
  } catch (error) {
    if (error instanceof Refused) lock(true);
    else say(`not reachable: ${error.message}`);
  }
  drawing = false;
  if (wanted) soon();
}
function soon() {
  timer ||= setTimeout(() => { timer = 0; refresh(); }, redraw_ms);
}

// By fetch, not EventSource, which cannot send a token.
async function follow() {
  for (;;) {
    if (locked) await new Promise((resolve) => { unlocked = resolve; });
    try {
      const reply = await call("/api/v1/events");
      say("live");
      soon();
      const reader = reply.body.getReader();
      for (;;) {
        const { done } = await reader.read();
        if (done) break;
        soon();
      }
    } catch { /* polled below, then tried again */ }
    if (!locked) say("polling");
    await refresh();
    if (!locked) await new Promise((resolve) => setTimeout(resolve, poll_ms));
  }
}

document.addEventListener("visibilitychange", () => { if (!document.hidden && wanted) soon(); });
$("#login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("#token").value;
  sessionStorage.setItem("token", token);
  refresh();
});
refresh().then(follow);
