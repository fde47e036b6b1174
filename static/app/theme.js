// Before the first paint: the theme this reader chose; without a choice light on a phone, which is read in daylight (a
// wall is always dark). A plain script, since modules run too late.
const root = document.documentElement;
const chosen = localStorage.getItem("onemap.theme") ?? (matchMedia("(max-width: 48rem)").matches ? "light" : "dark");
root.dataset.theme = chosen === "light" && !root.classList.contains("wall-page") ? "light" : "dark";
