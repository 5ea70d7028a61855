// Calls made before the snippet has loaded are kept in a list, as any site does it.
(() => {
  const calls = (window.analytics = window.analytics || []);
  if (calls.push !== Array.prototype.push || calls.invoked) return;
  calls.invoked = true;
  for (const name of ["page", "identify", "track", "group", "alias", "reset", "ready", "on", "user", "debug", "load"]) {
    calls[name] = (...args) => { calls.push([name, ...args]); return calls; };
  }
})();
