// Content blocks: what is shown on a page, and what is clicked of it.

import { doc, listen, type Call, type Values } from "./util";

const BLOCK = "[data-track-content],.matomoTrackContent,.piwikTrackContent";
const PIECE = ".matomoContentPiece,.piwikContentPiece";
const TARGET = ".matomoContentTarget,.piwikContentTarget";
const IGNORE = "[data-content-ignoreinteraction],.matomoContentIgnoreInteraction,.piwikContentIgnoreInteraction";
const UNKNOWN = "Unknown";

/** What is looked for, in the block: itself first. */
const within = (block: Element, selector: string): Element | null => (block.matches(selector) ? block : block.querySelector(selector));

/** The element that an attribute or, where there is none, a class marks. */
const marked = (block: Element, attribute: string, classes: string): Element => within(block, `[${attribute}]`) ?? within(block, classes) ?? block;

const said = (block: Element, attribute: string): string => within(block, `[${attribute}]:not([${attribute}=""])`)?.getAttribute(attribute) ?? "";

/** The address of a picture, film, sound or document. */
const media = (element: Element): string => {
  if (!/^(img|video|audio|embed|object|source|input)$/.test(element.localName)) return "";
  const from = element.getAttribute("src") ?? element.getAttribute("data") ?? element.querySelector("source[src]")?.getAttribute("src");
  return from ? new URL(from, doc.baseURI).href : "";
};

/** Name, piece and target of a block, said by its attributes or read off its elements. */
export const describe = (block: Element): Values => {
  const pieceAt = marked(block, "data-content-piece", PIECE);
  const targetAt = marked(block, "data-content-target", TARGET);
  const piece = said(block, "data-content-piece") || media(pieceAt);
  const title = [block, pieceAt, targetAt].map((element) => element.getAttribute("title")?.trim()).find(Boolean);
  const href = targetAt.getAttribute("href");
  return {
    c_n: said(block, "data-content-name") || piece.replace(location.origin, "") || title || UNKNOWN,
    c_p: piece || UNKNOWN,
    c_t: said(block, "data-content-target") || (href ? new URL(href, doc.baseURI).href : ""),
  };
};

export const blocks = (root: ParentNode & Node): Element[] => {
  const inside = [...root.querySelectorAll(BLOCK)];
  return root instanceof Element && root.matches(BLOCK) ? [root, ...inside] : inside;
};

/** The block that an element stands in. */
export const blockOf = (element: Element | null | undefined): Element | null | undefined => element?.closest?.(BLOCK);

/** Tell of clicks on a block's target, or anywhere in a block without one. */
export const watchContent = (track: (block: Element) => void): void => {
  listen(doc, "click", (event: MouseEvent) => {
    const element = event.composedPath()[0] as Element;
    const block = blockOf(element);
    if (!block || within(block, IGNORE)) return;
    if (marked(block, "data-content-target", TARGET).contains(element)) track(block);
  });
};

/** Tell of blocks when they come into view, also of those that are added later. Returns what looks for such again. */
export const watchVisible = (show: (blocks: Element[]) => void, every: number): Call => {
  const observer = new IntersectionObserver((seen) => {
    const inView = seen.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target);
    // Looked at anew next time: what is hidden now may be shown then, and another page view counts what it shows.
    for (const block of inView) observer.unobserve(block);
    show(inView.filter((block) => block.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ?? true));
  });
  const look = (root: ParentNode & Node = doc): void => {
    for (const block of blocks(root)) observer.observe(block);
  };
  look();
  if (every > 0) setInterval(look, every);
  return look;
};
