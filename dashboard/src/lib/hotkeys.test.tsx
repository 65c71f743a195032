// @vitest-environment happy-dom
import { render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useHotkeys } from "./hotkeys";

afterEach(() => {
  document.body.innerHTML = "";
});

test("enter belongs to the button or link that has the focus, and to the page otherwise", () => {
  const open = vi.fn();
  const Page = () => {
    useHotkeys({ Enter: open, e: open });
    return (
      <>
        <a href="#issue">
          <b>An issue</b>
        </a>
        <button type="button">Resolve</button>
        <input type="checkbox" />
        <p>text</p>
      </>
    );
  };
  render(<Page />);
  /** Whether the page leaves a key to the browser. */
  const left = (selector: string, key: string) =>
    document
      .querySelector(selector)
      ?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  expect(left("a b", "Enter")).toBe(true);
  expect(left("button", "Enter")).toBe(true);
  expect(open).not.toHaveBeenCalled();
  expect(left("p", "Enter")).toBe(false);
  expect(left("input", "Enter")).toBe(false);
  expect(left("button", "e")).toBe(false);
  expect(open).toHaveBeenCalledTimes(3);
});
