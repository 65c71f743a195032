import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./button";
import { toast } from "./toast";

/** Puts text on the clipboard; false if the browser does not let us. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without a secure context there is no clipboard API; a selection still works.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function useCopied(text: string | (() => string)): [boolean, () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const t = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(t);
  }, [copied]);
  const copy = async () => {
    const done = await copyText(typeof text === "string" ? text : text());
    setCopied(done);
    if (!done)
      toast({
        bad: true,
        text: "Not copied",
        detail: "The browser does not let this page copy. Select the text instead.",
      });
  };
  return [copied, () => void copy()];
}

export function CopyText({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, copy] = useCopied(text);
  return (
    <IconButton label={copied ? "Copied" : label} onClick={copy} className="!h-6 !w-6">
      {copied ? <Check size={13} className="text-good" /> : <Copy size={13} />}
    </IconButton>
  );
}

export function CopyButton({ text, children = "Copy" }: { text: string | (() => string); children?: string }) {
  const [copied, copy] = useCopied(text);
  return (
    <Button
      kind="quiet"
      className="!px-2 text-muted"
      onClick={copy}
      icon={copied ? <Check size={14} className="text-good" /> : <Copy size={14} />}
    >
      <span className="max-sm:sr-only">{copied ? "Copied" : children}</span>
    </Button>
  );
}
