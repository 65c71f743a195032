import { type ReactNode, useEffect, useState } from "react";
import { createPortal } from "react-dom";

const ID = "page-controls";

/** The place in the frame where a page puts its own controls. */
export function ControlsOutlet({ className }: { className?: string }) {
  return <div id={ID} className={className} />;
}

/** Puts the page's controls (search, environment, time range) into the frame's top bar. */
export function Controls({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => setPlace(document.getElementById(ID)), []);
  return place ? createPortal(children, place) : null;
}
