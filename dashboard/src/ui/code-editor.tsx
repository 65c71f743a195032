import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, type StreamParser, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder as placeholderText } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

/** A mistake at a place of the text, line and column counted from 1. */
type Problem = { line: number; column: number; problem: string };

const theme = EditorView.theme({
  "&": { fontSize: "var(--text-meta)", backgroundColor: "var(--color-surface)", color: "var(--color-ink)" },
  "&.cm-focused": { outline: "2px solid var(--color-accent)", outlineOffset: "1px" },
  ".cm-scroller": {
    fontFamily: "var(--font-mono)",
    lineHeight: "1.5",
    maxHeight: "420px",
    fontVariantLigatures: "none",
  },
  ".cm-content, .cm-gutter": { minHeight: "96px" },
  ".cm-gutters": { backgroundColor: "var(--color-sunken)", color: "var(--color-muted)", border: "none" },
  ".cm-content": { caretColor: "var(--color-ink)", padding: "6px 0" },
  ".cm-placeholder": { color: "var(--color-muted)" },
  ".cm-tooltip": {
    backgroundColor: "var(--color-surface)",
    color: "var(--color-ink)",
    borderColor: "var(--color-line)",
  },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--color-muted)" },
  { tag: tags.propertyName, color: "var(--shiki-token-function)" },
  { tag: tags.string, color: "var(--shiki-token-string)" },
  { tag: tags.variableName, color: "var(--shiki-token-constant)" },
  { tag: tags.operator, color: "var(--shiki-token-keyword)" },
]);

type CodeEditorProps = {
  label: string;
  value: string;
  onChange: (text: string) => void;
  language: StreamParser<unknown>;
  problems: Problem[];
  placeholder: string;
};

/** An editor for a small language. Mistakes are underlined where they are. */
export default function CodeEditor({ label, value, onChange, language, problems, placeholder }: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes is told to it below
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          lintGutter(),
          // Tab leaves the editor, as everywhere else on the page.
          keymap.of([...defaultKeymap, ...historyKeymap]),
          StreamLanguage.define(language),
          syntaxHighlighting(colours),
          theme,
          EditorView.lineWrapping,
          placeholderText(placeholder),
          EditorView.contentAttributes.of({ "aria-label": label, autocapitalize: "off", spellcheck: "false" }),
          EditorView.updateListener.of((u) => {
            if (u.docChanged) change.current(u.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const v = view.current;
    if (v && v.state.doc.toString() !== value)
      v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const v = view.current;
    if (!v) return;
    const found = problems.map((p): Diagnostic => {
      const line = v.state.doc.line(Math.min(Math.max(p.line, 1), v.state.doc.lines));
      const from = Math.min(line.from + p.column - 1, line.to);
      const word = /^\S+/.exec(v.state.doc.sliceString(from, line.to))?.[0].length ?? 0;
      return { from, to: word > 0 ? from + word : line.to, severity: "error", message: p.problem };
    });
    v.dispatch(setDiagnostics(v.state, found));
  }, [problems]);
  return <div ref={place} className="overflow-hidden rounded-md border border-line-strong" />;
}
