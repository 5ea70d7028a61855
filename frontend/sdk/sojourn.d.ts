// Types of the browser snippet, for websites written in TypeScript: `/// <reference path="sojourn.d.ts" />`.

export interface SojournEvent {
  type: "track" | "page" | "screen" | "identify" | "group" | "alias";
  messageId: string;
  anonymousId: string;
  userId?: string;
  event?: string;
  properties?: Record<string, unknown>;
  traits?: Record<string, unknown>;
  context: Record<string, unknown>;
}

/** What calls resolve with and callbacks get. */
export interface Sent {
  event: SojournEvent;
}

type Properties = Record<string, unknown>;
type Callback = (sent: Sent) => void;

/** Options of a call, in Segment's words. Other names land in the event's context. */
export interface Options {
  context?: Properties;
  integrations?: Properties;
  timestamp?: Date | string;
  anonymousId?: string;
  userId?: string;
  messageId?: string;
  [name: string]: unknown;
}

/** Money is a number of the currency's units, as in 49.9; `currency` is ISO 4217, as in "EUR". */
export interface Product extends Properties {
  product_id: string;
  name?: string;
  category?: string;
  price?: number;
  currency?: string;
  quantity?: number;
  url?: string;
  image_url?: string;
}

export interface Cart extends Properties {
  products: Product[];
  value?: number;
  currency?: string;
  /** The shop's own id of the cart. Give it always or never: without it the snippet keeps one of its own until the order. */
  cart_id?: string;
}

type Elements = Element | ArrayLike<Element> | Iterable<Element>;
type Of<T> = T | ((element: Element) => T);

export interface Sojourn {
  track(event: string, properties?: Properties | null, options?: Options, callback?: Callback): Promise<Sent>;
  track(event: string, properties: Properties, callback: Callback): Promise<Sent>;
  track(event: string, callback: Callback): Promise<Sent>;
  page(category: string | null, name: string, properties?: Properties, options?: Options, callback?: Callback): Promise<Sent>;
  page(name: string, properties?: Properties, options?: Options, callback?: Callback): Promise<Sent>;
  page(properties?: Properties, options?: Options, callback?: Callback): Promise<Sent>;
  screen(name: string, properties?: Properties, options?: Options, callback?: Callback): Promise<Sent>;
  identify(userId: string | number, traits?: Properties, options?: Options, callback?: Callback): Promise<Sent>;
  identify(traits: Properties, options?: Options, callback?: Callback): Promise<Sent>;
  group(groupId: string | number, traits?: Properties, options?: Options, callback?: Callback): Promise<Sent>;
  alias(userId: string | number, previousId?: string | number, options?: Options, callback?: Callback): Promise<Sent>;
  reset(): void;
  ready(callback?: () => void): Promise<void>;
  on(event: string, listener: (...args: any[]) => void): void;
  off(event: string, listener?: (...args: any[]) => void): void;
  user(): { id(): string | null; anonymousId(): string; traits(): Properties };
  setAnonymousId(id: string): void;
  debug(on?: boolean): void;
  trackLink(elements: Elements, event: Of<string>, properties?: Of<Properties>): void;
  trackForm(elements: Elements, event: Of<string>, properties?: Of<Properties>): void;
  /** Send what waits now. */
  flush(): void;

  /** Say what the visitor agreed to. `analytics` decides whether this snippet stores and sends anything. */
  consent(choice: { analytics?: boolean; marketing?: boolean; email?: boolean; sms?: boolean; push?: boolean }, options?: { version?: string }): void;
  /** Whether events are stored and sent now, whether the visitor has chosen, and whether the workspace wants to be asked first. */
  consented(): { analytics: boolean; chosen: boolean; ask: boolean };

  product(product: Product): Promise<Sent>;
  addToCart(product: Product): Promise<Sent>;
  removeFromCart(product: Product | string, more?: Properties): Promise<Sent>;
  cart(cart: Cart | Product[], more?: Properties): Promise<Sent>;
  checkout(checkout: Properties | number, more?: Properties): Promise<Sent>;
  checkoutStep(step: string, more?: Properties): Promise<Sent>;
  checkoutStepDone(step: string, more?: Properties): Promise<Sent>;
  accountRequired(step: string, more?: Properties): Promise<Sent>;
  shippingShown(shipping: number | Properties, more?: Properties): Promise<Sent>;
  deliveryShown(days: number | Properties, more?: Properties): Promise<Sent>;
  couponEntered(coupon: string | Properties, more?: Properties): Promise<Sent>;
  couponApplied(coupon: string | Properties, more?: Properties): Promise<Sent>;
  couponDenied(coupon: string | Properties, more?: Properties): Promise<Sent>;
  paymentEntered(method: string | Properties, more?: Properties): Promise<Sent>;
  paymentFailed(reason: string | Properties, more?: Properties): Promise<Sent>;
  outOfStock(product: string | Properties, more?: Properties): Promise<Sent>;
  errorShown(message: string | Properties, more?: Properties): Promise<Sent>;
  search(query: string, more?: { results?: number } & Properties): Promise<Sent>;
  order(order: { order_id: string; products: Product[]; total?: number; revenue?: number; currency?: string } & Properties): Promise<Sent>;
}

declare global {
  interface Window {
    sojourn: Sojourn;
    analytics: Sojourn;
  }
  const sojourn: Sojourn;
  const analytics: Sojourn;
}
