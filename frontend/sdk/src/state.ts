// What is remembered of this browser, and whether anything may be.

import { listen, random, type Props } from "./util";

export interface Settings {
  /** The write key. */
  key: string;
  /** Where batches go, as in "https://sojourn.example/v1/batch". */
  url: string;
  /** Nothing is stored or sent before the visitor has agreed. */
  ask: boolean;
  /** Do Not Track and Global Privacy Control are not looked at. */
  deaf: boolean;
}

/** One letter each, because it lies in every visitor's browser. */
interface Kept {
  /** anonymous id */
  a: string;
  u?: string | undefined;
  /** traits */
  t?: Props;
  /** cart id */
  c?: string | undefined;
  /** what the visitor chose: 1 yes, 0 no */
  k?: number | undefined;
}

const PLACE = "sojourn";

export let settings: Settings;
export let kept: Kept;

/** Use localStorage; undefined where the browser refuses it, as in some private windows, or where it is full. */
export const shelf = <T>(use: (place: Storage) => T): T | undefined => {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
};

/** Whether events may be stored and sent now. A choice counts for more than what the browser says to all websites. */
export const allowed = (): boolean => {
  const says = navigator as Navigator & { globalPrivacyControl?: boolean };
  return !!(kept.k ?? !(settings.ask || (!settings.deaf && (says.globalPrivacyControl || says.doNotTrack === "1"))));
};

export const remember = (): void => {
  if (allowed()) shelf((place) => place.setItem(PLACE, JSON.stringify(kept)));
};

/** Forget everything. Where tracking is the rule, only the refusal stays, so that the next page knows of it. */
export const forget = (): void => {
  kept = { a: random(), k: 0 };
  shelf((place) => {
    // First the refusal: another tab that saw nothing here would begin anew.
    place.setItem(PLACE, '{"k":0}');
    for (const name of Object.keys(place)) if (name.startsWith(PLACE) && (settings.ask || name !== PLACE)) place.removeItem(name);
  });
};

const take = (): void => {
  kept = { a: "", ...shelf((place) => JSON.parse(place.getItem(PLACE)!)) };
  if (!kept.a) {
    // Segment's snippet may have been here before: visitors stay who they were.
    kept.a = (allowed() && /ajs_anonymous_id=(?:%22)?([\w-]+)/.exec(document.cookie)?.[1]) || random();
    remember();
  }
};

export const open = (given: Settings): void => {
  settings = given;
  take();
  // Another tab signed in, signed out, or took consent back.
  listen("storage", ({ key }: StorageEvent) => key === PLACE && take());
};

/** Somebody else sits here now, or nobody known. */
export const renew = (): void => {
  kept = { a: random(), k: kept.k };
  remember();
};
