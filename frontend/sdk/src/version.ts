/** What events say they come from: `context.library.version`. */
export const VERSION = "0.1.0";
