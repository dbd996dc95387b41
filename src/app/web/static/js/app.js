// The glue between htmx 4 and the pages, under "script-src 'self'": no inline handlers, no evaluated text.
// Every page works without this file; it only saves reloads and keystrokes.
(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const text = (key) => document.body.dataset[key] ?? "";

  // -- telling the user -------------------------------------------------------------------------------------------

  const announce = (words) => {
    const live = byId("live");
    if (!live) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = words; }, 50); // emptied first, so that the same words are read out twice
  };

  const toast = (words, kind) => {
    const box = document.createElement("div");
    box.className = "toast";
    box.dataset.kind = kind ?? "";
    const said = document.createElement("span");
    said.textContent = words;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", text("closeLabel"));
    close.addEventListener("click", () => box.remove());
    box.append(said, close);
    byId("toasts")?.append(box);
    announce(words);
    const leave = () => { box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove(); };
    if (kind !== "bad") setTimeout(leave, 8000);
  };

  // -- requests ---------------------------------------------------------------------------------------------------

  document.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    const token = document.querySelector('meta[name="csrf"]');
    if (token?.content && !/^(GET|HEAD|OPTIONS|QUERY)$/i.test(request.method)) request.headers["X-CSRF-Token"] = token.content;
  });

  // busy rather than disabled: a disabled button loses the keyboard's focus; hx-sync="this:drop" stops the second click
  document.addEventListener("htmx:before:request", (event) => event.detail.ctx.sourceElement.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:finally:request", (event) => event.detail.ctx.sourceElement.removeAttribute("aria-busy"));

  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.status !== 401) return;
    event.preventDefault(); // the session is over: load the page again, and the login leads back to it
    location.reload();
  });
  document.addEventListener("htmx:after:swap", () => {
    focusWhereAsked();
    countPicked();
  });
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind)); // HX-Trigger: {"toast": {"text": "…"}}
  document.addEventListener("htmx:error", () => toast(text("offline"), "bad"));
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail.ctx.response.status >= 500) toast(text("failed"), "bad");
  });

  // the server marks what should have the focus after a swap; a heading or row is made focusable for it
  const focusWhereAsked = () => {
    const wanted = document.querySelector("[data-focus]");
    if (!wanted) return;
    wanted.removeAttribute("data-focus");
    if (!wanted.matches("a[href], button, input, select, textarea, [tabindex]")) wanted.tabIndex = -1;
    wanted.focus();
  };

  // -- asking before what cannot be undone ------------------------------------------------------------------------

  const ask = (source, words, yes, no) => {
    const dialog = byId("confirm");
    if (!dialog) { yes(); return; }
    const before = document.activeElement;
    dialog.querySelector("[data-words]").textContent = words;
    const button = dialog.querySelector('[value="yes"]');
    button.textContent = source?.closest("[data-confirm-label]")?.dataset.confirmLabel ?? button.dataset.label;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      before?.focus();
      dialog.returnValue === "yes" ? yes() : no?.();
    }, { once: true });
    dialog.showModal();
  };

  document.addEventListener("htmx:confirm", (event) => {
    event.preventDefault();
    const { ctx, issueRequest, dropRequest } = event.detail;
    ask(ctx.sourceElement, ctx.confirm, issueRequest, dropRequest);
  });
  document.addEventListener("submit", (event) => {
    const words = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (!words || event.target.dataset.sure) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(event.submitter ?? event.target, words, () => {
      event.target.dataset.sure = "yes";
      event.target.requestSubmit(event.submitter ?? undefined);
      delete event.target.dataset.sure;
    });
  }, true);

  // -- choosing rows ----------------------------------------------------------------------------------------------

  let lastPicked = null;
  const boxesOf = (form) => [...form.querySelectorAll("tbody .pick input[type=checkbox]")];
  const kroner = (ore) => {
    const [whole, part] = (Math.abs(ore) / 100).toFixed(2).split(".");
    return `${ore < 0 ? "\u2212" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, "\u00a0")},${part}\u00a0kr`;
  };
  const countPicked = () => {
    for (const bulk of document.querySelectorAll(".bulk")) {
      const form = bulk.closest("form");
      if (!form) continue;
      const boxes = boxesOf(form);
      const picked = boxes.filter((box) => box.checked);
      const all = form.querySelector("thead .pick input");
      if (all) {
        all.checked = boxes.length > 0 && picked.length === boxes.length;
        all.indeterminate = picked.length > 0 && picked.length < boxes.length;
      }
      const count = bulk.querySelector("[data-count]");
      const sum = bulk.querySelector("[data-sum]");
      if (count) count.textContent = count.dataset.count.replace("#", picked.length);
      if (sum) sum.textContent = kroner(picked.reduce((total, box) => total + Number(box.dataset.ore ?? 0), 0));
    }
  };
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".pick input[type=checkbox]");
    const form = box?.closest("form");
    if (!form) return;
    const boxes = boxesOf(form);
    if (box.closest("thead")) boxes.forEach((each) => { each.checked = box.checked; });
    else if (event.shiftKey && lastPicked && boxes.includes(lastPicked)) {
      const [from, to] = [boxes.indexOf(lastPicked), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    }
    if (!box.closest("thead")) lastPicked = box;
    countPicked();
  });

  // -- keyboard ---------------------------------------------------------------------------------------------------

  // j, k and x work only while the focus is inside a list, so that they are in nobody's way (WCAG 2.1.4)
  const inList = (key, row) => {
    const step = { j: "nextElementSibling", k: "previousElementSibling" }[key];
    if (step) row[step]?.querySelector("a[href], button")?.focus();
    else row.querySelector(".pick input")?.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = event.target.closest?.("details.pop[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      return;
    }
    const typing = event.target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const row = event.target.closest?.("tbody tr");
    if (event.key === "/") {
      const search = document.querySelector("input[data-search]") ?? document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (row && /^[jkx]$/.test(event.key)) {
      event.preventDefault();
      inList(event.key, row);
    }
  });
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.pop[open]")) if (!open.contains(event.target)) open.open = false;
  });

  // a value that is copied with one click: <button data-copy="…">
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(text("copied"));
  });

  document.addEventListener("DOMContentLoaded", countPicked);
})();
