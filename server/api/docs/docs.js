// Shows /api/openapi.json. Everything is put into the page as text, never as
// markup.
"use strict";

const methods = ["get", "post", "put", "patch", "delete"];

/** Makes an element with a class and children; strings become text. */
function el(tag, name, ...children) {
  const e = document.createElement(tag);
  if (name) e.className = name;
  e.append(...children.filter((c) => c !== undefined && c !== null));
  return e;
}

function refName(schema) {
  return schema?.$ref?.split("/").pop();
}

/** Says the type of a field in a few words. */
function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return refName(schema);
  if (schema.type === "array") return `list of ${typeName(schema.items)}`;
  if (schema.additionalProperties) return `map to ${typeName(schema.additionalProperties)}`;
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? "any");
}

function inner(schema) {
  return schema?.items ?? (schema?.additionalProperties?.$ref ? schema.additionalProperties : schema);
}

/** A table of the fields of a message; messages inside open on demand. */
function fields(doc, schema, seen) {
  const name = refName(schema);
  const message = name ? doc.definitions[name] : schema;
  const entries = Object.entries(message?.properties ?? {});
  if (entries.length === 0) return el("p", "muted", "No fields.");
  const body = el("tbody");
  for (const [key, value] of entries) {
    const about = el("td", "", value.description ?? value.title ?? "");
    if (value.enum ?? doc.definitions[refName(inner(value))]?.enum) {
      const words = value.enum ?? doc.definitions[refName(inner(value))].enum;
      about.append(el("div", "muted", words.join(", ")));
    }
    const below = refName(inner(value));
    if (below && doc.definitions[below]?.properties && !seen.has(below)) {
      const more = el("details", "", el("summary", "", below));
      more.addEventListener("toggle", () => {
        if (more.open && more.children.length === 1) more.append(fields(doc, inner(value), new Set([...seen, below])));
      });
      about.append(more);
    }
    body.append(el("tr", "", el("th", "", el("code", "", key)), el("td", "muted", typeName(value)), about));
  }
  return el("table", "", body);
}

function parameters(list) {
  const body = el("tbody");
  for (const p of list) {
    const where = p.in + (p.required ? ", required" : "");
    body.append(el("tr", "", el("th", "", el("code", "", p.name)), el("td", "muted", typeName(p), el("div", "", where)), el("td", "", p.description ?? "")));
  }
  return el("table", "", body);
}

/** The command that makes the call from a shell. */
function curl(method, path, body) {
  const lines = [`curl -H "Authorization: Bearer $TOKEN"`];
  if (method !== "get") lines.push(`-X ${method.toUpperCase()}`);
  if (body) lines.push(`-H "Content-Type: application/json" -d '{}'`);
  lines.push(`"${location.origin}${path}"`);
  return el("pre", "", lines.join(" \\\n  "));
}

function call(doc, path, method, op) {
  const given = op.parameters ?? [];
  const body = given.find((p) => p.in === "body");
  const others = given.filter((p) => p.in !== "body");
  const inside = el("div", "inside");
  const node = el("details", "call", el("summary", "", el("span", `method ${method}`, method.toUpperCase()), el("code", "", path), el("span", "muted", op.summary ?? "")), inside);
  node.id = op.operationId;
  node.dataset.words = `${method} ${path} ${op.summary ?? ""} ${op.operationId}`.toLowerCase();
  const fill = () => {
    if (!node.open || inside.children.length > 0) return;
    if (op.description) inside.append(el("p", "", op.description));
    if (others.length > 0) inside.append(el("h3", "", "Parameters"), parameters(others));
    if (body) inside.append(el("h3", "", `Body: ${typeName(body.schema)}`), fields(doc, body.schema, new Set()));
    const answer = op.responses?.["200"]?.schema;
    if (answer) inside.append(el("h3", "", `Answer: ${typeName(answer)}`), fields(doc, answer, new Set()));
    inside.append(el("h3", "", "From a shell"), curl(method, path, body));
  };
  node.addEventListener("toggle", fill);
  return node;
}

function show(doc) {
  const main = document.getElementById("main");
  main.replaceChildren(el("p", "muted", doc.info.description));
  for (const tag of doc.tags) {
    const section = el("section", "", el("h2", "", tag.name), el("p", "muted", tag.description ?? ""));
    for (const path of Object.keys(doc.paths).sort()) {
      for (const method of methods) {
        const op = doc.paths[path][method];
        if (op?.tags?.includes(tag.name)) section.append(call(doc, path, method, op));
      }
    }
    if (section.querySelector(".call")) main.append(section);
  }
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
}

document.getElementById("find").addEventListener("input", (e) => {
  const words = e.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const c of section.querySelectorAll(".call")) {
      c.hidden = !words.every((w) => c.dataset.words.includes(w));
      any ||= !c.hidden;
    }
    section.hidden = !any;
  }
});

fetch("/api/openapi.json")
  .then((r) => { if (!r.ok) throw new Error(`status ${r.status}`); return r.json(); })
  .then(show)
  .catch((err) => document.getElementById("main").replaceChildren(el("p", "", `The description could not be read: ${err.message}. Reload the page to try again.`)));
