// Before the first paint: the theme this reader chose (a wall is always dark). A plain script, since modules run too late.
const root = document.documentElement;
const light = localStorage.getItem("onemap.theme") === "light" && !root.classList.contains("wall-page");
root.dataset.theme = light ? "light" : "dark";
