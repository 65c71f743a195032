import { useEffect, useState } from "react";
import type { HighlighterCore, LanguageInput } from "shiki/core";

/** One coloured piece of a line. */
type Piece = { text: string; color?: string };

// Only what a program in production is likely to send; each is its own small file.
const grammars: Record<string, () => Promise<unknown>> = {
  go: () => import("shiki/langs/go.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  php: () => import("shiki/langs/php.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  cpp: () => import("shiki/langs/cpp.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  dart: () => import("shiki/langs/dart.mjs"),
  elixir: () => import("shiki/langs/elixir.mjs"),
  bash: () => import("shiki/langs/bash.mjs"),
  json: () => import("shiki/langs/json.mjs"),
};

const byExtension: Record<string, string> = {
  go: "go",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "tsx",
  ts: "typescript",
  mts: "typescript",
  tsx: "tsx",
  py: "python",
  java: "java",
  kt: "kotlin",
  cs: "csharp",
  rb: "ruby",
  php: "php",
  rs: "rust",
  c: "c",
  h: "c",
  cc: "cpp",
  cpp: "cpp",
  hpp: "cpp",
  swift: "swift",
  dart: "dart",
  ex: "elixir",
  exs: "elixir",
  sh: "bash",
  json: "json",
};

/** The language of a file by its name, or by the platform that sent it. */
export function languageOf(filename: string, platform: string): string | undefined {
  const ext = /\.([a-z]+)(?:$|[?:])/i.exec(filename)?.[1]?.toLowerCase();
  if (ext && byExtension[ext]) return byExtension[ext];
  const name = platform === "node" ? "javascript" : platform;
  return name in grammars ? name : undefined;
}

let core: Promise<HighlighterCore> | undefined;

function highlighter(): Promise<HighlighterCore> {
  core ??= (async () => {
    const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }] = await Promise.all([
      import("shiki/core"),
      import("shiki/engine/javascript"),
    ]);
    return createHighlighterCore({
      themes: [createCssVariablesTheme()],
      langs: [],
      engine: createJavaScriptRegexEngine({ forgiving: true }),
    });
  })();
  return core;
}

async function pieces(code: string, lang: string): Promise<Piece[][]> {
  const h = await highlighter();
  const grammar = grammars[lang];
  if (grammar && !h.getLoadedLanguages().includes(lang)) await h.loadLanguage(grammar as LanguageInput);
  return h
    .codeToTokensBase(code, { lang, theme: "css-variables" })
    .map((line) => line.map((t) => ({ text: t.content, color: t.color })));
}

/** The coloured lines of a text; undefined until the grammar is there, and for good if there is none. */
export function useHighlight(code: string, lang: string | undefined, enabled: boolean): Piece[][] | undefined {
  const [done, setDone] = useState<{ code: string; lines: Piece[][] }>();
  useEffect(() => {
    if (!lang || !enabled) return;
    let current = true;
    pieces(code, lang).then(
      (lines) => current && setDone({ code, lines }),
      () => {}, // Plain text is readable too.
    );
    return () => {
      current = false;
    };
  }, [code, lang, enabled]);
  return done?.code === code ? done.lines : undefined;
}
