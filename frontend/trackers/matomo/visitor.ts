// Who visits: Matomo's first-party cookies, so that visitors known before the switch stay who they were, and what they allowed.

import type { Settings } from "./settings";
import { chance, digest, doc, joined, list, parameters, query, seconds, win } from "./util";

/** Of consent cookies, unless the page says otherwise: 30 years, which browsers cut down to what they allow. */
const FOR_GOOD = 946_080_000;
const ID = /^[0-9a-f]{16}$/i;
/** Between the click on a link to another domain of the same owner and the page there. */
const CROSSING = "pk_vid";

/** Campaign, keyword, when, and the address that the visitor came from. */
export type Origin = [string, string, number, string];

export const makeVisitor = (s: Settings) => {
  /** The id of this page's visitor while no cookie holds it. */
  let id = "";
  let created = 0;
  let forced = false;
  let tried: string | undefined;
  let working = false;

  /** The value of the first cookie whose name fits. In a frame without an origin even looking is forbidden. */
  const find = (fits: (name: string) => boolean): string => {
    try {
      const found = doc.cookie.split("; ").find((one) => fits(one.split("=")[0]!));
      return found ? decodeURIComponent(found.slice(found.indexOf("=") + 1)) : "";
    } catch {
      return "";
    }
  };
  const read = (name: string): string => find((other) => other === name);

  const write = (name: string, value: string, lasts: number): void => {
    // Without TLS no cookie may be "None", and this visitor would be a new one at every page.
    const sameSite = s.sameSite === "None" && location.protocol !== "https:" ? "Lax" : s.sameSite;
    const secure = s.secure || sameSite === "None";
    const cookie =
      `${name}=${encodeURIComponent(value)};path=${s.cookiePath || "/"};expires=${new Date(Date.now() + lasts * 1000).toUTCString()}` +
      (s.cookieDomain && ";domain=" + s.cookieDomain) +
      `;SameSite=${sameSite}${secure ? ";secure" : ""}`;
    try {
      doc.cookie = cookie;
    } catch {
      // As above: there are no cookies here.
    }
  };

  const drop = (name: string): void => write(name, "", -1);

  const named = (what: string): string => `${s.cookiePrefix}${what}.${s.site}.${digest((s.cookieDomain || location.hostname) + (s.cookiePath || "/"))}`;

  /** Whether cookies work here, for the domain that the page names or else for its own. Tried, since some frames claim to have cookies that have none. */
  const works = (): boolean => {
    if (tried === s.cookieDomain) return working;
    const name = s.cookiePrefix + "testcookie";
    const probe = (): boolean => {
      write(name, "1", 60);
      const can = read(name) === "1";
      drop(name);
      return can;
    };
    working = probe();
    if (!working && s.cookieDomain) {
      s.cookieDomain = "";
      working = probe();
    }
    tried = s.cookieDomain;
    return working;
  };

  // Nothing is tried before it may be.
  const allowed = (): boolean => !s.cookiesOff && s.cookieConsent && works();

  const parsed = <T>(text: string, otherwise: T): T => {
    try {
      return JSON.parse(text) as T;
    } catch {
      return otherwise;
    }
  };

  /** What the cookie says; the id that another of the owner's domains sent along; a new one. Without cookies there is none, and the server tells visitors apart for a day. */
  const known = (): string => {
    if (forced) return id;
    if (!allowed()) return "";
    let [found = "", at = ""] = read(named("id")).split(".");
    // A page that now names its source by our key knew this visitor under the number of its Matomo site.
    if (!found && s.site.startsWith("wk_")) {
      const end = "." + named("id").split(".").pop();
      [found = "", at = ""] = find((name) => name.startsWith(s.cookiePrefix + "id.") && name.endsWith(end)).split(".");
    }
    if (ID.test(found)) {
      id = found;
      created = +at || seconds();
    } else if (!id) {
      id = crossed() || chance(8);
      created = seconds();
    }
    return id;
  };

  /** The id in the address of this page, where the visitor came by a link of our own, on this device, just now. */
  const crossed = (): string => {
    const [, who, at, device] = /^([0-9a-f]{16})(\d+)([0-9a-f]{4})$/.exec((s.crossing && parameters(location.href).get(CROSSING)) || "") ?? [];
    return who && device === digest(navigator.userAgent) && seconds() - +at! <= s.crossingSeconds ? who : "";
  };

  const origin = (): Origin => parsed<Origin>(read(named("ref")), ["", "", 0, ""]);

  /** Who it is, as parameters; and the cookies made to last on. */
  const identity = (): string => {
    let from: Origin = ["", "", 0, ""];
    const cookies = allowed();
    const fresh = !read(named("id"));
    const visitor = known();
    if (cookies) {
      from = origin();
      if (!read(named("ses"))) from = arrived(from);
      write(named("ses"), "1", s.sessionSeconds);
      if (!forced) write(named("id"), `${visitor}.${created}.`, created + s.visitorSeconds - seconds());
      if (s.keepVariables) write(named("cvar"), JSON.stringify(s.variables.visit), s.sessionSeconds);
    }
    const [_rcn, _rck, _refts, _ref] = from;
    return joined(query({ uid: s.user, _id: visitor, _idn: visitor && (fresh ? 1 : 0) }), query({ _rcn, _rck, _refts: _refts || "", _ref }));
  };

  /** What brought this visit, kept for the conversions that follow. */
  const arrived = (before: Origin): Origin => {
    const said = parameters(location.href);
    const first = (names: string[]): string => names.map((name) => said.get(name)).find(Boolean) ?? "";
    const campaign = first(s.campaignNames);
    const outside = !!s.referrer && new URL(s.referrer, location.href).hostname !== location.hostname;
    if ((!campaign && !outside) || (s.firstReferrer && before[2])) return before;
    const now: Origin = [campaign, campaign && first(s.campaignWords), seconds(), s.referrer.slice(0, 1024)];
    write(named("ref"), JSON.stringify(now), s.referralSeconds);
    return now;
  };

  const forgetCookies = (): void => {
    for (const what of ["id", "ses", "ref", "cvar"]) drop(named(what));
  };

  return {
    read,
    identity,
    known,
    allowed,
    origin,
    forgetCookies,
    isNew: (): boolean => !read(named("id")),
    created: (): number => created,
    variables: (): Record<string, [string, string]> => parsed(read(named("cvar")), {}),
    force: (given: unknown): void => {
      forced = ID.test(String(given));
      if (forced) id = String(given);
    },
    /** Remember an answer for so many hours, or for good. */
    remember: (name: string, hours?: number): void => {
      works();
      write(name, String(Date.now()), hours ? +hours * 3600 : FOR_GOOD);
    },
    drop,
    crossing: (): string => `${CROSSING}=${known() || "0".repeat(16)}${seconds()}${digest(navigator.userAgent)}`,
    /** This address without what only we put there, or what the page wants left out. */
    clean: (address: string): string => {
      const without = [CROSSING, ...(s.campaignOff ? [...s.campaignNames, ...s.campaignWords] : []), ...s.unwanted];
      let out = address;
      for (const name of without) out = out.replace(new RegExp(`([?&#])${name.replace(/[^\w-]/g, "\\$&")}=[^&#]*&?`, "g"), "$1");
      out = out.replace(/[?&]+(?=#|$)/, "").replace(/#$/, "");
      return s.noHash ? out.split("#")[0]! : out;
    },
    dnt: (): boolean => s.doNotTrack && list([win.doNotTrack, navigator.doNotTrack]).some((said) => said === "1" || said === "yes"),
  };
};
export type Visitor = ReturnType<typeof makeVisitor>;
