// What every part of the snippet uses: safe listeners, ids, and texts without anything personal.

export const win = window;
export const doc = document;
export const now = Date.now;

export type Props = Record<string, unknown>;

let loud = false;

/** Whether the snippet says in the console what it does. */
export const debug = (on = true): void => {
  loud = on;
};

export const say = (what: unknown): void => {
  if (loud) console.debug("Sojourn:", what);
};

export const warn = (text: string): void => {
  console.warn("Sojourn: " + text);
};

/** The function, but nothing it throws reaches the page. */
export const safely =
  <A extends unknown[]>(fn: (...args: A) => unknown): ((...args: A) => void) =>
  (...args) => {
    try {
      fn(...args);
    } catch (trouble) {
      say(trouble);
    }
  };

/** Listen to events, named with spaces between, in the capture phase: before the page can stop them. */
export const listen = (names: string, fn: (event: any) => unknown, target: EventTarget = win): void => {
  for (const name of names.split(" ")) target.addEventListener(name, safely(fn), true);
};

/** 128 bits of chance. Not crypto.randomUUID: pages without TLS lack it. */
export const random = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

export const isObject = (value: unknown): value is Props => {
  return {}.toString.call(value) === "[object Object]";
};

/** At most 80 characters on one line, without email addresses and long numbers. */
export const masked = (text: string | null | undefined): string => {
  return (text || "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\S+@\S+|\d[\d ./-]{4,}\d/g, "***")
    .slice(0, 80);
};

/** An address without what logs people in or names them. */
export const bare = (url: string): string => {
  return url.replace(/([?&#][^=&#]*(?:token|pass|secret|session|auth|mail|phone|card|iban|code|key|sig)[^=&#]*=)[^&#]*/gi, "$1***").replace(/[^/?&=#]+(?:@|%40)[^/?&=#]+/g, "***");
};

/** Run after `ms`. */
export const later = (fn: () => unknown, ms = 0): number => {
  return setTimeout(safely(fn), ms) as unknown as number;
};
