// Helpers for shops: the e-commerce events by short names, checked while one builds, joined by one cart id.

import { isObject, random, warn, type Props } from "./util";
import { kept, remember } from "./state";
import { track } from "./calls";

// Helper, event, and the properties it needs; a plain value as first argument is the first of them. A star: about the cart, so it carries its id.
const HELPERS = `product:Product Viewed:product_id
addToCart:Product Added*:product_id price
removeFromCart:Product Removed*:product_id
cart:Cart Viewed*:products
checkout:Checkout Started*:value
checkoutStep:Checkout Step Viewed*:step
checkoutStepDone:Checkout Step Completed*:step
paymentEntered:Payment Info Entered*:payment_method
paymentFailed:Payment Failed*:reason
shippingShown:Shipping Cost Shown*:shipping
deliveryShown:Delivery Time Shown*:days
couponEntered:Coupon Entered*:coupon_id
couponApplied:Coupon Applied*:coupon_id
couponDenied:Coupon Denied*:coupon_id
accountRequired:Account Required Shown*:step
outOfStock:Out Of Stock Shown:product_id
errorShown:Error Shown:message
order:Order Completed*:order_id products
search:Products Searched:query`;

export type Helper = (first?: unknown, more?: Props) => Promise<unknown>;

const check = (helper: string, properties: Props, needed: string[]): void => {
  for (const name of needed) if (properties[name] === undefined) warn(`${helper} needs ${name}`);
  for (const name in properties) {
    const value: any = properties[name];
    if (name === "currency" ? !/^[A-Z]{3}$/.test(value) : /price|value|total|shipping|quantity|days/.test(name) && !(value >= 0)) warn(`${helper} cannot take ${name} ${value}`);
    if (name === "products") for (const product of value) check(helper, product, ["product_id"]);
  }
};

export const helpers = (): Record<string, Helper> => {
  const made: Record<string, Helper> = {};
  for (const line of HELPERS.split("\n")) {
    const [helper, event, names] = line.split(":") as [string, string, string];
    const needed = names.split(" ");
    made[helper] = (first, more) => {
      const properties: Props = { ...(isObject(first) ? first : first !== undefined && { [needed[0]!]: first }), ...more };
      check(helper, properties, needed);
      if (event.endsWith("*")) {
        properties.cart_id = kept.c = (properties.cart_id as string) || kept.c || random();
        if (helper === "order") kept.c = undefined;
        remember();
      }
      if (helper === "search" && properties.results === 0) void track("Search Without Result", properties);
      return track(event.replace("*", ""), properties);
    };
  }
  return made;
};
