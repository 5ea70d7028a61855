// What every part of the Matomo tracker uses.

export const win = window as unknown as Window & Record<string, any>;
export const doc = document;

export type Values = Record<string, unknown>;
/** What is called with whatever a page passes. */
export type Call = (...args: any[]) => any;
export type Done = ((answer?: unknown) => void) | undefined;

export const seconds = (): number => Math.round(Date.now() / 1000);

const warned = new Set<string>();

/** Once for each sentence: what is wrong at every click fills no console. */
export const warn = (text: string): void => {
  if (!warned.has(text)) console.warn("Matomo tracker: " + text);
  warned.add(text);
};

/** The function, but nothing that it throws reaches the page. */
export const safely =
  (fn: Call): Call =>
  (...args) => {
    try {
      return fn(...args);
    } catch (trouble) {
      warn(String(trouble));
    }
  };

/** Listen to events, named with spaces between, before the page can stop them. */
export const listen = (target: EventTarget, names: string, fn: Call): void => {
  for (const name of names.split(" ")) target.addEventListener(name, safely(fn), true);
};

/** Once the page has been read. */
export const onReady = (fn: Call): void => {
  if (doc.readyState === "loading") listen(doc, "DOMContentLoaded", fn);
  else safely(fn)();
};

/** A list, also where a page gives one value, or several with bars between. */
export const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : String(value ?? "").split("|")).filter(Boolean);

const given = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== "";

/** Parameters of a query; those without a value are left out. */
export const query = (fields: Values): string =>
  Object.keys(fields)
    .filter((name) => given(fields[name]))
    .map((name) => name + "=" + encodeURIComponent(String(fields[name])))
    .join("&");

/** Parameters, with & between those that are there. */
export const joined = (...parts: string[]): string =>
  parts
    .map((part) => part.replace(/^[?&]+|&+$/g, ""))
    .filter(Boolean)
    .join("&");

/** Chance, as hexadecimal digits. Not crypto.randomUUID: pages without TLS lack it. */
export const chance = (bytes: number): string => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The parameters of this address, also those behind its #, where some campaigns stand. */
export const parameters = (address: string): URLSearchParams => new URLSearchParams(address.replace(/^[^?#]*[?#]/, "").replace(/[?#]/g, "&"));

const turn = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** The first four hexadecimal digits of a text's SHA-1 (FIPS 180-4), by which Matomo's cookies tell domains and paths apart. The browser's own is neither everywhere nor at once. */
export const digest = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  const size = ((bytes.length + 8) >> 6) * 64 + 64;
  const view = new DataView(new ArrayBuffer(size));
  bytes.forEach((byte, place) => view.setUint8(place, byte));
  view.setUint8(bytes.length, 0x80);
  view.setUint32(size - 4, bytes.length * 8);
  const word = new Int32Array(80);
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as [number, number, number, number, number];
  for (let start = 0; start < size; start += 64) {
    let [a, b, c, d, e] = state;
    for (let step = 0; step < 80; step++) {
      word[step] = step < 16 ? view.getInt32(start + step * 4) : turn(word[step - 3]! ^ word[step - 8]! ^ word[step - 14]! ^ word[step - 16]!, 1);
      const mixed =
        step < 20
          ? ((b & c) | (~b & d)) + 0x5a827999
          : step < 40
            ? (b ^ c ^ d) + 0x6ed9eba1
            : step < 60
              ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
              : (b ^ c ^ d) + 0xca62c1d6;
      [a, b, c, d, e] = [(turn(a, 5) + mixed + e + word[step]!) | 0, a, turn(b, 30), c, d];
    }
    state = [state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e];
  }
  return (state[0] >>> 0).toString(16).padStart(8, "0").slice(0, 4);
};
