// What page speed measures say of layout shifts, for the browser snippet and the trackers.

export interface Shift {
  value: number;
  startTime: number;
  hadRecentInput: boolean;
}

/** Add shifts up as Google's Cumulative Layout Shift does, and tell each sum: those less than a second apart, in at most five seconds, are one. */
export const shifts = (tell: (sum: number) => unknown): ((shift: Shift) => void) => {
  let sum = 0;
  let first = 0;
  let last = 0;
  return ({ value, startTime, hadRecentInput }) => {
    if (hadRecentInput) return;
    if (startTime - last > 1000 || startTime - first > 5000) {
      first = startTime;
      sum = 0;
    }
    last = startTime;
    tell((sum += value));
  };
};
