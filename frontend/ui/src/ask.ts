// Questions before what cannot be undone, and forms that say they are on their way.
import { make } from "./dom";

const answered = new WeakSet<HTMLFormElement>();

function ask(form: HTMLFormElement, question: string, submitter: HTMLElement | null): void {
  const yes = make("button", { class: submitter?.classList.contains("danger") ? "danger main-action" : "main-action", value: "yes" }, form.dataset["askYes"] ?? submitter?.textContent.trim() ?? "Yes");
  const no = make("button", { value: "no", autofocus: "" }, "Cancel");
  const box = make("dialog", { class: "window ask", "aria-label": "Are you sure?" }, make("form", { method: "dialog" }, make("p", {}, question), make("div", { class: "row" }, no, yes)));
  box.addEventListener("close", () => {
    box.remove();
    if (box.returnValue === "yes") {
      answered.add(form);
      form.requestSubmit(submitter);
    } else submitter?.focus();
  });
  document.body.append(box);
  box.showModal();
}

function onItsWay(form: HTMLFormElement, submitter: HTMLElement | null): void {
  if (form.method !== "post" || form.target === "_blank" || !(submitter instanceof HTMLButtonElement)) return;
  window.setTimeout(() => {
    submitter.setAttribute("aria-busy", "true");
    submitter.disabled = true;
  });
}

export function startAsk(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    const question = event.submitter?.dataset["ask"] ?? form.dataset["ask"];
    if (question && !answered.has(form)) {
      event.preventDefault();
      ask(form, question, event.submitter);
      return;
    }
    answered.delete(form);
    onItsWay(form, event.submitter);
  });
  // Coming back by the browser's back button shows the page as it was left, its buttons disabled.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const button of document.querySelectorAll<HTMLButtonElement>("button[aria-busy=true]")) {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    }
  });
}
