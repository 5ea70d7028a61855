// Methods: who it is, what is said about them, and what they allow.

import { CONSENT, REFUSED, type Core } from "./core";
import type { Pair } from "./settings";
import type { Values } from "./util";

const COOKIE_CONSENT = "mtm_cookie_consent";
const SLOTS = 100;
const LONGEST = 200;

const slot = (index: unknown): number => (Number(index) > 0 && Number(index) <= SLOTS ? Number(index) : 0);

export const aboutMethods = ({ s, visitor }: Core) => {
  const shelf = (scope: unknown): Record<string, Pair> => s.variables[scope === "page" || scope === "event" ? scope : "visit"]!;
  return {
    setCustomDimension: (id: unknown, value: unknown): void => {
      if (slot(id)) s.dimensions["dimension" + slot(id)] = String(value ?? "");
    },
    getCustomDimension: (id: unknown): string | undefined => s.dimensions["dimension" + slot(id)],
    deleteCustomDimension: (id: unknown): void => {
      delete s.dimensions["dimension" + slot(id)];
    },
    setCustomVariable: (index: unknown, name: unknown, value: unknown, scope?: unknown): void => {
      if (slot(index)) shelf(scope)[slot(index)] = [String(name ?? "").slice(0, LONGEST), String(value ?? "").slice(0, LONGEST)];
    },
    getCustomVariable: (index: unknown, scope?: unknown): Pair | false => {
      const found = shelf(scope)[slot(index)];
      return found?.[0] ? found : false;
    },
    deleteCustomVariable: (index: unknown, scope?: unknown): void => {
      if (slot(index)) shelf(scope)[slot(index)] = ["", ""];
    },
    deleteCustomVariables: (scope?: unknown): void => {
      for (const index in shelf(scope)) shelf(scope)[index] = ["", ""];
    },
    storeCustomVariablesInCookie: (): void => {
      s.keepVariables = true;
      s.variables.visit = { ...visitor.variables(), ...s.variables.visit };
    },
    setCustomData: (name: unknown, value?: unknown): void => {
      if (typeof name === "object") s.data = { ...name };
      else s.data[String(name)] = value;
    },
    getCustomData: (): Values => s.data,
    setUserId: (id: unknown): void => {
      s.user = String(id ?? "");
    },
    resetUserId: (): void => {
      s.user = "";
    },
    getUserId: (): string => s.user,
    setVisitorId: visitor.force,
    getVisitorId: visitor.known,
    getVisitorInfo: (): unknown[] => [visitor.isNew() ? "1" : "0", visitor.known(), visitor.created()],
    getAttributionInfo: visitor.origin,
    getAttributionCampaignName: (): string => visitor.origin()[0],
    getAttributionCampaignKeyword: (): string => visitor.origin()[1],
    getAttributionReferrerTimestamp: (): number => visitor.origin()[2],
    getAttributionReferrerUrl: (): string => visitor.origin()[3],
  };
};

export const consentMethods = ({ s, visitor, gate, release, forgetQueued }: Core) => {
  const give = (cookies: boolean): void => {
    gate.open = true;
    gate.holds = gate.asks;
    visitor.drop(REFUSED);
    if (cookies) s.cookieConsent = true;
    release();
  };
  const refuse = (): void => {
    visitor.forgetCookies();
    visitor.drop(CONSENT);
    visitor.remember(REFUSED);
    // Consent tools say at every page that there is none yet: what waits goes on waiting. After a yes that is taken back nothing is kept.
    if (gate.open) gate.holds = false;
    gate.open = false;
    forgetQueued();
    if (gate.asks) s.cookieConsent = false;
  };
  const remembered = (): boolean => !!visitor.read(CONSENT) && !visitor.read(REFUSED);
  const when = (name: string): number | null => Number(visitor.read(name)) || null;
  return {
    requireConsent: (): void => {
      gate.asks = gate.holds = true;
      gate.open = remembered();
      if (!gate.open) s.cookieConsent = false;
    },
    setConsentGiven: (cookies?: boolean): void => give(cookies !== false),
    rememberConsentGiven: (hours?: number): void => {
      visitor.remember(CONSENT, hours);
      give(true);
    },
    forgetConsentGiven: refuse,
    hasConsent: (): boolean => gate.open,
    isConsentRequired: (): boolean => gate.asks,
    hasRememberedConsent: remembered,
    getRememberedConsent: (): number | null => when(CONSENT),
    optUserOut: refuse,
    forgetUserOptOut: (): void => give(false),
    isUserOptedOut: (): boolean => !gate.open,
    getRememberedCookieConsent: (): number | null => when(COOKIE_CONSENT),
  };
};

export const cookieMethods = ({ s, visitor, gate }: Core) => {
  const give = (): void => {
    s.cookieConsent = true;
    // From here on a cookie knows the visitor, though nothing else may happen on this page.
    if (gate.open && s.site) visitor.identity();
  };
  return {
    requireCookieConsent: (): void => {
      s.cookieConsent = !!visitor.read(COOKIE_CONSENT);
    },
    setCookieConsentGiven: give,
    rememberCookieConsentGiven: (hours?: number): void => {
      visitor.remember(COOKIE_CONSENT, hours);
      give();
    },
    forgetCookieConsentGiven: (): void => {
      visitor.drop(COOKIE_CONSENT);
      visitor.forgetCookies();
      s.cookieConsent = false;
    },
    areCookiesEnabled: visitor.allowed,
    hasCookies: (): string => (visitor.allowed() ? "1" : "0"),
    disableCookies: (): void => {
      s.cookiesOff = true;
      visitor.forgetCookies();
    },
    deleteCookies: visitor.forgetCookies,
    setDoNotTrack: (on: unknown): void => {
      s.doNotTrack = !!on;
      if (visitor.dnt()) visitor.forgetCookies();
    },
    setCookieDomain: (domain: unknown): void => {
      s.cookieDomain = String(domain ?? "")
        .replace(/^\*/, "")
        .replace(/[./]+$/, "");
    },
    getCookieDomain: (): string => s.cookieDomain,
    getCookiePath: (): string => s.cookiePath,
  };
};
