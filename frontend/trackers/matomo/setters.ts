// Methods that only set something, or tell what is set.

import type { Core } from "./core";
import type { Settings } from "./settings";
import { joined, list, type Call, type Values } from "./util";

/** What the reference lists and nothing here needs: no page is held back, framed away or led elsewhere. */
const NOTHING = "killFrame redirectFile setApiUrl setAPIUrl setGenerationTimeMs setCountPreRendered";

const text = (value: unknown): string => String(value ?? "");
const yes = (): boolean => true;
const no = (): boolean => false;

/** Method, its place among the settings, and what is made of what the page gives. */
const SETTERS: [string, keyof Settings, Call][] = [
  ["setTrackerUrl", "url", text],
  ["setSiteId", "site", text],
  ["setDocumentTitle", "title", (value) => value ?? ""],
  ["setCustomUrl", "address", text],
  ["setReferrerUrl", "referrer", text],
  ["setExcludedReferrers", "excludedReferrers", list],
  ["setExcludedQueryParams", "unwanted", list],
  ["setCampaignNameKey", "campaignNames", list],
  ["setCampaignKeywordKey", "campaignWords", list],
  ["setConversionAttributionFirstReferrer", "firstReferrer", Boolean],
  ["disableCampaignParameters", "campaignOff", yes],
  ["discardHashTag", "noHash", Boolean],
  ["appendToTrackingUrl", "appended", text],
  ["setRequestMethod", "method", (value) => (text(value).toUpperCase() === "GET" ? "GET" : "POST")],
  ["setRequestContentType", "type", (value) => text(value) || "application/x-www-form-urlencoded; charset=UTF-8"],
  ["setCustomRequestProcessing", "change", (value) => (typeof value === "function" ? value : undefined)],
  ["alwaysUseSendBeacon", "beacon", yes],
  ["disableAlwaysUseSendBeacon", "beacon", no],
  ["disableQueueRequest", "queue", no],
  ["setRequestQueueInterval", "queueMs", (value) => Math.max(1000, Number(value) || 2500)],
  ["setCookieNamePrefix", "cookiePrefix", text],
  ["setCookiePath", "cookiePath", text],
  ["setCookieSameSite", "sameSite", (value) => ({ none: "None", strict: "Strict" })[text(value).toLowerCase()] ?? "Lax"],
  // A page without TLS could set no cookie then, and forget everybody.
  ["setSecureCookie", "secure", (value) => !!value && location.protocol === "https:"],
  ["setVisitorCookieTimeout", "visitorSeconds", Number],
  ["setSessionCookieTimeout", "sessionSeconds", Number],
  ["setReferralCookieTimeout", "referralSeconds", Number],
  ["setDownloadExtensions", "downloads", list],
  ["setLinkTrackingTimer", "linkTimer", Number],
  ["enableCrossDomainLinking", "crossing", yes],
  ["setCrossDomainLinkingTimeout", "crossingSeconds", Number],
  ["enableFileTracking", "files", yes],
  ["disablePerformanceTracking", "performance", no],
  ["disableBrowserFeatureDetection", "features", no],
  ["enableBrowserFeatureDetection", "features", yes],
];

export const setters = (s: Settings): Record<string, Call> => {
  const out: Record<string, Call> = {};
  for (const [name, place, made] of SETTERS) {
    out[name] = (value: unknown): void => {
      (s as Values)[place] = made(value);
    };
  }
  for (const name of NOTHING.split(" ")) out[name] = (): void => {};
  return out;
};

export const getters = ({ s, visitor, compose, address }: Core) => {
  const root = (): string => s.url.replace(/(?:matomo|piwik)?(?:\.php)?(?:\?.*)?$/, "");
  return {
    getTrackerUrl: (): string => s.url,
    getMatomoUrl: root,
    getPiwikUrl: root,
    getSiteId: (): string => s.site,
    getCurrentUrl: address,
    getReferrerUrl: (): string => s.referrer,
    getExcludedReferrers: (): string[] => s.excludedReferrers,
    getLinkTrackingTimer: (): number => s.linkTimer,
    getRequest: (request?: unknown): string => joined(compose(text(request)), visitor.identity()),
  };
};
