// Methods: contents that are shown and clicked.

import { blockOf, blocks, describe, watchContent, watchVisible } from "./content";
import type { Core } from "./core";
import { doc, onReady, query, type Call, type Values } from "./util";

export const contentMethods = ({ track, compose, many }: Core) => {
  /** Of this page view. */
  let shown = new Set<string>();
  let look: Call | undefined;
  let watching = false;

  const impression = (said: Values): string[] => {
    const key = JSON.stringify(said);
    if (shown.has(key)) return [];
    shown.add(key);
    return [compose(query(said), undefined, "contentImpressions")];
  };
  const seen = (those: Element[]): void => {
    const fresh = those.flatMap((block) => impression(describe(block)));
    if (fresh.length) many(fresh);
  };
  const interact = (block: Element, how: unknown): void => track({ ...describe(block), c_i: how || "Unknown" }, undefined, "contentInteraction");
  const watch = (): void => {
    if (!watching) watchContent((block) => interact(block, "click"));
    watching = true;
  };

  const methods = {
    trackContentImpression: (name: unknown, piece?: unknown, target?: unknown): void =>
      track({ c_n: name, c_p: piece || "Unknown", c_t: target }, undefined, "contentImpression"),
    trackContentInteraction: (how: unknown, name: unknown, piece?: unknown, target?: unknown): void =>
      track({ c_i: how, c_n: name, c_p: piece || "Unknown", c_t: target }, undefined, "contentInteraction"),
    trackContentInteractionNode: (node: Element, how?: unknown): void => {
      const block = blockOf(node);
      if (block) interact(block, how);
    },
    trackAllContentImpressions: (): void =>
      onReady(() => {
        seen(blocks(doc));
        watch();
      }),
    trackVisibleContentImpressions: (_onScroll?: unknown, everyMs: unknown = 750): void =>
      onReady(() => {
        watch();
        if (look) look();
        else look = watchVisible(seen, Number(everyMs));
      }),
    trackContentImpressionsWithinNode: (node: Element): void => {
      watch();
      if (look) look(node);
      else seen(blocks(node));
    },
    logAllContentBlocksOnPage: (): void => console.log(blocks(doc).map(describe)),
  };
  /** Another page view counts what it shows. */
  const viewed = (): void => {
    shown = new Set();
    look?.();
  };
  return { methods, viewed };
};
