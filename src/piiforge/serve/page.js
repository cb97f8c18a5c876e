"use strict";
// Asks this server about a line, or about the lines of a small file, and draws what comes back.
// A content is text alone, never markup. The token is held in its field; nothing is kept elsewhere.

const at = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const MOST_LINES = 1000, MOST_READ = 1 << 25, FIRST_BATCH = 8, BRISK_MS = 400, MOST_WAITS = 30;
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u2000-\u200a\u2800\u3000\u3164\uffa0]/u;
const WHO = {
  text: "the text tests", reader: "the reader’s rules", context: "the words around", model: "the model",
};
const most = Object.fromEntries(Object.entries(at("ask").dataset).map(([name, value]) => [name, Number(value)]));
let turn = 0; // of the line that is shown: an answer to an earlier one is thrown away
let shown = null; // that line and its verdicts
let log = null; // the file that is judged
let resume = null; // what "Try again" and a new token do

// --- Asking, and what is said where there is no answer

class Refusal extends Error {
  constructor(status, text, waitS) {
    super(text);
    this.status = status;
    this.waitS = waitS;
  }
}

async function post(path, asked, signal) {
  const headers = { "Content-Type": "application/json" };
  const token = at("token").value;
  if (token) headers.Authorization = `Bearer ${token}`;
  let reply;
  try {
    reply = await fetch(path, { method: "POST", headers, body: JSON.stringify(asked), signal });
  } catch (error) {
    if (signal && signal.aborted) throw error;
    throw new Refusal(0, "The server does not answer.", 0);
  }
  const told = await reply.json().catch(() => ({}));
  if (reply.ok) return told;
  const wait = Number(reply.headers.get("Retry-After")) || 0;
  throw new Refusal(reply.status, told.error || `The server said ${reply.status}.`, wait);
}

const seconds = (count) => `${count} second${count === 1 ? "" : "s"}`;

// What to do about a refusal, where something can be done
function wayOut(refusal) {
  switch (refusal.status) {
    case 0: return "Is it still running? Start it again (piiforge serve), then try again.";
    case 401: return "Type the one it was started with.";
    case 403: return "Open the page under the address that the server told when it was started.";
    case 413: return "Send less, or start the server with a larger --most-body-bytes.";
    case 422: return `Shorten it: a line may have ${most.characters.toLocaleString()} characters here. --most-characters of piiforge serve raises that.`;
    case 429: return `Others are asking, too. Try again in ${seconds(Math.max(1, refusal.waitS))}.`;
    case 503: return "Try again in a moment.";
    case 504: return "Try a shorter line, or start the server with a larger --timeout-s.";
    default: return "";
  }
}

function tell(text, again) {
  at("problem").textContent = text;
  at("trouble").hidden = !text;
  at("again").hidden = !again;
}

function refuse(error, again) {
  if (!(error instanceof Refusal)) throw error;
  resume = again;
  if (error.status === 401) {
    const tried = at("token").value;
    at("lock").hidden = false;
    at("token").focus();
    tell(tried ? `That is not the token. ${wayOut(error)}` : "This server asks for a token.", false);
  } else {
    tell(`${error.message} ${wayOut(error)}`.trim(), [0, 429, 503].includes(error.status));
  }
}

// --- Drawing

function made(name, kind, text) {
  const node = document.createElement(name);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

const named = (category) => category.replaceAll("_", " ");
const kindOf = (said) =>
  said.is_sensitive === null ? "unread" : said.is_sensitive ? "sensitive" : said.unsure ? "unsure" : "clean";

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

// Text as nodes; a character that does not show by itself becomes a badge with its code
function visible(text) {
  const nodes = [];
  let plain = "";
  for (const sign of text) {
    if (!HIDDEN.test(sign)) {
      plain += sign;
      continue;
    }
    const code = `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    nodes.push(plain, made("span", "ghost", code));
    plain = "";
  }
  nodes.push(plain);
  return nodes;
}

// Stretches in order, none over another: those that overlap are one, with the names of all
function apart(stretches) {
  const found = [];
  for (const each of stretches.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = found.at(-1);
    if (last && each.start < last.end) {
      last.end = Math.max(last.end, each.end);
      for (const name of each.names) last.names.add(name);
    } else {
      found.push({ start: each.start, end: each.end, names: new Set(each.names) });
    }
  }
  return found;
}

function marked(text, stretches) {
  const signs = Array.from(text); // offsets are in code points
  const nodes = [];
  let done = 0;
  for (const each of apart(stretches)) {
    const value = made("mark", "positive");
    value.append(...visible(signs.slice(each.start, each.end).join("")));
    nodes.push(...visible(signs.slice(done, each.start).join("")), value, made("span", "tag", [...each.names].map(named).join(", ")));
    done = each.end;
  }
  nodes.push(...visible(signs.slice(done).join("")));
  return nodes;
}

function view(caption, nodes) {
  const figure = made("figure");
  const line = made("pre", "line");
  line.dir = "ltr";
  line.tabIndex = 0;
  line.setAttribute("role", "region");
  line.setAttribute("aria-label", caption);
  line.append(...nodes);
  figure.append(made("figcaption", "", caption), line);
  return figure;
}

function views(content, found) {
  const placed = found.filter((said) => said.seen && said.seen.spans.length);
  if (!placed.length) return [];
  const spans = (name) => (said) => said.seen[name].map((span) => ({ ...span, names: [said.category] }));
  const drawn = [view("As it stands", marked(content, placed.flatMap(spans("spans"))))];
  const decoded = new Map(); // one text, as a rule; numbers that are spelled out give another
  for (const said of placed.filter((each) => each.seen.decoded !== null)) {
    decoded.set(said.seen.decoded, [...(decoded.get(said.seen.decoded) || []), said]);
  }
  for (const [text, some] of decoded) {
    const how = some[0].seen.how.map(named).join(", ");
    drawn.push(view(`Decoded (${how})`, marked(text, some.flatMap(spans("decoded_spans")))));
  }
  return drawn;
}

function row(said) {
  const kind = kindOf(said);
  const line = made("tr", kind);
  const name = made("th", "", named(said.category));
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
  const told = made("td");
  told.colSpan = 5;
  if (kind === "clean" && said.explanation) told.append(made("p", "", said.explanation));
  if (kind !== "clean") told.append(...why(said, kind));
  if (!told.hasChildNodes()) return [line];
  const reason = made("tr", `why ${kind}`);
  reason.append(told);
  return [line, reason];
}

function why(said, kind) {
  const told = [`By ${WHO[said.decided_by] || said.decided_by}${said.explanation ? `: ${said.explanation}` : "."}`];
  if (kind === "unread") told[0] = "Not read to its end, so it is not called clean. Try a shorter line.";
  if (kind === "unsure") told.push("Nobody was sure, and there is no model to ask.");
  const nodes = told.map((text) => made("p", "", text));
  if (said.seen && said.seen.words.length) {
    const words = made("p", "", "Words around that weighed most, for or against: ");
    for (const word of said.seen.words) words.append(made("span", "word", word), " ");
    nodes.push(words);
  }
  if (said.seen && said.seen.how.length) nodes.push(made("p", "", `Hidden by: ${said.seen.how.map(named).join(", ")}.`));
  return nodes;
}

function fold(folded) {
  const clean = at("rows").querySelectorAll(".clean");
  const count = at("rows").querySelectorAll(".clean:not(.why)").length;
  for (const line of clean) line.hidden = folded;
  at("fold").hidden = !count;
  at("fold").setAttribute("aria-expanded", String(!folded));
  at("fold").textContent = `${folded ? "Show" : "Fold"} ${count} clean`;
}

// --- One line

async function ask() {
  const mine = ++turn;
  const content = at("content").value;
  const began = performance.now();
  const answer = await post("/v1/verdict", { content, explain: true });
  if (mine !== turn) return;
  const tookMs = performance.now() - began;
  shown = { content, found: answer.verdicts.filter((said) => kindOf(said) !== "clean") };
  show(answer, tookMs);
  if (!shown.found.length) return;
  await scrub().catch((error) => refuse(error, scrub));
  if (mine === turn && shown.found.some((said) => said.is_sensitive && !(said.seen && said.seen.spans.length))) {
    await search(mine);
  }
}

function show(answer, tookMs) {
  const sensitive = shown.found.filter((said) => said.is_sensitive);
  const names = (some) => some.map((said) => named(said.category)).join(", ");
  at("verdict").textContent = sensitive.length
    ? `Sensitive: ${names(sensitive)}`
    : answer.is_sensitive === null ? "Not read to its end"
      : shown.found.length ? `Unsure: ${names(shown.found)}` : "Nothing found";
  const who = [...new Set(sensitive.map((said) => WHO[said.decided_by] || said.decided_by))].join(", ");
  at("told").textContent =
    `${who ? `Decided by ${who}. ` : ""}` +
    `${answer.verdicts.length} categories in ${Math.round(tookMs)} ms, the way here included.`;
  at("views").replaceChildren(...views(shown.content, shown.found));
  at("without").hidden = true;
  at("rows").replaceChildren(...answer.verdicts.flatMap(row));
  fold(true);
  at("curl").textContent = asCurl(shown.content);
  at("python").textContent = asPython(shown.content);
  at("answer").hidden = false;
  at("verdict").focus();
}

// What the reader places nowhere, a model's own finding, is looked for by asking again
async function search(mine) {
  const { content, found } = shown;
  const results = await post("/analyze", { text: content, language: "en" }).catch(() => []);
  if (mine !== turn || !results.length) return;
  const placed = found.flatMap((said) => said.seen ? said.seen.spans.map((span) => ({ ...span, names: [said.category] })) : []);
  const further = results
    .filter((each) => !placed.some((span) => span.start < each.end && each.start < span.end))
    .map((each) => ({ ...each, names: [each.entity_type.toLowerCase().replace(/^us_/, "")] }));
  const drawn = view("As it stands", marked(content, [...placed, ...further]));
  at("views").replaceChildren(drawn, ...[...at("views").children].slice(1));
  at("without").classList.toggle("whole", at("views").children.length !== 1);
}

async function scrub() {
  const mine = turn;
  const { content } = shown;
  const { answers: [done] } = await post("/v1/scrub", { contents: [content], mode: at("mode").value });
  if (mine !== turn) return;
  const signs = Array.from(content);
  const nodes = [];
  let from = 0;
  for (const edit of done.edits) {
    nodes.push(...visible(signs.slice(from, edit.start).join("")));
    if (edit.text) nodes.push(made("mark", "put", edit.text));
    from = edit.end;
  }
  nodes.push(...visible(signs.slice(from).join("")));
  at("scrubbed").replaceChildren(...nodes);
  at("scrubbed").dataset.text = done.content;
  at("scrubbed-note").textContent = done.unread ? "Not read to its end: nothing of it goes through."
    : done.removed ? "No value could be told apart from the rest, so all of them gave way." : "";
  at("without").classList.toggle("whole", at("views").children.length !== 1);
  at("without").hidden = false;
}

// In single quotes a shell reads nothing but the quote itself
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const locked = () => !at("lock").hidden;
const body = (content) => JSON.stringify({ content, explain: true });

function asCurl(content) {
  const token = locked() ? ` \\\n  -H "Authorization: Bearer $PIIFORGE_TOKEN"` : "";
  return `curl -s ${location.origin}/v1/verdict \\\n  -H 'Content-Type: application/json'${token} \\\n  -d ${quoted(body(content))}`;
}

// A text of JSON is a text of Python, too
function asPython(content) {
  const token = locked() ? `\n    "Authorization": "Bearer " + os.environ["PIIFORGE_TOKEN"],` : "";
  return `import json${locked() ? ", os" : ""}, urllib.request

line = ${JSON.stringify(content)}
asked = json.dumps({"content": line, "explain": True}).encode()
headers = {
    "Content-Type": "application/json",${token}
}
request = urllib.request.Request("${location.origin}/v1/verdict", asked, headers)
with urllib.request.urlopen(request) as reply:
    print(json.dumps(json.load(reply), indent=2))`;
}

async function copy(button, text, of) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    at("status").textContent = button.textContent = "Copied";
  } catch { // not allowed, or no secure address: then it is selected, to be copied by hand
    if (of) getSelection().selectAllChildren(of);
    at("status").textContent = button.textContent = of ? "Selected: press Ctrl C" : "Not allowed here";
  }
  setTimeout(() => { button.textContent = before; }, 2000);
}

// --- A small file, line by line

// Reads no more of a file than the lines that are asked for
async function linesOf(file) {
  let stream = file.stream();
  if (/\.gz$/i.test(file.name)) stream = stream.pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const lines = [];
  let left = "", read = 0, isMore = false;
  for (;;) {
    const { done, value = "" } = await reader.read();
    read += value.length;
    const pieces = (left + value).split("\n");
    left = pieces.pop();
    lines.push(...pieces);
    if (done) break;
    if (lines.length > MOST_LINES || read > MOST_READ) {
      isMore = true;
      await reader.cancel();
      break;
    }
  }
  if (left && !isMore) lines.push(left);
  const kept = lines.slice(0, MOST_LINES).map((text) => text.replace(/\r$/, ""));
  return { lines: kept, isMore: isMore || lines.length > MOST_LINES };
}

async function openFile(file) {
  if (!file) return;
  const read = await linesOf(file).catch(() => null); // it is gone, or no gzip
  if (!read || read.lines.some((text) => text.includes("\0"))) {
    tell("That file can’t be read as lines of text. For Parquet, HAR and others there is: piiforge scan FILE", false);
  } else {
    await begin(file.name, read.lines, read.isMore);
  }
}

async function begin(name, lines, isMore) {
  log?.control?.abort();
  const texts = lines.map((text, place) => ({ text, number: place + 1, scrubbed: text }));
  const kept = texts.filter((line) => line.text.trim());
  log = { name, texts, isMore, kept, next: 0, size: Math.min(FIRST_BATCH, most.contents), most: most.contents, counts: new Map(), found: 0, refused: 0 };
  at("lines").replaceChildren();
  at("found").hidden = true;
  at("log").hidden = false;
  tell("", false);
  if (!kept.length) {
    at("log-name").textContent = `${name} holds no line.`;
    at("log-told").textContent = "";
    for (const id of ["bar", "stop", "keep"]) at(id).hidden = true;
    return;
  }
  at("log-name").focus();
  await goOn();
}

async function goOn() {
  const mine = log;
  mine.control = new AbortController();
  mine.waits = 0;
  drawLog(mine, "");
  try {
    while (mine.next < mine.kept.length) {
      const batch = nextBatch(mine);
      const began = performance.now();
      await judge(mine, batch);
      mine.next += batch.length;
      // What is quick goes in larger pieces; what is slow, in smaller ones
      const isBrisk = performance.now() - began < BRISK_MS;
      mine.size = Math.max(1, Math.min(mine.most, isBrisk ? 2 * mine.size : Math.ceil(mine.size / 2)));
      if (mine !== log) return;
      drawLog(mine, "");
    }
    at("status").textContent = at("log-name").textContent;
  } catch (error) {
    if (mine !== log) return;
    mine.control.abort();
    drawLog(mine, "Stopped.");
    if (error instanceof Refusal) refuse(error, goOn);
    else if (error.name !== "AbortError") throw error;
  }
}

function nextBatch(mine) {
  const batch = [];
  let bytes = 64;
  while (batch.length < mine.size && mine.next + batch.length < mine.kept.length) {
    const line = mine.kept[mine.next + batch.length];
    bytes += new Blob([JSON.stringify(line.text)]).size + 16;
    if (batch.length && bytes > most.bytes) break;
    batch.push(line);
  }
  return batch;
}

async function judge(mine, batch) {
  const fits = batch.filter((line) => Array.from(line.text).length <= most.characters);
  for (const line of batch) {
    if (!fits.includes(line)) line.refused = `Over ${most.characters.toLocaleString()} characters.`;
  }
  const questions = (lines) => ["/v1/verdicts", { questions: lines.map((line) => ({ content: line.text })) }];
  const contents = (lines) => ["/v1/scrub", { contents: lines.map((line) => line.text), mode: at("mode").value }];
  const verdicts = await sent(mine, fits, questions);
  const found = [];
  verdicts.forEach((answer, place) => {
    const line = fits[place];
    if (answer.refused) line.refused = answer.refused;
    else line.found = answer.verdicts.filter((said) => kindOf(said) !== "clean");
    if (line.found && line.found.length) found.push(line);
  });
  (await sent(mine, found, contents)).forEach((answer, place) => {
    found[place].scrubbed = answer.refused ? "<removed>" : answer.content;
  });
  if (mine !== log) return;
  for (const line of batch) note(mine, line);
}

// Sends lines; waits where the server is busy, and asks for half where it was too much
async function sent(mine, lines, make) {
  if (!lines.length) return [];
  const { signal } = mine.control;
  for (;;) {
    try {
      const answers = (await post(...make(lines), signal)).answers;
      mine.waits = 0;
      return answers;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const isBusy = error.status === 429 || error.status === 503;
      if (isBusy && ++mine.waits <= MOST_WAITS) {
        const waitS = Math.max(1, error.waitS);
        drawLog(mine, `The server is busy: going on in ${seconds(waitS)}.`);
        await pause(1000 * waitS, signal);
        if (mine.waits < 3 || lines.length < 2) continue;
      } else if (isBusy || ![413, 422, 500, 504].includes(error.status)) {
        throw error;
      } else if (lines.length < 2) {
        return [{ refused: error.message }];
      }
      const half = Math.ceil(lines.length / 2);
      if (!isBusy && error.status !== 500) mine.most = Math.min(mine.most, half); // a 500 is one line's fault
      return [...await sent(mine, lines.slice(0, half), make), ...await sent(mine, lines.slice(half), make)];
    }
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    }, { once: true });
  });
}

function note(mine, line) {
  if (!line.refused && !line.found.length) return;
  const entry = made("tr", line.refused ? "unread" : "");
  const number = made("th");
  number.scope = "row";
  const open = made("button", "chip", line.number.toLocaleString());
  open.type = "button";
  open.setAttribute("aria-label", `Open line ${line.number}`);
  open.addEventListener("click", () => {
    at("content").value = line.text;
    countLines();
    at("ask").requestSubmit();
  });
  number.append(open);
  const kinds = made("td");
  if (line.refused) {
    mine.refused += 1;
    line.scrubbed = "<removed>";
    kinds.append(made("span", "verdict", "not judged"));
    entry.append(number, kinds, made("td", "note", line.refused));
  } else {
    mine.found += 1;
    for (const said of line.found) {
      const kind = kindOf(said);
      const text = named(said.category) + (kind === "sensitive" ? "" : `: ${kind}`);
      mine.counts.set(text, (mine.counts.get(text) || 0) + 1);
      kinds.append(made("span", `verdict ${kind}`, text), " ");
    }
    const scrubbed = made("td", "scrubbed");
    const code = made("code");
    code.dir = "ltr";
    code.append(...visible(line.scrubbed));
    scrubbed.append(code);
    entry.append(number, kinds, scrubbed);
  }
  at("lines").append(entry);
  at("found").hidden = false;
}

function drawLog(mine, state) {
  const isDone = mine.next >= mine.kept.length;
  const isStopped = !isDone && mine.control.signal.aborted;
  const number = (count) => count.toLocaleString();
  at("log-name").textContent = `${mine.name}: ${mine.found ? `${number(mine.found)} of ${number(mine.next)}` : `none of ${number(mine.next)}`} line${mine.next === 1 ? "" : "s"} with findings`;
  at("bar").max = mine.kept.length;
  at("bar").value = mine.next;
  at("bar").hidden = isDone;
  const counts = [...mine.counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${number(count)}`).join(", ");
  const told = [
    isDone ? "" : `${number(mine.next)} of ${number(mine.kept.length)} lines judged.`, state,
    counts && `${counts}.`,
    mine.refused ? `${number(mine.refused)} could not be judged: they are not clean.` : "",
    mine.isMore ? `The file goes on: only its first ${number(MOST_LINES)} lines are looked at here. For all of it: piiforge scan ${mine.name}` : "",
    isDone && !mine.found && !mine.refused ? "Nothing to take out." : "",
  ];
  at("log-told").textContent = told.filter(Boolean).join(" ");
  if (isDone && document.activeElement === at("stop")) at("log-name").focus();
  at("stop").hidden = isDone;
  at("stop").textContent = isStopped ? "Go on" : "Stop";
  at("keep").hidden = !isDone || !(mine.found || mine.refused);
}

// --- What the keys and the mouse do

async function attempt(act) {
  at("judge").disabled = act === ask;
  tell("", false);
  resume = null;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (act === ask) at("answer").hidden = true;
    refuse(error, act);
  } finally {
    at("judge").disabled = false;
  }
}

function countLines() {
  const count = at("content").value.split("\n").filter((text) => text.trim()).length;
  at("each").hidden = count < 2;
  at("each").textContent = `Judge ${count.toLocaleString()} lines, each by itself`;
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const isToken = document.activeElement === at("token");
  attempt(isToken && resume ? resume : ask);
});

at("again").addEventListener("click", () => attempt(resume));
at("content").addEventListener("input", countLines);
at("each").addEventListener("click", () => {
  const lines = at("content").value.split("\n");
  attempt(() => begin("Pasted", lines.slice(0, MOST_LINES), lines.length > MOST_LINES));
});
at("pick").addEventListener("click", () => at("file").click());
at("file").addEventListener("change", () => {
  const [file] = at("file").files;
  attempt(() => openFile(file));
  at("file").value = "";
});
at("stop").addEventListener("click", () => {
  if (log.control.signal.aborted) attempt(goOn);
  else log.control.abort();
});
at("keep").addEventListener("click", () => copy(at("keep"), log.texts.map((line) => line.scrubbed).join("\n"), null));
at("mode").addEventListener("change", () => attempt(scrub));
at("fold").addEventListener("click", () => fold(at("fold").getAttribute("aria-expanded") === "true"));

for (const button of document.querySelectorAll("[data-copy]")) {
  const of = at(button.dataset.copy);
  button.addEventListener("click", () => copy(button, of.dataset.text || of.textContent, of));
}

for (const chip of document.querySelectorAll("[data-line]")) {
  chip.addEventListener("click", () => {
    at("content").value = chip.dataset.line;
    countLines();
    at("ask").requestSubmit();
  });
}

at("content").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    at("ask").requestSubmit();
  }
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("over", kind === "dragover");
    const [file] = event.dataTransfer.files;
    if (kind === "drop") attempt(() => openFile(file));
  });
}

countLines();
