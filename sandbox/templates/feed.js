// Fetches the page again while it is looked at, and replaces only what changed: no flicker, no jump.
"use strict";
const every = 2000;
let shown = document.getElementById("feed").innerHTML;
async function refresh() {
  try {
    if (document.visibilityState === "visible") {
      const answer = await fetch("/", { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const feed = page.getElementById("feed");
      if (answer.ok && feed && feed.innerHTML !== shown) {
        shown = feed.innerHTML;
        const known = new Map();
        for (const card of document.querySelectorAll("#feed > *")) known.set(card.outerHTML, card);
        const cards = [...feed.children].map((card) => known.get(card.outerHTML) || document.importNode(card, true));
        document.getElementById("feed").replaceChildren(...cards);
      }
      const count = page.getElementById("count");
      if (count) document.getElementById("count").textContent = count.textContent;
    }
  } catch {
    // The sandbox is away; the page stays as it is until it is back.
  }
  setTimeout(refresh, every);
}
setTimeout(refresh, every);
