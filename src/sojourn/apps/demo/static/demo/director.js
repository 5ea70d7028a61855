// The director's panel: what makes the shop hurt, remembered in this browser.
(() => {
  const { state, keep, anew } = window.shop;
  const panel = document.getElementById("director");
  for (const box of panel.querySelectorAll("input[type=checkbox]")) {
    box.checked = Boolean(state.stage[box.name]);
    box.addEventListener("change", () => {
      keep({ stage: { ...state.stage, [box.name]: box.checked } });
      if (box.name === "high" || box.name === "slow") location.reload();
      else if (box.name === "wall" && !box.checked) keep({ account: "" });
    });
  }
  // It lies over the page, so it stays open only where one of its own boxes had the page loaded again.
  const way = performance.getEntriesByType("navigation")[0];
  panel.open = sessionStorage.getItem("director") === "open" && way !== undefined && way.type === "reload";
  panel.addEventListener("toggle", () => sessionStorage.setItem("director", panel.open ? "open" : ""));
  document.getElementById("anew").addEventListener("click", () => {
    anew();
    if (window.analytics && window.analytics.reset) window.analytics.reset();
    location.assign("/demo-shop/");
  });
  // Whose portrait the first steps of a member in this browser open. Nothing is said before the snippet itself may keep anything.
  if (window.analytics && window.analytics.ready) window.analytics.ready(() => {
    let known = false;
    try { known = "a" in JSON.parse(localStorage.getItem("sojourn") || "{}"); } catch { /* a browser that keeps nothing */ }
    const whole = known ? encodeURIComponent(window.analytics.user().anonymousId()) + "; max-age=86400" : "; max-age=0";
    document.cookie = "demo_visitor=" + whole + "; path=/; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
  });
  // A page that loads slowly: its largest part is shown late, as where a server or a picture keeps one waiting.
  if (state.stage.slow) {
    document.body.classList.add("slow");
    setTimeout(() => document.body.classList.remove("slow"), 4600);
  }
  // A broken button: the next press on a main button does nothing at all, five times.
  let broken = state.stage.broken ? 5 : 0;
  document.addEventListener("click", (event) => {
    if (broken && event.target instanceof Element && event.target.closest("button.main, a.main")) {
      broken -= 1;
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open && panel.contains(document.activeElement)) { panel.open = false; panel.querySelector("summary").focus(); }
  });
})();
