// What a page may set for a tracker, as it is before it does.

import { doc, win } from "./util";

/** Names that Matomo takes for a campaign's, and for its keyword's. */
const NAMES = ["mtm_campaign", "matomo_campaign", "mtm_cpn", "pk_campaign", "pk_cpn", "piwik_campaign", "utm_campaign", "utm_source", "utm_medium"];
const WORDS = ["mtm_kwd", "mtm_keyword", "matomo_kwd", "pk_kwd", "pk_keyword", "piwik_kwd", "utm_term"];

export type Pair = [string, string];

export const initial = (url: string, site: string) => ({
  url,
  site,
  title: "" as unknown,
  address: "",
  referrer: doc.referrer,
  user: "",
  view: "",
  views: 0,
  appended: "",
  data: {} as Record<string, unknown>,
  dimensions: {} as Record<string, string>,
  variables: { visit: {}, page: {}, event: {} } as Record<string, Record<string, Pair>>,
  keepVariables: false,
  noHash: false,
  unwanted: [] as string[],
  campaignOff: false,
  campaignNames: NAMES,
  campaignWords: WORDS,
  firstReferrer: false,
  excludedReferrers: [] as string[],
  features: true,
  performance: true,
  timings: undefined as undefined | (number | undefined)[],
  doNotTrack: false,
  files: false,
  // How requests are sent.
  method: "POST",
  beacon: true,
  type: "application/x-www-form-urlencoded; charset=UTF-8",
  change: undefined as undefined | ((request: string) => unknown),
  queue: true,
  queueMs: 2500,
  // Cookies.
  cookiePrefix: "_pk_",
  cookieDomain: "",
  cookiePath: "",
  sameSite: "Lax",
  secure: false,
  cookiesOff: false,
  cookieConsent: true,
  /** 13 months, 30 minutes, 6 months. */
  visitorSeconds: 33_955_200,
  sessionSeconds: 1800,
  referralSeconds: 15_768_000,
  // Links.
  domains: [win.location.hostname],
  linkClasses: ["matomo_link", "piwik_link"],
  downloadClasses: ["matomo_download", "piwik_download"],
  ignoreClasses: ["matomo_ignore", "piwik_ignore"],
  downloads:
    "7z aac apk arc arj asf asx avi azw3 bin bz bz2 csv deb dmg doc docx epub exe flv gif gz gzip hqx ibooks jar jpg jpeg js md5 mobi mov movie mp2 mp3 mp4 mpg mpeg msi msp odb odf odg odp ods odt ogg ogv pdf phps png ppt pptx qt qtm ra ram rar rpm rtf sea sit tar tbz tbz2 tgz torrent txt wav webp wma wmv wpd xls xlsx xml xz z zip".split(
      " ",
    ),
  linkTimer: 500,
  crossing: false,
  crossingSeconds: 180,
});
export type Settings = ReturnType<typeof initial>;
