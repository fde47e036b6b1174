// Arranging a group of cameras: by drag, by the arrows of each row, or with Alt and the arrow keys. Imports nothing.

const members = document.getElementById("members");
const others = document.getElementById("others");

/** What stands in the group is sent, in its order. */
function settle(row) {
  row.querySelector("input").disabled = row.parentElement !== members;
}

const MOVES = {
  up: (row) => row.previousElementSibling?.before(row),
  down: (row) => row.nextElementSibling?.after(row),
  over: (row) => (row.parentElement === members ? others.prepend(row) : members.append(row)),
};

function move(row, how) {
  MOVES[how](row);
  settle(row);
  row.focus(); // a row that is moved in the document loses it
  row.scrollIntoView({ block: "nearest" });
}

const KEYS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "over", ArrowRight: "over" };
let dragged = null;

for (const list of [members, others]) {
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-move]");
    if (button) move(button.closest("li"), button.dataset.move);
  });
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest("li");
    const how = event.altKey ? KEYS[event.key] : event.key === "Enter" && event.target === row ? "over" : null;
    if (!row || !how) return;
    event.preventDefault();
    move(row, how);
  });
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    event.dataTransfer.setData("text/plain", dragged.dataset.code);
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragend", () => (dragged = null));
  list.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const over = event.target.closest("li");
    if (!over) list.append(dragged);
    else if (over !== dragged) {
      const { top, height } = over.getBoundingClientRect();
      event.clientY > top + height / 2 ? over.after(dragged) : over.before(dragged);
    }
    settle(dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
}
