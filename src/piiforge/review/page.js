"use strict";
// Shows one row of a review and takes decisions. It holds the rows around the shown one alone, and
// every content as text: nothing of it becomes markup. The token stays in the address's fragment.

const at = (id) => document.getElementById(id);
const BEFORE = 5, AFTER = 9, MOST_KEPT = 200;
const rows = new Map(); // place -> row, as the server told it
const shown = { d: true, t: true };
let token = location.hash.slice(1);
let review = null, place = 0, busy = false, entries = 0;

async function ask(path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  const options = { headers };
  if (body) {
    headers["Content-Type"] = "application/json";
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  }
  let reply;
  try {
    reply = await fetch(path, options);
  } catch {
    throw new Error(body
      ? "The server does not answer: this is not saved. Start the review again; what was decided before is kept."
      : "The server does not answer. Start the review again; what was decided is kept.");
  }
  const told = await reply.json();
  if (reply.ok && !told.error) return told;
  const problem = new Error(told.error);
  problem.state = told.state;
  throw problem;
}

function made(name, kind, text) {
  const node = document.createElement(name);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

function written(pieces) {
  const nodes = [];
  let mark = null;
  for (const piece of pieces) {
    const node = piece.g ? made("span", "ghost", piece.t) : document.createTextNode(piece.t);
    if (piece.g) node.title = piece.g;
    const found = piece.b ? [node, document.createTextNode("\n")] : [node];
    if (!piece.m) {
      mark = null;
      nodes.push(...found);
      continue;
    }
    if (!mark) nodes.push(mark = made("mark"));
    mark.append(...found);
  }
  return nodes;
}

function view(caption, told, of) {
  const figure = made("figure");
  const line = made("pre", "line");
  line.dir = "ltr";
  line.tabIndex = 0;
  line.setAttribute("role", "region");
  line.setAttribute("aria-label", of + caption);
  line.append(...written(told.pieces));
  figure.append(made("figcaption", "", caption), line);
  if (told.left) figure.append(made("p", "cut note", `${told.left.toLocaleString()} more characters are not shown.`));
  return figure;
}

function facts(list, pairs) {
  list.replaceChildren(...pairs.map(([name, pieces]) => {
    const pair = made("div", name === "disputed" ? "disputed" : "");
    const text = made("dd");
    text.append(...written(pieces));
    pair.append(made("dt", "", name), text);
    return pair;
  }));
}

function views(row, of = "") {
  const found = [view("As it stands", row.raw, of)];
  if (row.decoded && shown.d) found.push(view(`Decoded (${row.decoded.how.replaceAll("_", " ")})`, row.decoded, of));
  return found;
}

function drawTwin(row) {
  at("twin").hidden = !row.twin || !shown.t;
  if (at("twin").hidden) return;
  const told = made("dl", "facts");
  facts(told, row.twin.facts);
  const sides = made("div", "sides");
  sides.append(...views(row.twin, "Twin: "));
  at("twin").replaceChildren(made("h3", "", `Its twin: ${row.twin.label}`), sides, told);
}

const words = (row) => ({ right: row.yes, wrong: row.no, unsure: "Unsure" });

function draw() {
  const row = rows.get(place);
  if (!row) return;
  at("item").hidden = false;
  at("place").textContent = `${place + 1} of ${review.progress.total.toLocaleString()}`;
  at("question").textContent = row.question;
  at("said").textContent = row.refused ? "Can’t be shown" : row.decision ? words(row)[row.decision] : "";
  at("said").className = `chip ${row.refused ? "refused" : row.decision}`;
  for (const button of document.querySelectorAll("[data-say]")) {
    button.querySelector("span").textContent = words(row)[button.dataset.say];
    button.disabled = Boolean(row.refused);
    button.setAttribute("aria-pressed", String(row.decision === button.dataset.say));
  }
  if (row.refused) at("views").replaceChildren(made("p", "missing", row.refused));
  else at("views").replaceChildren(...views(row));
  facts(at("facts"), row.facts);
  at("d").hidden = !row.decoded && !(row.twin && row.twin.decoded);
  at("t").hidden = !row.twin;
  for (const key of ["d", "t"]) at(key).setAttribute("aria-pressed", String(shown[key]));
  drawTwin(row);
  at("others").textContent = row.others
    .map((one) => `${one.reviewer} said ${one.decision}${one.reason ? `: ${one.reason}` : ""}.`).join(" ");
  if (document.activeElement !== at("reason")) at("reason").value = row.reason;
  at("help-yes").textContent = row.yes;
  at("help-no").textContent = row.no;
  drawAround();
}

const SIGNS = { right: "✓", wrong: "✗", unsure: "?" };

function drawAround() {
  const found = [];
  const last = review.progress.total - 1;
  const start = Math.max(0, Math.min(place - 4, last - 9));
  for (let each = start; each <= Math.min(last, start + 9); each += 1) {
    const row = rows.get(each);
    if (!row) continue;
    const button = made("button");
    button.type = "button";
    if (each === place) button.setAttribute("aria-current", "true");
    const sign = made("span", "sign", row.refused ? "–" : SIGNS[row.decision] || "·");
    sign.setAttribute("aria-label", row.refused ? "can’t be shown" : row.decision || "open");
    sign.setAttribute("role", "img");
    button.append(made("span", "number", String(each + 1)), made("span", "name", row.name), sign);
    button.addEventListener("click", () => go(each));
    const line = made("li");
    line.append(button);
    found.push(line);
  }
  at("around").replaceChildren(...found);
}

function drawProgress(progress) {
  review.progress = progress;
  entries = progress.entries;
  const seen = progress.right + progress.wrong + progress.unsure;
  at("bar").max = progress.total || 1;
  at("bar").value = seen;
  const decided = progress.right + progress.wrong;
  const yes = decided ? ` (${Math.round(100 * progress.right / decided)} %)` : "";
  at("progress").textContent =
    `${seen.toLocaleString()} of ${progress.total.toLocaleString()} looked at: ` +
    `${progress.right} ${review.right}${yes}, ${progress.wrong} ${review.wrong}, ` +
    `${progress.unsure} unsure` + (progress.refused ? `; ${progress.refused} can’t be shown` : "");
  at("agreement").textContent = progress.agreement.join(" ");
}

async function load(from, count) {
  const told = await ask(`/api/items?from=${from}&count=${count}`);
  for (const row of told.items) rows.set(row.at, row);
  if (rows.size > MOST_KEPT) {
    for (const each of rows.keys()) if (Math.abs(each - place) > MOST_KEPT / 4) rows.delete(each);
  }
}

// The row is drawn as soon as it is there; its neighbours come afterwards.
async function go(to, focus = true) {
  place = Math.max(0, Math.min(review.progress.total - 1, to));
  if (!rows.has(place)) await load(place, 1);
  draw();
  if (focus) at("question").focus({ preventScroll: true });
  window.scrollTo(0, 0);
  around();
}

let fetching = false;
async function around() {
  if (fetching) return;
  fetching = true;
  try {
    const end = Math.min(review.progress.total, place + AFTER);
    let from = Math.max(0, place - BEFORE);
    while (from < end && rows.has(from)) from += 1;
    if (from < end) {
      await load(from, end - from);
      drawAround();
    }
  } catch (error) {
    tell(error.message);
  } finally {
    fetching = false;
  }
}

function tell(text) {
  at("problem").textContent = text;
}

function keep(state) {
  const row = rows.get(state.at);
  if (row) Object.assign(row, state);
}

async function say(decision, reason) {
  const row = rows.get(place);
  if (busy || !row || row.refused) return;
  busy = true;
  try {
    const told = await ask("/api/decisions", { id: row.id, decision, reason, seen: row.seen });
    tell("");
    keep(told);
    drawProgress(told.progress);
    at("status").textContent = decision ? `${words(row)[decision]}.` : "Kept.";
    if (decision && told.next !== place) await go(told.next);
    else draw();
    if (decision && !told.progress.open) {
      at("status").textContent = "All rows are looked at.";
      at("told").textContent = `All rows are looked at. Next: piiforge review ${review.file} --tally`;
    }
  } catch (error) {
    if (error.state && error.state.at !== undefined) {
      keep(error.state);
      drawProgress(error.state.progress);
      draw();
    }
    tell(error.message);
  } finally {
    busy = false;
  }
}

async function undo() {
  if (busy) return;
  busy = true;
  try {
    const told = await ask("/api/undo", { seen: entries });
    tell("");
    drawProgress(told.progress);
    if (told.at === undefined) return;
    keep(told);
    await go(told.at);
    at("status").textContent = "Taken back.";
  } catch (error) {
    if (error.state) await start(place);
    tell(error.message);
  } finally {
    busy = false;
  }
}

async function policy() {
  const row = rows.get(place);
  const told = await ask(`/api/policy?category=${encodeURIComponent(row ? row.category : "")}`);
  at("policy-text").replaceChildren(...told.policies.flatMap((one) => {
    const rules = made("ul");
    rules.append(...one.rules.map((rule) => made("li", "", rule)));
    const sources = made("p", "note", one.sources.length ? `Sources: ${one.sources.join(" ")}` : "");
    return [made("h3", "", one.name), made("p", "", one.description), rules, sources];
  }));
  at("policy").showModal();
  at("policy-title").focus();
}

async function nextOpen() {
  const told = await ask(`/api/review?after=${place + 1}`);
  drawProgress(told.progress);
  if (told.progress.open) await go(told.first);
  else at("status").textContent = "Nothing is open.";
}

const KEYS = {
  y: () => say("right", at("reason").value),
  n: () => say("wrong", at("reason").value),
  u: () => say("unsure", at("reason").value),
  z: undo,
  j: () => go(place + 1),
  k: () => go(place - 1),
  o: nextOpen,
  p: policy,
  d: () => { shown.d = !shown.d; draw(); },
  t: () => { shown.t = !shown.t; draw(); },
  r: () => at("reason").focus(),
  "?": () => { at("help").showModal(); at("help-title").focus(); },
};
const ALIKE = { ArrowDown: "j", ArrowRight: "j", ArrowUp: "k", ArrowLeft: "k" };

async function act(key) {
  try {
    await KEYS[key]();
  } catch (error) {
    tell(error.message);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]") || !review) return;
  const inReason = document.activeElement === at("reason");
  if (inReason) {
    if (event.key === "Escape") at("question").focus();
    if (event.key === "Enter") {
      event.preventDefault();
      const row = rows.get(place);
      at("question").focus();
      if (row && row.reason !== at("reason").value) say(row.decision, at("reason").value);
    }
    return;
  }
  const inLine = document.activeElement.classList.contains("line");
  const key = ALIKE[event.key] || event.key.toLowerCase();
  if (!KEYS[key] || (inLine && ALIKE[event.key]) || (!at("single").checked && key !== "?")) return;
  event.preventDefault();
  if (!event.repeat || key === "j" || key === "k") act(key);
});

for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => say(button.dataset.say, at("reason").value));
}
for (const button of document.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => act(button.dataset.key));
}

// Another tab may have decided meanwhile: what is shown is asked for again.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && review && !busy) start(place).catch((error) => tell(error.message));
});
window.addEventListener("hashchange", () => {
  token = location.hash.slice(1);
  begin();
});

async function start(from) {
  review = await ask("/api/review");
  rows.clear();
  at("title").textContent = review.title;
  document.title = `${review.title} · piiforge review`;
  at("told").textContent =
    `${review.file}, reviewed by ${review.reviewer}.` +
    (review.left_out ? ` ${review.left_out.toLocaleString()} more stand in the file and are left out.` : "") +
    (review.lost ? ` ${review.lost} decisions are of rows that are not in the file; they are kept.` : "");
  drawProgress(review.progress);
  await go(from === undefined ? review.first : from, from === undefined);
}

async function begin() {
  tell("");
  try {
    await start();
  } catch (error) {
    tell(error.message);
  }
}

begin();
