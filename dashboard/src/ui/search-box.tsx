import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { cx } from "./cx";

type SearchBoxProps = {
  value: string;
  onSubmit: (text: string) => void;
  label: string;
  placeholder: string;
  error?: string;
  className?: string;
  id?: string;
};

/** A query. Enter runs it, escape takes back what was typed. */
export function SearchBox({ value, onSubmit, label, placeholder, error, className, id = "search" }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  return (
    <form
      role="search"
      className={cx("relative min-w-0", className)}
      onSubmit={(e) => {
        e.preventDefault();
        onSubmit(text.trim());
      }}
    >
      <Search size={14} aria-hidden className="absolute top-[9px] left-2.5 text-muted" />
      <input
        ref={input}
        id={id}
        type="text"
        aria-label={label}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        placeholder={placeholder}
        className="field pr-8 !pl-8 font-mono"
        value={text}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        enterKeyHint="search"
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key !== "Escape") return;
          setText(value);
          input.current?.blur();
        }}
      />
      {text !== "" && (
        <button
          type="button"
          aria-label="Clear search"
          className="absolute top-1 right-1 grid h-6 w-6 place-items-center rounded-sm text-muted hover:text-ink"
          onClick={() => {
            setText("");
            onSubmit("");
          }}
        >
          <X size={13} />
        </button>
      )}
      {error && (
        <p
          id={`${id}-error`}
          role="alert"
          className="floating absolute inset-x-0 top-9 z-20 px-2.5 py-1.5 text-meta text-error-ink"
        >
          {error}
        </p>
      )}
    </form>
  );
}
