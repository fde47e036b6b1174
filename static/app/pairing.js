// A wall that waits to be let in: shows its code, asks every two seconds, opens by itself. Imports nothing.

const state = document.getElementById("state");
const code = document.getElementById("code");

async function ask() {
  try {
    const answer = await fetch("/wall/pairing", { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    if (told.state === "paired") {
      location.reload();
      return;
    }
    code.textContent = told.code;
    state.textContent = "";
  } catch {
    state.textContent = window.gettext("The server does not answer. Trying again.");
  }
  setTimeout(ask, 2000);
}
ask();
