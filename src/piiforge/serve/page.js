"use strict";
// Asks /v1/verdict about the line and draws what comes back. The token is held in the field alone.

const at = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

function made(name, kind, text) {
  const node = document.createElement(name);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

function bar(share) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("height", "12");
  drawing.setAttribute("aria-hidden", "true");
  for (const [kind, width] of [["track", 100], ["bar", 100 * share]]) {
    const piece = document.createElementNS(SVG, "rect");
    piece.setAttribute("class", kind);
    piece.setAttribute("width", `${width}%`);
    piece.setAttribute("height", "12");
    piece.setAttribute("rx", "2");
    drawing.append(piece);
  }
  return drawing;
}

function row(said) {
  const kind = said.is_sensitive === null ? "unread" : said.is_sensitive ? "sensitive" : "clean";
  const line = made("tr", kind);
  const name = made("th", "", said.category.replaceAll("_", " "));
  name.scope = "row";
  const drawn = made("td", "drawn");
  const known = said.p_sensitive !== null;
  if (known) drawn.append(bar(said.p_sensitive));
  const verdict = made("td");
  verdict.append(made("span", "verdict", kind));
  line.append(
    name, drawn, made("td", "number", known ? said.p_sensitive.toFixed(3) : "–"), verdict,
    made("td", "", said.decided_by),
  );
  if (!said.explanation) return [line];
  const why = made("tr", `why ${kind}`);
  const told = made("td", "", said.explanation);
  told.colSpan = 5;
  why.append(told);
  return [line, why];
}

// Where the values stand, asked of /analyze; offsets are in code points.
async function mark(content, headers) {
  at("marked").hidden = true;
  const body = JSON.stringify({ text: content, language: "en" });
  const reply = await fetch("/analyze", { method: "POST", headers, body });
  if (!reply.ok || at("content").value !== content) return;
  const signs = Array.from(content);
  const pieces = [];
  let done = 0;
  for (const found of (await reply.json()).sort((a, b) => a.start - b.start)) {
    if (found.start < done) continue;
    const node = made("mark", "positive", signs.slice(found.start, found.end).join(""));
    node.title = found.entity_type;
    pieces.push(signs.slice(done, found.start).join(""), node);
    done = found.end;
  }
  pieces.push(signs.slice(done).join(""));
  at("marked").replaceChildren(...pieces);
  at("marked").hidden = !done;
}

function fold(folded) {
  const clean = at("rows").querySelectorAll(".clean");
  for (const line of clean) line.hidden = folded;
  at("fold").hidden = !clean.length;
  at("fold").setAttribute("aria-expanded", String(!folded));
  at("fold").textContent = `${folded ? "Show" : "Fold"} ${at("rows").querySelectorAll(".clean:not(.why)").length} clean`;
}

function show(answer, tookMs) {
  const found = answer.verdicts.filter((said) => said.is_sensitive);
  const names = found.map((said) => said.category.replaceAll("_", " "));
  at("verdict").textContent = found.length
    ? `Sensitive: ${names.join(", ")}`
    : answer.is_sensitive === null ? "Not read to its end" : "Nothing found";
  const who = [...new Set(found.map((said) => said.decided_by))].join(", ");
  at("told").textContent =
    `${who ? `Decided by ${who}. ` : ""}` +
    `${answer.verdicts.length} categories in ${Math.round(tookMs)} ms, the way here included.`;
  at("rows").replaceChildren(...answer.verdicts.flatMap(row));
  fold(true);
  at("answer").hidden = false;
  at("verdict").focus();
}

function refuse(text) {
  at("answer").hidden = true;
  at("problem").textContent = text;
}

async function ask() {
  const token = at("token").value;
  const began = performance.now();
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = JSON.stringify({ content: at("content").value, explain: true });
  const reply = await fetch("/v1/verdict", { method: "POST", headers, body });
  const answer = await reply.json();
  if (reply.status === 401) {
    at("lock").hidden = false;
    at("token").focus();
    refuse(token ? "That is not the token." : "This server asks for a token.");
  } else if (reply.ok) {
    show(answer, performance.now() - began);
    at("marked").hidden = true;
    if (answer.is_sensitive) await mark(at("content").value, headers);
  } else {
    refuse(answer.error);
  }
}

at("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  at("problem").textContent = "";
  try {
    await ask();
  } catch {
    refuse("The server does not answer.");
  } finally {
    button.disabled = false;
  }
});

at("fold").addEventListener("click", () => {
  fold(at("fold").getAttribute("aria-expanded") === "true");
});

for (const chip of document.querySelectorAll("[data-line]")) {
  chip.addEventListener("click", () => {
    at("content").value = chip.dataset.line;
    at("ask").requestSubmit();
  });
}

at("content").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    at("ask").requestSubmit();
  }
});
